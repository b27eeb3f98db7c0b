import type { Json } from '../present.ts';
import { presentComment, presentEvent, presentIssue } from '../present.ts';
import { presentReview } from '../present-pull.ts';
import {
  type Call,
  invalid,
  isSince,
  issueOf,
  page,
  RestError,
  type Route,
  sortedBy,
  textField,
} from '../route.ts';
import { type Account, findAccount, hasRole, type Issue } from '../state.ts';

const repo = '/repos/{owner}/{repo}';
const one = `${repo}/issues/{issue_number}`;

export const issueRoutes: readonly Route[] = [
  { method: 'GET', path: `${repo}/issues`, handle: listIssues },
  { method: 'POST', path: `${repo}/issues`, createsContent: true, handle: createIssue },
  {
    method: 'GET',
    path: `${repo}/issues/events`,
    handle: (call) =>
      page(call, call.repo.events.toReversed(), (event) => ({
        ...presentEvent(call.state, call.repo, event),
        issue: presentIssue(call.state, call.repo, event.issue),
      })),
  },
  { method: 'GET', path: one, handle: (call) => shown(call, issueOf(call)) },
  { method: 'PATCH', path: one, handle: updateIssue },
  {
    method: 'GET',
    path: `${one}/events`,
    handle: (call) => {
      const issue = issueOf(call);
      const events = call.repo.events.filter((event) => event.issue === issue);
      return page(call, events, (event) => presentEvent(call.state, call.repo, event));
    },
  },
  { method: 'GET', path: `${one}/timeline`, handle: listTimeline },
  { method: 'PUT', path: `${one}/lock`, needs: 'triage', handle: (call) => lock(call, true) },
  { method: 'DELETE', path: `${one}/lock`, needs: 'triage', handle: (call) => lock(call, false) },
];

function shown(call: Call, issue: Issue, status = 200) {
  return { status, body: presentIssue(call.state, call.repo, issue) };
}

function listIssues(call: Call) {
  const { query } = call;
  const state = query.get('state') ?? 'open';
  const labels = (query.get('labels') ?? '').split(',').filter((name) => name !== '');
  const creator = query.get('creator')?.toLowerCase();
  const matching = [...call.repo.issues.values()].filter(
    (issue) =>
      (state === 'all' || issue.state === state) &&
      labels.every((name) => hasLabel(issue, name)) &&
      (creator === undefined || issue.user.login.toLowerCase() === creator) &&
      isSince(query, issue.updatedAt),
  );
  const keys = {
    created: (issue: Issue) => issue.createdAt,
    updated: (issue: Issue) => issue.updatedAt,
    comments: (issue: Issue) => issue.comments.length,
  };
  const sorted = sortedBy(query, matching, keys, { sort: 'created', direction: 'desc' });
  return page(call, sorted, (issue) => presentIssue(call.state, call.repo, issue));
}

function hasLabel(issue: Issue, name: string): boolean {
  return issue.labels.some((label) => label.name.toLowerCase() === name.trim().toLowerCase());
}

function createIssue(call: Call) {
  if (!call.repo.issuesEnabled) {
    throw new RestError(410, 'Issues has been disabled in this repository.');
  }
  const title = textField(call.body, 'title') ?? '';
  checkTexts(call.body, title);
  const mayTriage = hasRole(call.role, 'triage');
  const issue = call.issues.open(call.doer, call.repo, {
    title,
    body: textField(call.body, 'body') ?? null,
    labels: mayTriage ? (labelNames(call.body) ?? []) : [],
    assignees: mayTriage ? (assigneesOf(call) ?? []) : [],
    pull: null,
  });
  return shown(call, issue, 201);
}

