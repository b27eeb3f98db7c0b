import type { Approval } from '../../domain/approval.ts';
import type { Run } from '../../domain/run.ts';
import type { Task } from '../../domain/task.ts';

/** Everything that a reviewer should know before reading the change, as Markdown. No mentions, no closing keywords. */
export function pullRequestBody(
  task: Task,
  run: Run,
  approval: Approval | null,
  options: { readonly manager: string; readonly summary: string },
): string {
  const issue = task.issueNumber === null ? 'none' : `${options.manager}#${task.issueNumber}`;
  return [
    inert(options.summary) || 'The agent left no summary.',
    '',
    '| | |',
    '|---|---|',
    `| Task | \`${task.id}\` (proposal ${inert(issue)}) |`,
    `| Approved by | ${approval === null ? 'nobody' : inert(approval.actor)} through ${approval?.channel ?? '-'} at ${approval?.decidedAt.toISOString() ?? '-'} |`,
    `| Content hash | \`${approval?.contentHash ?? '-'}\` |`,
    `| Agent | ${inert(run.agent)}, run \`${run.id}\`, attempt ${run.attempt} |`,
    `| Base | \`${task.baseBranch}\` at \`${run.baseCommit ?? '-'}\` |`,
    `| Cost | ${cost(run)} |`,
    `| Checks | ${checks(run)} |`,
    `| Correlation | \`${run.correlationId}\` |`,
    '',
    ...details(run),
    'The agent worked in a sealed workspace without any credential that can write; this branch was pushed after the change was judged. It is a draft: a person reviews and merges it.',
  ].join('\n');
}

/** What is said on the proposal when the pull request is open. */
export function deliveredComment(run: Run, url: string): string {
  return `Done as approved: ${url}\n\nAgent ${inert(run.agent)}, attempt ${run.attempt}, cost ${cost(run)}, checks: ${checks(run)}.`;
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
        `\`${command.replaceAll('`', "'").replaceAll('|', '\\|')}\` ${passed ? 'passed' : 'failed'}`,
    )
    .join(', ');
}

function details(run: Run): readonly string[] {
  return run.checks.flatMap(({ command, output }) => [
    `<details><summary>${escapeHtml(command)}</summary>`,
    '',
    fence(output.slice(-4000)),
    '',
    '</details>',
    '',
  ]);
}

/** Text of others in our own words: no mention notifies, no keyword closes, no HTML acts, no table breaks. */
export function inert(text: string): string {
  return text
    .replace(/@(?=[A-Za-z0-9])/gu, '@\u2060')
    .replace(
      /\b(close[sd]?|fix(?:e[sd])?|resolve[sd]?)(?=:?\s+(?:[\w./-]*#\d|https?:))/giu,
      '$1\u2060',
    )
    .replaceAll('<', '&lt;')
    .replaceAll('|', '\\|');
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function fence(text: string): string {
  const runs = text.match(/`+/gu) ?? [];
  const marks = '`'.repeat(Math.max(3, ...runs.map((run) => run.length + 1)));
  return `${marks}text\n${text}\n${marks}`;
}
