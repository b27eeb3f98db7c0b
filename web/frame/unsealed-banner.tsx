import { ShieldAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { serviceStatus } from '../../src/operations/service/contract.ts';
import { useAsk } from '../data/data.tsx';

/** Says on every page that nothing seals agents in: by consent they can do anything, without it none runs. */
export function UnsealedBanner(): ReactNode {
  const { data } = useAsk(serviceStatus, {}, { everyMs: 30_000 });
  const sandbox = data?.sandbox ?? null;
  if (sandbox === null || (sandbox.name !== 'none' && sandbox.missing === null)) return null;
  return (
    <p
      role="status"
      className="flex items-start gap-3 border-line border-b bg-warn-tint px-4 py-2 text-13 text-warn"
    >
      <ShieldAlert aria-hidden size={15} className="mt-[3px] shrink-0" />
      <span className="min-w-0">
        {sandbox.missing === null
          ? 'Nothing seals agents in: an agent can do anything that the user of the service can, approving included.'
          : `No agent runs. ${sandbox.missing}`}
      </span>
    </p>
  );
}
