import { Link } from '@tanstack/react-router';
import { CircleCheckBig, FilterX } from 'lucide-react';
import type { ReactNode } from 'react';
import { countTasks } from '../../../src/operations/tasks/contract.ts';
import { useAsk } from '../../data/data.tsx';
import { NothingProposed } from '../../parts/nothing-proposed.tsx';
import { Empty } from '../../parts/states.tsx';

/** Nothing found by this filter, nothing left, or nothing yet: three different things. */
export function NothingWaits({
  isFiltered,
  isSnoozed,
}: {
  readonly isFiltered: boolean;
  readonly isSnoozed: boolean;
}): ReactNode {
  const { data: counts } = useAsk(countTasks, {});
  if (isFiltered || isSnoozed) {
    return (
      <Empty
        icon={<FilterX aria-hidden size={24} />}
        title={isSnoozed ? 'Nothing is snoozed' : 'Nothing waits with this filter'}
      >
        <Link to="/inbox" className="text-accent underline">
          Show everything that waits
        </Link>
      </Empty>
    );
  }
  if (counts === undefined) return null;
  if (counts.total === 0) {
    return <NothingProposed />;
  }
  return (
    <Empty icon={<CircleCheckBig aria-hidden size={24} />} title="Nothing waits for you">
      <p>
        Every proposal is decided.{' '}
        <Link to="/board" className="text-accent underline">
          See what runs
        </Link>
      </p>
    </Empty>
  );
}
