import type { UseQueryResult } from '@tanstack/react-query';
import { CircleHelp } from 'lucide-react';
import type { ReactNode } from 'react';
import type { z } from 'zod';
import type { TaskStory } from '../../../src/operations/tasks/contract.ts';
import { explainTask } from '../../../src/operations/tasks/contract.ts';
import { useAsk } from '../../data/data.tsx';
import { classNames } from '../../parts/class-names.ts';
import { WithCode } from '../../parts/with-code.tsx';

const moving: readonly TaskStory['state'][] = ['running', 'done'];
const troubled: readonly TaskStory['state'][] = ['needs_attention', 'failed'];

export function useExplanation(id: string): UseQueryResult<z.output<typeof explainTask.output>> {
  return useAsk(explainTask, { id });
}

/** Why it is not moving, and what would move it; nothing while it moves. */
export function Explanation({ task }: { readonly task: TaskStory }): ReactNode {
  const { data } = useExplanation(task.id);
  if (moving.includes(task.state) || data === undefined) return null;
  return (
    <div
      className={classNames(
        'flex gap-3 rounded-6 px-3 py-2 text-13',
        troubled.includes(task.state) || task.leftToPerson.length > 0
          ? 'bg-warn-tint text-warn'
          : 'bg-sunken',
      )}
    >
      <CircleHelp aria-hidden size={16} className="mt-[2px] shrink-0" />
      <div className="min-w-0">
        <h3 className="font-medium">Why is it not moving?</h3>
        <p className="break-words">
          <WithCode text={data.text} />
        </p>
        {isForHere(data.next) ? (
          <p className="break-words">
            <WithCode text={data.next} />
          </p>
        ) : null}
      </div>
    </div>
  );
}

/** The next step is said for every door; what the command line would do, the buttons below do here. */
function isForHere(next: string): boolean {
  return next !== 'Nothing.' && !next.includes('claude-manager');
}
