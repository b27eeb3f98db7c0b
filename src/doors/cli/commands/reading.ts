import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import type { z } from 'zod';
import type { Decided, Suppression } from '../../../operations/approvals/contract.ts';
import {
  editTask,
  liftSuppression,
  listSuppressions,
  snoozeTask,
  unsnoozeTask,
  withdrawApproval,
} from '../../../operations/approvals/contract.ts';
import { listFindings } from '../../../operations/findings/contract.ts';
import { showOutcomes } from '../../../operations/outcomes/contract.ts';
import { listRepositories } from '../../../operations/repositories/contract.ts';
import { listRuns, runEvents } from '../../../operations/runs/contract.ts';
import { countTasks, taskDiff, taskTimeline } from '../../../operations/tasks/contract.ts';
import { printable, table } from '../output/terminal.ts';
import type { Run } from '../run.ts';

/** More of `tasks …`, and `runs`, `findings`, `repositories`, `suppressions`, `outcomes`. */
export function addReadingCommands(program: Command, run: Run): void {
  const tasks = program.commands.find((command) => command.name() === 'tasks') ?? program;
  addDecisions(tasks, run);
  tasks
    .command('counts')
    .description(countTasks.summary)
    .option('--repo <repository>', 'only tasks of this repository')
    .action(
      run<object, z.infer<typeof countTasks.output>>(
        countTasks,
        ([flags]) => flags,
        ({ states, waiting, snoozed }) =>
          table([
            ...Object.entries(states).map(([state, count]) => [state, String(count)]),
            ['waiting for a decision', String(waiting)],
            ['put off', String(snoozed)],
          ]),
      ),
    );
  tasks
    .command('timeline <id>')
    .description(taskTimeline.summary)
    .action(
      run<string, z.infer<typeof taskTimeline.output>>(
        taskTimeline,
        ([id]) => ({ id }),
        (answer) =>
          table(
            answer.entries.map(({ at, code, actor, text }) => [at, code, actor?.name ?? '', text]),
            200,
          ),
      ),
    );
  tasks
    .command('diff <id>')
    .description(taskDiff.summary)
    .option('--run <id>', 'of this run')
    .action(
      run<string | { run?: string }, z.infer<typeof taskDiff.output>>(
        taskDiff,
        ([id, flags]) => ({ id, ...(typeof flags === 'object' ? flags : {}) }),
        ({ patch }) => (patch === null ? 'No change is kept.\n' : patchText(patch)),
      ),
    );
  addLists(program, run);
}

function addDecisions(tasks: Command, run: Run): void {
  tasks
    .command('withdraw <id>')
    .description(withdrawApproval.summary)
    .option('--reason <text>', 'why, for the record and for the issue')
    .action(decision(run, withdrawApproval));
  tasks
    .command('edit <id>')
    .description(editTask.summary)
    .option('--title <text>', 'the new title')
    .option('--body <text>', 'the new body')
    .action(decision(run, editTask));
  tasks
    .command('snooze <id>')
    .description(snoozeTask.summary)
    .requiredOption(
      '--until <moment>',
      'RFC 3339, for example 2026-12-01T09:00:00Z, or a day',
      moment,
    )
    .action(decision(run, snoozeTask));
  tasks
    .command('unsnooze <id>')
    .description(unsnoozeTask.summary)
    .action(decision(run, unsnoozeTask));
}

function decision(run: Run, contract: Parameters<Run>[0]): ReturnType<Run> {
  return run<string | object, Decided>(
    contract,
    ([id, flags]) => ({ id, ...(typeof flags === 'object' ? flags : {}) }),
    ({ id, state, title, note }) =>
      `${id}  ${state}  ${printable(title)}\n${note === null ? '' : `${printable(note)}\n`}`,
  );
}

