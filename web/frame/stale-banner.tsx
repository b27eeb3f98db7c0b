import { CloudOff } from 'lucide-react';
import type { ReactNode } from 'react';
import { useSyncExternalStore } from 'react';
import { useData } from '../data/data.tsx';
import { Time, useNow } from '../parts/time.tsx';

/** A short break of the line is not worth a word. */
const graceMs = 4000;

/** Says that what is shown may be old, and how old, while the service cannot be heard. */
export function StaleBanner(): ReactNode {
  const { live } = useData();
  const { open, since } = useSyncExternalStore(live.subscribe, live.state);
  const now = useNow(1000);
  if (open || now.getTime() - since < graceMs) return null;
  return (
    <div
      role="status"
      className="flex items-center gap-2 border-line border-b bg-warn-tint px-4 py-2 text-13 text-warn"
    >
      <CloudOff aria-hidden size={15} className="shrink-0" />
      <span>
        The service cannot be heard. What you see is from <Time at={new Date(since)} />; it is read
        again as soon as the service answers.
      </span>
    </div>
  );
}
