import type { Approval } from '../../domain/approval.ts';
import type { Run } from '../../domain/run.ts';
import type { Task } from '../../domain/task.ts';

/** Everything that a reviewer should know before reading the change, as Markdown. No mentions, no closing keywords. */
export function pullRequestBody(
  task: Task,
  run: Run,
  approval: Approval | null,
  options: {
    readonly manager: string;
    readonly summary: string;
    /** What of the change the policy leaves to a person. */
    readonly leftToPerson: readonly { readonly text: string }[];
    /** Connections that were refused, `host:port`. */
    readonly refused: readonly string[];
    /** By the agent's own word. */
    readonly model: string | null;
  },
): string {
  const issue = task.issueNumber === null ? 'none' : `${options.manager}#${task.issueNumber}`;
  return [
    ...forPerson(options.leftToPerson),
    ...quoted(options.summary || 'The agent left no summary.'),
    '',
    '| | |',
    '|---|---|',
    `| Task | \`${task.id}\` (proposal ${inert(issue)}) |`,
    `| Approved by | ${approval === null ? 'nobody' : inert(approval.actor)} through ${approval?.channel ?? '-'} at ${approval?.decidedAt.toISOString() ?? '-'} |`,
    `| Content hash | \`${approval?.contentHash ?? '-'}\` |`,
    `| Agent | ${inert(run.agent)}, run \`${run.id}\`, attempt ${run.attempt} |`,
    `| Sandbox | ${run.sandbox === 'none' ? '**none**' : (run.sandbox ?? 'not told')} |`,
    `| Model | ${options.model === null ? 'not told' : `<code>${escapeHtml(oneLine(options.model).slice(0, 100))}</code>`} |`,
    `| Base | <code>${escapeHtml(task.baseBranch)}</code> at \`${run.baseCommit ?? '-'}\`${movedBase(run, approval)} |`,
    `| Cost | ${cost(run)} |`,
    `| Checks | ${checks(run)} |`,
    `| Refused connections | ${refusedPlaces(options.refused)} |`,
    `| Correlation | \`${run.correlationId}\` |`,
    '',
    ...details(run),
    `${run.sandbox === 'none' ? 'Nothing sealed the agent in: it could do anything that the user of the service can' : 'The agent worked in a sealed workspace without any credential that can write'}; this branch was pushed after the change was judged. It is a draft: a person reviews and merges it.`,
  ].join('\n');
}

function movedBase({ baseCommit }: Run, approval: Approval | null): string {
  const approved = approval?.baseCommit ?? null;
  if (approved === null || approved === baseCommit) return '';
  return `, which moved since the approval, when it was at \`${approved}\``;
}

const forPersonHead = '## A person must look at this before it is merged';

/** What a report of ours leaves to a person, in its own words; empty when nothing is. */
export function leftInReport(body: string): readonly string[] {
  if (!body.startsWith(`${forPersonHead}\n`)) return [];
  const lines = body.split(/\r?\n/u);
  return lines
    .slice(0, lines.indexOf('---'))
    .flatMap((line) => (line.startsWith('- ') ? [line.slice(2)] : []));
}

/** At the very top, so that nobody merges without having read it. */
function forPerson(left: readonly { readonly text: string }[]): readonly string[] {
  if (left.length === 0) return [];
  return [
    forPersonHead,
    '',
    'The policy of this repository leaves these changes to a person; no check and no agent has decided about them. Look at exactly these:',
    '',
    ...leftList(left),
    '',
    'This is a draft until a person has: the service neither marks it as ready nor merges it.',
    '',
    '---',
    '',
  ];
}

/** What a person has to look at, as a list in Markdown. */
export function leftList(left: readonly { readonly text: string }[]): readonly string[] {
  return left.map(({ text }) => `- ${inert(oneLine(text))}`);
}

/** What is said on the proposal when the pull request is open. */
export function deliveredComment(run: Run, url: string, isLeftToPerson: boolean): string {
  const asked = isLeftToPerson
    ? ' A person must look at what it says first: the policy leaves a part of it to one.'
    : '';
  return `Done as approved: ${url}${asked}\n\nAgent ${inert(run.agent)}, attempt ${run.attempt}, cost ${cost(run)}, checks: ${checks(run)}.`;
}

/** Dollars with two decimals, or why there is no figure. */
function cost(run: Run): string {
  if (run.usage === null && (run.costUsd ?? 0) === 0) return 'free or not reported';
  const tokens =
    run.usage === null
      ? ''
      : ` (${run.usage.inputTokens} tokens in, ${run.usage.outputTokens} out)`;
  return `$${(run.costUsd ?? 0).toFixed(2)}${tokens}`;
}

function checks(run: Run): string {
  if (run.checks.length === 0) return 'none configured';
  return run.checks
    .map(
      ({ command, passed }) =>
        `<code>${escapeHtml(oneLine(command))}</code> ${passed ? 'passed' : 'failed'}`,
    )
    .join(', ');
}

/** What the agent says, line by line behind a bar, so that it cannot pass for our own report below. */
function quoted(text: string): readonly string[] {
  return ['What the agent says:', '', ...text.split(/\r\n?|\n/u).map((line) => `> ${inert(line)}`)];
}

/** The first of them; a run that tries many says so by their number. */
function refusedPlaces(refused: readonly string[]): string {
  if (refused.length === 0) return 'none';
  const shown = refused.slice(0, 30).map((place) => `<code>${escapeHtml(oneLine(place))}</code>`);
  const more = refused.length - shown.length;
  return shown.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function details(run: Run): readonly string[] {
  return run.checks.flatMap(({ command, output }) => [
    `<details><summary>${escapeHtml(oneLine(command))}</summary>`,
    '',
    fence(output.slice(-4000)),
    '',
    '</details>',
    '',
  ]);
}

/** Text of others in our own words: no mention notifies, no keyword closes, no HTML acts, no link leads away, no table breaks. */
export function inert(text: string): string {
  return escapeHtml(withoutLinks(withoutActs(text)));
}

/** Addresses stay to be read; neither they nor Markdown's links and images are links any more (GFM, 6.9). */
function withoutLinks(text: string): string {
  return text
    .replace(/\](?=\(|\[|:)/gu, ']\u2060')
    .replace(/\b(https?|ftp|mailto|xmpp)(?=:)/giu, '$1\u2060')
    .replace(/\b(www)(?=\.)/giu, '$1\u2060');
}

/** The same for places that are not Markdown: titles and commit messages. */
export function withoutActs(text: string): string {
  return text
    .replace(/@(?=[A-Za-z0-9])/gu, '@\u2060')
    .replace(
      /\b(close[sd]?|fix(?:e[sd])?|resolve[sd]?)(?=[\s:*_~\u2060]*(?:[\w./-]*#\d|GH-\d|https?:))/giu,
      '$1\u2060',
    );
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('|', '&#124;');
}

function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\s]+/gu, ' ').trim();
}

function fence(text: string): string {
  const longest = (text.match(/`+/gu) ?? []).reduce((most, run) => Math.max(most, run.length), 0);
  const marks = '`'.repeat(Math.max(3, longest + 1));
  return `${marks}text\n${text}\n${marks}`;
}
