import { Link } from '@tanstack/react-router';
import { Inbox } from 'lucide-react';
import type { ReactNode } from 'react';
import { Empty } from './states.tsx';

/** There is no task at all: what brings the first ones. */
export function NothingProposed(): ReactNode {
  return (
    <Empty icon={<Inbox aria-hidden size={24} />} title="Nothing has been proposed yet">
      <p>
        Proposals appear here after the first scan of your repositories.{' '}
        <Link to="/first-run" className="text-accent underline">
          Set up in four steps
        </Link>{' '}
        what is watched, and scan it.
      </p>
    </Empty>
  );
}
