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
          <Fact name="Spent">
            {formatMoney(task.costUsd)} in {counted(task.runs.length, 'run')}
          </Fact>
          <Fact name="One run may cost">{formatMoney(task.policy.budget.perRunUsd)}</Fact>
          <Fact name="A day may cost">{formatMoney(task.policy.budget.perDayUsd)}</Fact>
        </Facts>
      </Section>
      {task.runs.length === 0 ? null : (
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
              cell: ({ costUsd }) => (costUsd === null ? 'not known yet' : formatMoney(costUsd)),
            },
          ]}
        />
      )}
    </>
  );
}
