import { Circle, CircleAlert, CircleCheck } from 'lucide-react';
import type { ReactNode } from 'react';
import { classNames } from '../../parts/class-names.ts';

export type StepState = 'done' | 'todo' | 'failed';

const looks = {
  done: { Icon: CircleCheck, color: 'text-ok', word: 'done' },
  todo: { Icon: Circle, color: 'text-quiet', word: 'to do' },
  failed: { Icon: CircleAlert, color: 'text-bad', word: 'not well' },
} as const;

/** One step with where it stands; the line beside it leads to the next one. */
export function Step({
  number,
  title,
  state,
  about,
  isLast = false,
  children,
}: {
  readonly number: number;
  readonly title: string;
  readonly state: StepState;
  readonly about: ReactNode;
  readonly isLast?: boolean;
  readonly children: ReactNode;
}): ReactNode {
  const { Icon, color, word } = looks[state];
  return (
    <li className="relative flex gap-4 pb-8">
      {isLast ? null : (
        <span aria-hidden className="absolute top-6 bottom-0 left-[9px] w-px bg-line" />
      )}
      <Icon aria-hidden size={20} className={classNames('shrink-0 bg-canvas', color)} />
      <section aria-label={title} className="min-w-0 flex-1">
        <h2 className="font-semibold text-14">
          {number}. {title}
          <span className={classNames('ml-2 font-normal text-12', color)}>{word}</span>
        </h2>
        <p className="mb-3 text-13 text-quiet">{about}</p>
        <div className="flex flex-col gap-3">{children}</div>
      </section>
    </li>
  );
}

/** One thing that was tried, and what came of it. */
export function Tried({
  isOk,
  title,
  children,
}: {
  readonly isOk: boolean;
  readonly title: ReactNode;
  readonly children: ReactNode;
}): ReactNode {
  const { Icon, color, word } = looks[isOk ? 'done' : 'failed'];
  return (
    <li className="flex gap-2 py-1 text-13">
      <Icon aria-hidden size={15} className={classNames('mt-[3px] shrink-0', color)} />
      <div className="min-w-0 [overflow-wrap:anywhere]">
        <p className="font-medium">
          {title} <span className="sr-only">{word}</span>
        </p>
        <div className="text-quiet">{children}</div>
      </div>
    </li>
  );
}

/** One thing that is being tried, with the room for what comes of it. */
export function Asking({ title }: { readonly title: ReactNode }): ReactNode {
  return (
    <li className="flex gap-2 py-1 text-13">
      <Circle aria-hidden size={15} className="mt-[3px] shrink-0 text-quiet" />
      <div className="min-w-0 [overflow-wrap:anywhere]">
        <p className="font-medium">{title}</p>
        <p className="min-h-10 text-quiet sm:min-h-5">Being asked</p>
      </div>
    </li>
  );
}
