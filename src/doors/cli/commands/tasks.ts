import type { Command } from 'commander';
import { Option } from 'commander';
import { taskStates } from '../../../domain/task.ts';
import type { Contract } from '../../../operations/operation.ts';
import type {
  TaskDetail,
  TaskLine,
  TaskPage,
  TaskStory,
} from '../../../operations/tasks/contract.ts';
import {
  approveTask,
  cancelTask,
  executeTask,
  explainTask,
  listTasks,
  mergeTask,
  rejectTask,
  retryTask,
  showTask,
} from '../../../operations/tasks/contract.ts';
import { count } from '../flag-values.ts';
import { moreText, printable, table } from '../output/terminal.ts';
import type { Run } from '../run.ts';

/** `tasks …` and `execute`. */
export function addTaskCommands(program: Command, run: Run): void {
  const tasks = program.command('tasks').description('the backlog: list, look at, decide on tasks');
  tasks
    .command('list')
    .description(listTasks.summary)
    .addOption(
      new Option('--state <state...>', 'only tasks in these states').choices([...taskStates]),
    )
    .option('--repo <repository>', 'only tasks of this repository')
    .option('--kind <kind...>', 'only these kinds of work')
    .option('--agent <name>', 'only tasks for this agent')
    .option('--search <words>', 'only tasks with these words; the last may be a beginning')
    .option('--waiting', 'only what waits for your decision')
    .addOption(
      new Option('--sort <order>', 'in which order')
        .choices(['rank', 'oldest', 'newest', 'updated'])
        .default('rank'),
    )
    .option('--limit <number>', 'at most so many', count)
    .option('--after <cursor>', 'the next page, as the page before named it')
    .action(
      run<ListFlags, TaskPage>(
        listTasks,
        ([{ search, ...flags }]) => ({ ...flags, ...(search === undefined ? {} : { q: search }) }),
        listText,
        { json: ({ items }) => items, notice: moreText },
      ),
    );
  one<TaskStory>(tasks, 'show', showTask, run, detailText);
  one(tasks, 'explain', explainTask, run, explanationText);
  tasks
    .command('approve <id>')
    .description(approveTask.summary)
    .option(
      '--content-hash <hash>',
      'only if it still says what was read: `content` of `tasks show`, 64 hex digits',
    )
    .action(
      run<string | { contentHash?: string }, TaskLine>(
        approveTask,
        ([id, flags]) => ({
          id,
          ...(typeof flags === 'object' && flags.contentHash !== undefined
            ? { contentHash: flags.contentHash }
            : {}),
        }),
        lineText,
      ),
    );
  tasks
    .command('reject <id>')
    .description(rejectTask.summary)
    .option('--reason <text>', 'why, for the record and for the issue')
    .option('--never-again', 'propose nothing of this kind in this repository any more')
    .action(
      run<string | { reason?: string; neverAgain?: boolean }, TaskLine>(
        rejectTask,
        ([id, flags]) => {
          const { reason, neverAgain } = typeof flags === 'object' ? flags : {};
          return {
            id,
            ...(reason === undefined ? {} : { reason }),
            ...(neverAgain === true ? { neverAgain: 'this_kind_here' } : {}),
          };
        },
        lineText,
      ),
    );
  one(tasks, 'retry', retryTask, run, lineText);
  one(tasks, 'requeue', retryTask, run, lineText);
  one(tasks, 'cancel', cancelTask, run, lineText, true);
  tasks
    .command('merge <id>')
    .description(mergeTask.summary)
    .option(
      '--looked',
      'you have looked at what the policy leaves to a person: see `tasks explain`',
    )
    .action(
      run<string | { looked?: boolean }, TaskLine>(
        mergeTask,
        ([id, flags]) => ({ id, ...(typeof flags === 'object' ? flags : {}) }),
        lineText,
      ),
    );
  program
    .command('execute')
    .description(executeTask.summary)
    .option('--task-id <id>', 'the task')
    .option('--issue <number>', 'the number of its issue', count)
    .option('--repo <repository>', 'the repository of the issue')
    .option('--agent <name>', 'the agent to use, when the approval did not fix another')
    .option('--secure', 'with sessions and rate limits (default)')
    .option('--no-secure', 'without sessions and rate limits, on this machine only')
    .action(
      run<ExecuteFlags, TaskDetail>(
        executeTask,
        ([{ taskId, issue, repo, agent, secure }]) => ({ taskId, issue, repo, agent, secure }),
        detailText,
        { exitCode: ({ state }) => (isWell.has(state) ? 0 : 1) },
      ),
    );
}

