import type { ReactNode } from 'react';
import type { TaskStory } from '../../../src/operations/tasks/contract.ts';
import { lookOf } from '../../parts/badge.tsx';
import { counted, formatMoney } from '../../parts/format.ts';
import { Fact, Facts, Section } from '../../parts/section.tsx';
import { Table } from '../../parts/table.tsx';

/** What it cost, run by run. */
export function CostTab({ task }: { readonly task: TaskStory }): ReactNode {
  return (
    <>
      <Section title="Together">
        <Facts>
          <Fact name="Spent">{spentWords(task)}</Fact>
          <Fact name="One run may cost">{formatMoney(task.policy.budget.perRunUsd)}</Fact>
          <Fact name="A day may cost">{formatMoney(task.policy.budget.perDayUsd)}</Fact>
        </Facts>
      </Section>
      {task.runs.length === 0 ? null : (
        <div className="-mx-4">
          <Table
            label="Cost of each run"
            rows={task.runs}
            keyOf={({ id }) => id}
            columns={[
              { name: 'Attempt', cell: ({ attempt }) => attempt },
              { name: 'Agent', cell: ({ agent }) => agent },
              { name: 'End', cell: ({ outcome }) => lookOf(outcome ?? 'running').word },
              {
                name: 'Cost',
                isFigure: true,
                cell: ({ costUsd, outcome }) =>
                  costUsd === null
                    ? `not known${outcome === null ? ' yet' : ''}`
                    : formatMoney(costUsd),
              },
            ]}
          />
        </div>
      )}
    </>
  );
}

/** The sum of what is known, and of how many runs it is not. */
function spentWords({ costUsd, runs }: TaskStory): string {
  const unknown = runs.filter((run) => run.costUsd === null).length;
  if (unknown === 0) return `${formatMoney(costUsd)} in ${counted(runs.length, 'run')}`;
  if (unknown === runs.length) return `Not known, in ${counted(runs.length, 'run')}`;
  const known = counted(runs.length - unknown, 'run');
  return `${formatMoney(costUsd)} in ${known}; of ${counted(unknown, 'run')} it is not known`;
}
