import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { OutcomeRow } from '../../../src/operations/outcomes/contract.ts';
import { formatCount, formatDuration, formatMoney, repositoryName } from '../../parts/format.ts';
import { TabLinks } from '../../parts/tab-links.tsx';
import type { TableColumn } from '../../parts/table.tsx';
import { Table } from '../../parts/table.tsx';
import { kindWord } from '../../parts/words.ts';

type By = 'kind' | 'agent' | 'repository';

const words: Readonly<Record<By, string>> = {
  kind: 'Kind',
  agent: 'Agent',
  repository: 'Repository',
};

const none = <span className="text-quiet">–</span>;

/** The same period by what found the work, by who did it, and by where. */
export function OutcomeTables({
  outcomes: { byKind, byAgent, byRepository, totals },
  by,
}: {
  readonly outcomes: {
    readonly byKind: readonly OutcomeRow[];
    readonly byAgent: readonly OutcomeRow[];
    readonly byRepository: readonly OutcomeRow[];
    readonly totals: OutcomeRow;
  };
  readonly by: By;
}): ReactNode {
  const rows = { kind: byKind, agent: byAgent, repository: byRepository }[by];
  return (
    <section aria-label="Tables">
      <TabLinks
        label="By what"
        name="by"
        current={by}
        tabs={[
          { tab: 'kind', word: 'By kind', count: byKind.length },
          { tab: 'agent', word: 'By agent', count: byAgent.length },
          { tab: 'repository', word: 'By repository', count: byRepository.length },
        ]}
      />
      <Table
        label={`Outcomes by ${by}`}
        columns={columnsBy(by)}
        rows={rows.length > 1 ? [...rows, { ...totals, name: '' }] : rows}
        keyOf={({ name }) => name}
      />
    </section>
  );
}

function columnsBy(by: By): readonly TableColumn<OutcomeRow>[] {
  return [
    {
      name: words[by],
      cell: ({ name }) =>
        name === '' ? <span className="font-medium">All</span> : named(by, name),
    },
    { name: 'Proposed', isFigure: true, isExtra: true, cell: (row) => formatCount(row.proposed) },
    { name: 'Approved', isFigure: true, cell: (row) => formatCount(row.approved) },
    { name: 'Rejected', isFigure: true, isExtra: true, cell: (row) => formatCount(row.rejected) },
    { name: 'Merged', isFigure: true, cell: (row) => formatCount(row.merged) },
    { name: 'Runs', isFigure: true, isExtra: true, cell: (row) => formatCount(row.runs) },
    { name: 'Cost', isFigure: true, isExtra: true, cell: (row) => formatMoney(row.costUsd) },
    {
      name: 'Cost per merged',
      isFigure: true,
      cell: ({ costPerMergedUsd }) =>
        costPerMergedUsd === null ? none : formatMoney(costPerMergedUsd),
    },
    {
      name: 'Median lead time',
      isFigure: true,
      isExtra: true,
      cell: ({ leadTimeHours }) =>
        leadTimeHours === null ? none : formatDuration(leadTimeHours * 3_600_000),
    },
  ];
}

/** The name, leading to the tasks that it stands for. */
function named(by: By, name: string): ReactNode {
  const search = { kind: { kind: name }, agent: { agent: name }, repository: { repo: name } }[by];
  const word = { kind: kindWord(name), agent: name, repository: repositoryName(name) }[by];
  return (
    <Link to="/tasks" search={search} className="font-medium hover:underline">
      {word}
    </Link>
  );
}