/** Where an attempt leaves a task when it came to a good end. */
const isWell: ReadonlySet<string> = new Set(['in_review', 'done', 'no_change', 'resolved']);

interface ExecuteFlags {
  readonly taskId?: string;
  readonly issue?: number;
  readonly repo?: string;
  readonly agent?: string;
  readonly secure?: boolean;
}

interface ListFlags {
  readonly search?: string;
}

function one<O>(
  tasks: Command,
  verb: string,
  contract: Contract<never, O> | Contract,
  run: Run,
  text: (answer: O) => string,
  withReason = false,
): void {
  const command = tasks.command(`${verb} <id>`).description(contract.summary);
  if (withReason) command.option('--reason <text>', 'why, for the record and for the issue');
  command.action(
    run<string | { reason?: string }, O>(
      contract,
      ([id, flags]) => ({
        id,
        ...(typeof flags === 'object' && flags.reason !== undefined
          ? { reason: flags.reason }
          : {}),
      }),
      text,
    ),
  );
}

function listText({ items: tasks }: TaskPage): string {
  if (tasks.length === 0)
    return 'No tasks. `claude-manager scan` looks for work, `claude-manager start` proposes it.\n';
  return table([
    ['ID', 'STATE', 'RANK', 'REPOSITORY', 'TITLE'],
    ...tasks.map(({ id, state, rank, target, title }) => [
      id.slice(0, 12),
      state,
      String(rank),
      target,
      title,
    ]),
  ]);
}

function lineText(task: TaskLine): string {
  return `${task.id}  ${task.state}  ${printable(task.title)}\n${task.note === null ? '' : `${printable(task.note)}\n`}`;
}

function explanationText(answer: {
  id: string;
  state: string;
  code: string;
  text: string;
  next: string;
  sandbox: string | null;
  notes: readonly { at: string; code: string; text: string }[];
}): string {
  const notes = answer.notes
    .map(({ at, code, text }) => `  ${at}  ${code}: ${printable(text)}\n`)
    .join('');
  const unsealed = answer.sandbox === 'none' ? 'note:  the agent ran without a sandbox\n' : '';
  return `${answer.id}  ${answer.state}\nwhy:   ${answer.code}: ${printable(answer.text)}\nnext:  ${printable(answer.next)}\n${unsealed}${notes === '' ? '' : `said before:\n${notes}`}`;
}

function detailText(task: TaskDetail): string {
  const lines = [
    `${task.id}  ${task.state}`,
    task.title,
    '',
    `target      ${task.target} (${task.baseBranch})`,
    `agent       ${task.agent}`,
    `issue       ${task.issue ?? 'none'}`,
    `rank        ${task.rank}: ${task.rankReasons.map(({ because, points }) => `${because} (${points})`).join(', ')}`,
    `content     ${task.contentHash}`,
    ...task.approvals.map(
      ({ actor, channel, decidedAt, voidReason }) =>
        `approval    ${actor} by ${channel} at ${decidedAt}${voidReason === null ? '' : `, void: ${voidReason}`}`,
    ),
    `result      ${task.pullRequest ?? task.note ?? 'none yet'}`,
    '',
    task.body,
  ];
  for (const run of task.runs) {
    lines.push(
      '',
      `run ${run.attempt}: ${run.agent} ${run.outcome ?? 'at work'}${run.reason === null ? '' : ` (${run.reason})`} ${run.summary ?? ''}`,
      ...run.checks.map(
        ({ command, passed }) => `  check ${passed ? 'passed' : 'failed'}: ${command}`,
      ),
    );
    if (run.patch !== null && run.patch !== '') lines.push('', run.patch);
  }
  return `${printable(lines.join('\n'))}\n`;
}
