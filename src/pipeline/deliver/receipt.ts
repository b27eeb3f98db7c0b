import type { Run } from '../../domain/run.ts';
import type { Task } from '../../domain/task.ts';
import type { PipelinePorts } from '../pipeline-ports.ts';
import { inert } from './report.ts';

/**
 * What a task has cost so far, for its issue and its pull request: a line for each attempt and the sum, as Markdown.
 * A run that has not been written to its end yet ends `now`.
 */
function receiptOf(runs: readonly Run[], perTaskUsd: number, now: Date): string {
  const lines = runs
    .toSorted((one, other) => one.attempt - other.attempt)
    .map((run) => lineOf(run, now));
  const total = runs.reduce((sum, { costUsd }) => sum + (costUsd ?? 0), 0);
  return [
    '<details><summary>Receipt</summary>',
    '',
    '| Attempt | Agent | Minutes | Turns | Tokens in | Tokens out | Cost |',
    '|---|---|---|---|---|---|---|',
    ...lines,
    `| ${runs.length} | | | | | | **$${total.toFixed(2)}** of $${perTaskUsd.toFixed(2)} |`,
    '',
    '</details>',
  ].join('\n');
}

function lineOf({ attempt, agent, startedAt, endedAt, usage, costUsd }: Run, now: Date): string {
  const minutes = ((endedAt ?? now).getTime() - startedAt.getTime()) / 60_000;
  const cells = [
    String(attempt),
    inert(agent),
    Math.max(0, minutes).toFixed(1),
    usage?.turns == null ? '-' : String(usage.turns),
    usage === null ? '-' : String(usage.inputTokens),
    usage === null ? '-' : String(usage.outputTokens),
    costUsd === null ? 'not reported' : `$${costUsd.toFixed(2)}`,
  ];
  return `| ${cells.join(' | ')} |`;
}

/** What all attempts at the task have cost by now. */
export async function taskReceipt(
  ports: Pick<PipelinePorts, 'runs' | 'settings' | 'clock'>,
  task: Task,
): Promise<string> {
  const { perTaskUsd } = ports.settings.policyOf(task.target).budget;
  return receiptOf(await ports.runs.ofTask(task.id), perTaskUsd, ports.clock.now());
}
