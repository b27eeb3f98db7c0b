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
  const { isOpen, since } = useSyncExternalStore(live.subscribe, live.state);
  const now = useNow(1000);
  if (isOpen || now.getTime() - since < graceMs) return null;
  return (
    <div
      role="status"
      className="appear pointer-events-auto flex w-full items-start gap-3 rounded-6 border border-line bg-warn-tint px-4 py-2 text-13 text-warn shadow-float"
    >
      <CloudOff aria-hidden size={15} className="mt-[3px] shrink-0" />
      <span>
        The service cannot be heard. What you see is from <Time at={new Date(since)} />; it is read
        again as soon as the service answers.
      </span>
    </div>
  );
}
