import { sameName } from '../issue-acts.ts';
import { presentLabel } from '../present.ts';
import {
  type Call,
  invalid,
  issueOf,
  notFound,
  page,
  param,
  RestError,
  type Route,
  textField,
} from '../route.ts';
import type { Issue, Label } from '../state.ts';
import { labelNames } from './issue-routes.ts';

const labels = '/repos/{owner}/{repo}/labels';
const ofIssue = '/repos/{owner}/{repo}/issues/{issue_number}/labels';

export const labelRoutes: readonly Route[] = [
  { method: 'GET', path: labels, handle: (call) => listed(call, call.repo.labels) },
  { method: 'POST', path: labels, needs: 'write', createsContent: true, handle: createLabel },
  {
    method: 'GET',
    path: `${labels}/{name}`,
    handle: (call) => ({ status: 200, body: presentLabel(call.state, call.repo, labelOf(call)) }),
  },
  {
    method: 'PATCH',
    path: `${labels}/{name}`,
    needs: 'write',
    handle: (call) => {
      const label = labelOf(call);
      label.name = textField(call.body, 'new_name') ?? label.name;
      label.color = textField(call.body, 'color') ?? label.color;
      label.description = textField(call.body, 'description') ?? label.description;
      return { status: 200, body: presentLabel(call.state, call.repo, label) };
    },
  },
  { method: 'GET', path: ofIssue, handle: (call) => listed(call, issueOf(call).labels) },
  {
    method: 'POST',
    path: ofIssue,
    needs: 'triage',
    handle: (call) => {
      const issue = issueOf(call);
      call.issues.addLabels(call.doer, call.repo, issue, wanted(call));
      return all(call, issue);
    },
  },
  {
    method: 'PUT',
    path: ofIssue,
    needs: 'triage',
    handle: (call) => {
      const issue = issueOf(call);
      const names = wanted(call);
      const gone = issue.labels.filter(({ name }) => !names.some((other) => sameName(name, other)));
      call.issues.removeLabels(
        call.doer,
        call.repo,
        issue,
        gone.map(({ name }) => name),
      );
      call.issues.addLabels(call.doer, call.repo, issue, names);
      return all(call, issue);
    },
  },
  {
    method: 'DELETE',
    path: `${ofIssue}/{name}`,
    needs: 'triage',
    handle: (call) => {
      const issue = issueOf(call);
      const name = param(call, 'name');
      if (!issue.labels.some((label) => sameName(label.name, name))) {
        throw new RestError(404, 'Label does not exist');
      }
      call.issues.removeLabels(call.doer, call.repo, issue, [name]);
      return all(call, issue);
    },
  },
];

function createLabel(call: Call) {
  const name = textField(call.body, 'name');
  if (name === undefined) throw invalid('Label', 'missing_field', 'name');
  if (call.repo.labels.some((label) => sameName(label.name, name))) {
    throw invalid('Label', 'already_exists', 'name');
  }
  const color = textField(call.body, 'color') ?? 'ededed';
  if (!/^[0-9a-fA-F]{6}$/.test(color)) throw invalid('Label', 'invalid', 'color');
  const description = textField(call.body, 'description') ?? null;
  const label = { id: call.state.nextId(), name, color, description };
  call.repo.labels.push(label);
  return { status: 201, body: presentLabel(call.state, call.repo, label) };
}

function labelOf(call: Call): Label {
  const label = call.repo.labels.find((one) => sameName(one.name, param(call, 'name')));
  if (label === undefined) throw notFound();
  return label;
}

const wanted = (call: Call): string[] => labelNames(call.body) ?? [];

const listed = (call: Call, list: readonly Label[]) =>
  page(call, list, (label) => presentLabel(call.state, call.repo, label));

const all = (call: Call, issue: Issue) => ({
  status: 200,
  body: issue.labels.map((label) => presentLabel(call.state, call.repo, label)),
});
