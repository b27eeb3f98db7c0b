import { Link } from '@tanstack/react-router';
import { Compass } from 'lucide-react';
import type { ReactNode } from 'react';
import { Empty } from '../parts/states.tsx';
import { Page } from './page.tsx';

export function NotFound(): ReactNode {
  return (
    <Page title="Not found">
      <Empty icon={<Compass aria-hidden size={24} />} title="There is no page at this address">
        <p>
          It may have been moved or mistyped.{' '}
          <Link to="/inbox" className="text-accent underline">
            Go to the inbox
          </Link>
        </p>
      </Empty>
    </Page>
  );
}
