import type { UseQueryResult } from '@tanstack/react-query';
import { CircleCheck, CircleX } from 'lucide-react';
import type { ReactNode } from 'react';
import type { z } from 'zod';
import { showRun } from '../../../src/operations/runs/contract.ts';
import type { TaskStory } from '../../../src/operations/tasks/contract.ts';
import { useAsk } from '../../data/data.tsx';
import { counted, formatDuration } from '../../parts/format.ts';
import { ScrollBox } from '../../parts/scroll-box.tsx';
import { Bone, Loaded } from '../../parts/states.tsx';

function lastRun({ runs }: TaskStory): TaskStory['runs'][number] | undefined {
  return runs.toSorted((a, b) => b.attempt - a.attempt)[0];
}

/** What the tab reads of a task, when it has been run. */
export function useChecks(task: TaskStory, enabled: boolean): ReturnType<typeof useRun> {
  const last = lastRun(task);
  return useRun(last?.id ?? '', enabled && last !== undefined);
}

function useRun(id: string, enabled = true): UseQueryResult<z.output<typeof showRun.output>> {
  return useAsk(showRun, { id }, { enabled });
}

/** The repository's own commands, as they ended on the change of the latest run. */
export function ChecksTab({ task }: { readonly task: TaskStory }): ReactNode {
  const last = lastRun(task);
  if (last === undefined) {
    return (
      <p className="text-13 text-quiet">
        {task.policy.checks.length === 0
          ? 'The repository’s policy names no checks.'
          : `${counted(task.policy.checks.length, 'check')} run when an agent has changed something.`}
      </p>
    );
  }
  return <ChecksOf runId={last.id} attempt={last.attempt} />;
}

function ChecksOf({
  runId,
  attempt,
}: {
  readonly runId: string;
  readonly attempt: number;
}): ReactNode {
  const query = useRun(runId);
  return (
    <Loaded query={query} skeleton={<Bone width={40} />}>
      {({ checkResults }) => (
        <CheckList results={checkResults} none={`No check ran in attempt ${attempt}.`} />
      )}
    </Loaded>
  );
}

function CheckList({
  results,
  none,
}: {
  readonly results: readonly {
    readonly command: string;
    readonly passed: boolean;
    readonly exitCode: number | null;
    readonly durationMs: number;
    readonly output: string;
  }[];
  readonly none: string;
}): ReactNode {
  if (results.length === 0) return <p className="text-13 text-quiet">{none}</p>;
  return (
    <ul className="flex flex-col gap-2">
      {results.map(({ command, passed, exitCode, durationMs, output }) => (
        <li key={command}>
          <details open={!passed} className="rounded-6 border border-line bg-surface">
            <summary className="flex cursor-pointer flex-wrap items-center gap-x-3 gap-y-1 px-3 py-2 text-13">
              {passed ? (
                <CircleCheck aria-hidden size={15} className="text-ok" />
              ) : (
                <CircleX aria-hidden size={15} className="text-bad" />
              )}
              <code className="min-w-0 flex-1 break-all text-12">{command}</code>
              <span className="text-12 text-quiet">
                {passed ? 'passed' : `failed${exitCode === null ? '' : ` with code ${exitCode}`}`},{' '}
                {formatDuration(durationMs)}
              </span>
            </summary>
            <ScrollBox
              label={`Output of ${command}`}
              className="max-h-[320px] border-line border-t bg-sunken p-3"
            >
              <pre className="whitespace-pre-wrap break-words text-12">
                {output === '' ? 'It printed nothing.' : output}
              </pre>
            </ScrollBox>
          </details>
        </li>
      ))}
    </ul>
  );
}
