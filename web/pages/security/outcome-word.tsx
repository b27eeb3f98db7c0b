import { Ban, Check, Circle, X } from 'lucide-react';
import type { ReactNode } from 'react';
import { toneText } from '../../parts/badge.tsx';
import { classNames } from '../../parts/class-names.ts';

const looks = {
  begun: { word: 'begun', tone: 'neutral', icon: Circle },
  ok: { word: 'done', tone: 'ok', icon: Check },
  refused: { word: 'refused', tone: 'warn', icon: Ban },
  failed: { word: 'failed', tone: 'bad', icon: X },
} as const;

/** How an act of the audit log ended: word and icon, never color alone. */
export function OutcomeWord({ outcome }: { readonly outcome: string }): ReactNode {
  if (!isKnown(outcome)) return outcome;
  const { word, tone, icon: Icon } = looks[outcome];
  return (
    <span
      className={classNames('inline-flex items-baseline gap-1 whitespace-nowrap', toneText[tone])}
    >
      <Icon aria-hidden size={13} className="self-center" />
      {word}
    </span>
  );
}

function isKnown(outcome: string): outcome is keyof typeof looks {
  return Object.hasOwn(looks, outcome);
}
