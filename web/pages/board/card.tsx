import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { TaskLine } from '../../../src/operations/tasks/contract.ts';
import { explainTask } from '../../../src/operations/tasks/contract.ts';
import { useAsk } from '../../data/data.tsx';
import { repositoryName } from '../../parts/format.ts';
import { Time } from '../../parts/time.tsx';
import { WithCode } from '../../parts/with-code.tsx';

/** A task on the board: what, where, and what it waits for. */
export function Card({ task }: { readonly task: TaskLine }): ReactNode {
  return (
    <Link
      to={`/tasks/${task.id}`}
      className="flex flex-col gap-1 rounded-6 border border-line bg-surface p-3 transition-colors duration-100 hover:border-line-strong"
    >
      <span className="line-clamp-3 break-words text-13 font-medium">{task.title}</span>
      <span className="truncate text-12 text-quiet">{repositoryName(task.target)}</span>
      <span className="text-12 text-quiet">
        <WaitsFor task={task} />
      </span>
    </Link>
  );
}

function WaitsFor({ task }: { readonly task: TaskLine }): ReactNode {
  switch (task.state) {
    case 'proposed':
      return task.snoozedUntil === null ? (
        `Rank ${task.rank}, waits for a decision`
      ) : (
        <>
          Snoozed, back <Time at={task.snoozedUntil} />
        </>
      );
    case 'approved':
      return <Reason task={task} />;
    case 'running':
      return (
        <>
          {task.agent} works, since <Time at={task.updatedAt} />
        </>
      );
    case 'in_review':
      return (
        <>
          Waits for a review, since <Time at={task.updatedAt} />
        </>
      );
    case 'needs_attention':
    case 'failed':
      return (
        <span className="line-clamp-3">
          <WithCode text={task.note ?? 'Needs a person.'} />
        </span>
      );
    default:
      return <Time at={task.updatedAt} />;
  }
}

/** Why it has not started, as the service explains it. */
function Reason({ task }: { readonly task: TaskLine }): ReactNode {
  const { data } = useAsk(explainTask, { id: task.id });
  return (
    <span className="line-clamp-3">
      <WithCode text={data?.text ?? 'Waits to start.'} />
    </span>
  );
}
