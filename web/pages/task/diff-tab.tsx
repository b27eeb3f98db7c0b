import type { UseQueryResult } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { z } from 'zod';
import type { TaskStory } from '../../../src/operations/tasks/contract.ts';
import { taskDiff } from '../../../src/operations/tasks/contract.ts';
import { useAsk } from '../../data/data.tsx';
import { DiffView } from '../../parts/diff/diff-view.tsx';
import { Bone, Loaded } from '../../parts/states.tsx';

export function useTaskDiff(
  id: string,
  run: string | undefined,
  enabled = true,
): UseQueryResult<z.output<typeof taskDiff.output>> {
  return useAsk(taskDiff, { id, ...(run === undefined ? {} : { run }) }, { enabled });
}

/** The change of a run, the latest one at first. */
export function DiffTab({
  task,
  run,
}: {
  readonly task: TaskStory;
  readonly run: string | undefined;
}): ReactNode {
  const query = useTaskDiff(task.id, run);
  return (
    <Loaded query={query} skeleton={<Bone width={40} />}>
      {({ patch, runId }) => (
        <>
          {task.runs.length < 2 ? null : (
            <nav aria-label="Attempts" className="flex flex-wrap gap-2 text-13">
              {task.runs.map(({ id, attempt }) => (
                <Link
                  key={id}
                  to="."
                  search={{ tab: 'diff', run: id }}
                  resetScroll={false}
                  aria-current={id === runId ? 'page' : undefined}
                  className="rounded-6 border border-line px-2 py-1 text-quiet hover:text-text aria-[current=page]:bg-selected aria-[current=page]:text-text"
                >
                  Attempt {attempt}
                </Link>
              ))}
            </nav>
          )}
          {patch === null || patch.trim() === '' ? (
            <p className="text-13 text-quiet">
              {runId === null ? 'No run has changed anything yet.' : 'This run changed nothing.'}
            </p>
          ) : (
            <DiffView patch={patch} />
          )}
        </>
      )}
    </Loaded>
  );
}
