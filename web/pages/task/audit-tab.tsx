import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { z } from 'zod';
import { taskAudit } from '../../../src/operations/tasks/contract.ts';
import { useAsk } from '../../data/data.tsx';
import { CorrelationId, Loaded, RowBones } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { Time } from '../../parts/time.tsx';

export function useTaskAudit(
  taskId: string,
  enabled = true,
): UseQueryResult<z.output<typeof taskAudit.output>> {
  return useAsk(taskAudit, { id: taskId, limit: 200 }, { enabled });
}

/** What the audit log says about the task. */
export function AuditTab({ taskId }: { readonly taskId: string }): ReactNode {
  const query = useTaskAudit(taskId);
  return (
    <Loaded query={query} skeleton={<RowBones />}>
      {({ items }) =>
        items.length === 0 ? (
          <p className="text-13 text-quiet">The audit log names it nowhere yet.</p>
        ) : (
          <div className="-mx-4">
            <Table
              label="Audit entries"
              rows={items}
              keyOf={({ seq }) => String(seq)}
              columns={[
                { name: 'Entry', isExtra: true, cell: ({ seq }) => seq },
                { name: 'What', cell: ({ event }) => <code className="text-12">{event}</code> },
                { name: 'End', isExtra: true, cell: ({ outcome }) => outcome },
                { name: 'Who', cell: ({ actor }) => actor.name },
                {
                  name: 'Correlation',
                  isExtra: true,
                  cell: ({ correlationId }) => <CorrelationId id={correlationId} />,
                },
                { name: 'When', isFigure: true, cell: ({ at }) => <Time at={at} /> },
              ]}
            />
          </div>
        )
      }
    </Loaded>
  );
}
