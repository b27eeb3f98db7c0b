import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { TaskStory } from '../../../src/operations/tasks/contract.ts';
import { Status } from '../../parts/badge.tsx';
import { formatMoney } from '../../parts/format.ts';
import { Duration, Time } from '../../parts/time.tsx';

/** The attempts, newest first. */
export function RunsTab({ task }: { readonly task: TaskStory }): ReactNode {
  if (task.runs.length === 0) {
    return <p className="text-13 text-quiet">No agent has worked on it yet.</p>;
  }
  return (
    <ul className="flex flex-col gap-3">
      {task.runs
        .toSorted((a, b) => b.attempt - a.attempt)
        .map((run) => (
          <li key={run.id}>
            <Link
              to={`/runs/${run.id}`}
              className="flex flex-col gap-1 rounded-6 border border-line bg-surface p-3 hover:border-line-strong"
            >
              <span className="flex flex-wrap items-center gap-x-3 gap-y-1 text-13">
                <span className="font-medium">Attempt {run.attempt}</span>
                <Status status={run.outcome ?? 'running'} />
                <span className="text-quiet">{run.agent}</span>
                <span className="text-quiet">
                  <Duration from={run.startedAt} to={run.endedAt} />
                </span>
                {run.costUsd === null ? null : (
                  <span className="text-quiet">{formatMoney(run.costUsd)}</span>
                )}
                <span className="ml-auto text-12 text-quiet">
                  <Time at={run.startedAt} />
                </span>
              </span>
              {run.summary === null ? null : <span className="text-13">{run.summary}</span>}
            </Link>
          </li>
        ))}
    </ul>
  );
}
