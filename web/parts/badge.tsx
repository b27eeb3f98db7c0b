import type { LucideIcon } from 'lucide-react';
import {
  Ban,
  CircleAlert,
  CircleCheck,
  CircleDashed,
  CircleDot,
  CircleMinus,
  CirclePause,
  CircleX,
  Clock,
  GitPullRequest,
  Hourglass,
  Loader,
} from 'lucide-react';
import type { ReactNode } from 'react';
import { classNames } from './class-names.ts';

export type Tone = 'neutral' | 'ok' | 'warn' | 'bad' | 'busy';

const tints: Readonly<Record<Tone, string>> = {
  neutral: 'bg-sunken text-quiet',
  ok: 'bg-ok-tint text-ok',
  warn: 'bg-warn-tint text-warn',
  bad: 'bg-bad-tint text-bad',
  busy: 'bg-busy-tint text-busy',
};

export const toneText: Readonly<Record<Tone, string>> = {
  neutral: 'text-quiet',
  ok: 'text-ok',
  warn: 'text-warn',
  bad: 'text-bad',
  busy: 'text-busy',
};

interface Look {
  readonly word: string;
  readonly tone: Tone;
  readonly icon: LucideIcon;
}

const looks: Readonly<Record<string, Look>> = {
  proposed: { word: 'Waiting', tone: 'neutral', icon: CircleDashed },
  approved: { word: 'Approved', tone: 'busy', icon: Hourglass },
  running: { word: 'Running', tone: 'busy', icon: Loader },
  in_review: { word: 'In review', tone: 'busy', icon: GitPullRequest },
  needs_attention: { word: 'Needs attention', tone: 'warn', icon: CircleAlert },
  done: { word: 'Done', tone: 'ok', icon: CircleCheck },
  no_change: { word: 'No change needed', tone: 'neutral', icon: CircleMinus },
  failed: { word: 'Failed', tone: 'bad', icon: CircleX },
  rejected: { word: 'Rejected', tone: 'neutral', icon: Ban },
  expired: { word: 'Expired', tone: 'neutral', icon: Clock },
  resolved: { word: 'Resolved', tone: 'ok', icon: CircleCheck },
  canceled: { word: 'Canceled', tone: 'neutral', icon: Ban },
  succeeded: { word: 'Succeeded', tone: 'ok', icon: CircleCheck },
  timed_out: { word: 'Timed out', tone: 'bad', icon: Clock },
  stalled: { word: 'Stalled', tone: 'bad', icon: Clock },
  over_budget: { word: 'Over budget', tone: 'bad', icon: CircleAlert },
  blocked_by_policy: { word: 'Blocked by policy', tone: 'warn', icon: CircleAlert },
  interrupted: { word: 'Interrupted', tone: 'warn', icon: CircleAlert },
  active: { word: 'Active', tone: 'ok', icon: CircleCheck },
  paused: { word: 'Paused', tone: 'warn', icon: CirclePause },
  never_scanned: { word: 'Never scanned', tone: 'neutral', icon: CircleDashed },
  healthy: { word: 'Healthy', tone: 'ok', icon: CircleCheck },
  degraded: { word: 'Degraded', tone: 'warn', icon: CircleAlert },
  unhealthy: { word: 'Unhealthy', tone: 'bad', icon: CircleX },
  unknown: { word: 'Not measured', tone: 'neutral', icon: CircleDashed },
};

/** How a state of a task, an outcome of a run or a health status is shown: word, tone and icon, never color alone. */
export function lookOf(status: string): Look {
  return looks[status] ?? { word: sentence(status), tone: 'neutral', icon: CircleDot };
}

/** `closed_unmerged` as `Closed unmerged`. */
export function sentence(code: string): string {
  const words = code.replaceAll('_', ' ').replaceAll('-', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function Status({
  status,
  bare = false,
}: {
  readonly status: string;
  /** Icon and word without the tint, for dense lists. */
  readonly bare?: boolean;
}): ReactNode {
  const { word, tone, icon: Icon } = lookOf(status);
  return (
    <span
      className={classNames(
        'inline-flex items-center gap-1 text-12 font-medium',
        // In a narrow window words stand below each other rather than take the room of a title.
        bare
          ? classNames('min-h-5 md:whitespace-nowrap', toneText[tone])
          : classNames('h-5 whitespace-nowrap rounded-full px-2', tints[tone]),
      )}
    >
      <Icon
        aria-hidden
        size={13}
        className={classNames('shrink-0', status === 'running' && 'alive')}
      />
      {word}
    </span>
  );
}

export function Badge({
  children,
  tone = 'neutral',
}: {
  readonly children: ReactNode;
  readonly tone?: Tone;
}): ReactNode {
  return (
    <span
      className={classNames(
        'inline-flex h-5 items-center gap-1 whitespace-nowrap rounded-full px-2 text-12 font-medium',
        tints[tone],
      )}
    >
      {children}
    </span>
  );
}