function updateIssue(call: Call) {
  const issue = issueOf(call);
  const mine = issue.user === call.account;
  if (!mine && !hasRole(call.role, 'triage')) throw forbidden();
  const { body, doer, repo, issues } = call;
  const title = textField(body, 'title');
  checkTexts(body, title ?? issue.title);
  if (title !== undefined || body['body'] !== undefined) {
    const text = body['body'] === undefined ? {} : { body: textField(body, 'body') ?? null };
    if (!mine && !hasRole(call.role, 'write')) throw forbidden();
    issues.edit(doer, repo, issue, { ...(title === undefined ? {} : { title }), ...text });
  }
  const labels = labelNames(body);
  if (labels !== undefined && hasRole(call.role, 'triage')) {
    const gone = issue.labels.map((label) => label.name).filter((name) => !includes(labels, name));
    issues.removeLabels(doer, repo, issue, gone);
    issues.addLabels(doer, repo, issue, labels);
  }
  const assignees = assigneesOf(call);
  if (assignees !== undefined) issues.assign(doer, repo, issue, assignees);
  const state = textField(body, 'state') ?? issue.state;
  if (state === 'open') issues.setState(doer, repo, issue, 'open', null);
  if (state === 'closed') issues.setState(doer, repo, issue, 'closed', reasonOf(body, issue));
  return shown(call, issue);
}

function reasonOf(body: Json, issue: Issue): Issue['stateReason'] {
  const usual = issue.state === 'closed' ? issue.stateReason : 'completed';
  return (textField(body, 'state_reason') as Issue['stateReason'] | undefined) ?? usual;
}

function checkTexts(body: Json, title: string): void {
  if (title.trim() === '') throw invalid('Issue', 'missing_field', 'title');
  if (title.length > 256) {
    throw invalid('Issue', 'custom', 'title', 'title is too long (maximum is 256 characters)');
  }
  if ((textField(body, 'body') ?? '').length > 65_536) {
    throw invalid('Issue', 'custom', 'body', 'body is too long (maximum is 65536 characters)');
  }
}

export const forbidden = (): RestError =>
  new RestError(403, 'Must have admin rights to Repository.');

/** Label names of a body: each a string or an object with a name. */
export function labelNames(body: Json): string[] | undefined {
  const list = body['labels'];
  if (!Array.isArray(list)) return undefined;
  return list.flatMap((item: unknown) => {
    const name = typeof item === 'object' && item !== null ? (item as Json)['name'] : item;
    return typeof name === 'string' ? [name] : [];
  });
}

const includes = (names: readonly string[], name: string): boolean =>
  names.some((other) => other.toLowerCase() === name.toLowerCase());

function assigneesOf(call: Call): Account[] | undefined {
  const list = call.body['assignees'];
  if (!Array.isArray(list)) return undefined;
  return list.flatMap((login: unknown) => findAccount(call.state, String(login)) ?? []);
}

/** Events, comments and reviews in the order in which they happened. */
function listTimeline(call: Call) {
  const { state, repo } = call;
  const issue = issueOf(call);
  const events = repo.events.filter((event) => event.issue === issue);
  const entries = [
    ...events.map((event) => ({
      id: event.id,
      at: event.createdAt,
      body: presentEvent(state, repo, event),
    })),
    ...issue.comments.map((comment) => ({
      id: comment.id,
      at: comment.createdAt,
      body: timelineComment(call, comment),
    })),
    ...(issue.pull?.reviews ?? []).map((review) => ({
      id: review.id,
      at: review.submittedAt,
      body: {
        ...presentReview(state, repo, issue, review),
        event: 'reviewed',
        state: review.state.toLowerCase(),
      },
    })),
  ];
  return page(
    call,
    entries.toSorted((a, b) => a.id - b.id),
    (entry) => entry.body,
  );
}

function timelineComment(call: Call, comment: Issue['comments'][number]): Json {
  const body = presentComment(call.state, call.repo, comment);
  return { ...body, event: 'commented', actor: body['user'] };
}

function lock(call: Call, locked: boolean) {
  const reason = textField(call.body, 'lock_reason') ?? null;
  call.issues.lock(call.doer, call.repo, issueOf(call), locked, reason);
  return { status: 204 };
}