function addLists(program: Command, run: Run): void {
  const runs = program.command('runs').description('attempts of agents');
  runs
    .command('list')
    .description(listRuns.summary)
    .option('--live', 'only those at work')
    .option('--repo <repository>', 'only of this repository')
    .option('--agent <name>', 'only of this agent')
    .action(
      run<object, z.infer<typeof listRuns.output>>(
        listRuns,
        ([flags]) => flags,
        ({ items }) =>
          items.length === 0
            ? 'No runs.\n'
            : table([
                ['ID', 'OUTCOME', 'AGENT', 'COST', 'STARTED', 'TASK'],
                ...items.map(({ id, outcome, agent, costUsd, startedAt, taskTitle }) => [
                  id,
                  outcome ?? 'at work',
                  agent,
                  costUsd === null ? '' : `$${costUsd.toFixed(2)}`,
                  startedAt,
                  taskTitle,
                ]),
              ]),
      ),
    );
  runs
    .command('events <id>')
    .description(runEvents.summary)
    .action(
      run<string, z.infer<typeof runEvents.output>>(
        runEvents,
        ([id]) => ({ id }),
        ({ items }) =>
          items.map(({ at, event }) => `${at}  ${printable(JSON.stringify(event))}\n`).join(''),
      ),
    );
  program
    .command('findings')
    .description(listFindings.summary)
    .option('--repo <repository>', 'only of this repository')
    .option('--status <status...>', 'open, fixed, suppressed')
    .action(
      run<object, z.infer<typeof listFindings.output>>(
        listFindings,
        ([flags]) => flags,
        ({ items }) =>
          table(
            items.map(({ repository, path, line, tag, text }) => [
              repository,
              `${path}:${line}`,
              tag ?? '',
              text,
            ]),
          ),
      ),
    );
  program
    .command('repositories')
    .description(listRepositories.summary)
    .action(
      run<object, z.infer<typeof listRepositories.output>>(
        listRepositories,
        () => ({}),
        ({ items }) =>
          table([
            ['REPOSITORY', 'STATE', 'LAST LOOK', 'FINDINGS', 'PROPOSALS', 'MERGED'],
            ...items.map((one) => [
              one.name,
              one.state.replaceAll('_', ' '),
              one.lastScan?.at ?? 'never',
              String(one.findingsOpen),
              String(one.proposalsOpen),
              String(one.merged),
            ]),
          ]),
      ),
    );
  const suppressions = program
    .command('suppressions')
    .description('kinds of work that are never proposed');
  const text = ({ items }: { items: readonly Suppression[] }): string =>
    items.length === 0
      ? 'Nothing is suppressed.\n'
      : table(
          items.map(({ id, rule, repository, by, reason }) => [
            id,
            rule,
            repository,
            by,
            reason ?? '',
          ]),
        );
  suppressions
    .command('list')
    .description(listSuppressions.summary)
    .action(run<object, { items: readonly Suppression[] }>(listSuppressions, () => ({}), text));
  suppressions
    .command('lift <id>')
    .description(liftSuppression.summary)
    .action(
      run<string, { items: readonly Suppression[] }>(liftSuppression, ([id]) => ({ id }), text),
    );
  program
    .command('outcomes')
    .description(showOutcomes.summary)
    .option('--days <number>', 'of so many days up to now', Number)
    .option('--repo <repository>', 'only of this repository')
    .action(
      run<object, z.infer<typeof showOutcomes.output>>(
        showOutcomes,
        ([flags]) => flags,
        (answer) =>
          table(
            answer.figures.map(({ label, unit, value, previous }) => [
              label,
              figure(unit, value),
              `(before: ${figure(unit, previous)})`,
            ]),
          ),
      ),
    );
}

function figure(unit: 'count' | 'share' | 'usd' | 'hours', value: number | null): string {
  if (value === null) return 'none';
  switch (unit) {
    case 'count':
      return String(value);
    case 'share':
      return `${(value * 100).toFixed(0)} %`;
    case 'usd':
      return `$${value.toFixed(2)}`;
    case 'hours':
      return `${value.toFixed(1)} h`;
  }
}

/** Lines of the change as they are, with what a terminal would act on made harmless. */
function patchText(patch: string): string {
  return patch.split('\n').map(printable).join('\n');
}

function moment(text: string): string {
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) {
    throw new InvalidArgumentError('Give a moment such as 2026-12-01T09:00:00Z, or a day.');
  }
  return at.toISOString();
}
