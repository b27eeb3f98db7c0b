import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { usePageSearch } from '../../../parts/page-search.ts';
import { RowBones } from '../../../parts/states.tsx';
import { Together } from '../../../parts/together.tsx';
import { settingsSearch } from '../search.ts';
import { Deliveries } from './deliveries.tsx';
import { Hooks, useHooks } from './hooks.tsx';
import { Messages } from './messages.tsx';
import { Receivers, useReceivers } from './receivers.tsx';

const ways = [
  { way: 'in', word: 'From GitHub' },
  { way: 'out', word: 'To other programs' },
] as const;

/** Both ways: what GitHub sends here, and what other programs are told; what became of each delivery. */
export function WebhooksTab(): ReactNode {
  const [{ way = 'in' }] = usePageSearch(settingsSearch);
  return (
    <div className="flex flex-col gap-8 py-4">
      <nav aria-label="Way of the webhooks" className="px-4">
        <ul className="inline-flex rounded-6 border border-line p-[2px]">
          {ways.map((one) => (
            <li key={one.way}>
              <Link
                to="."
                search={{ tab: 'webhooks', way: one.way }}
                resetScroll={false}
                aria-current={one.way === way ? 'page' : undefined}
                className="flex h-7 items-center rounded-3 px-3 text-13 text-quiet hover:text-text aria-[current=page]:bg-selected aria-[current=page]:font-medium aria-[current=page]:text-text"
              >
                {one.word}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      {way === 'in' ? <FromGithub /> : <ToOthers />}
    </div>
  );
}

function FromGithub(): ReactNode {
  // Handed down: asked for anew below, an answer that is an error would be awaited once more.
  const hooks = useHooks();
  return (
    <Together queries={[hooks]} skeleton={<RowBones />}>
      <Hooks query={hooks} />
      <Deliveries />
    </Together>
  );
}

function ToOthers(): ReactNode {
  return (
    <Together queries={[useReceivers()]} skeleton={<RowBones />}>
      <Receivers />
      <Messages />
    </Together>
  );
}
