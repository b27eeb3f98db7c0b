import { ShieldAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { serviceStatus } from '../../src/operations/service/contract.ts';
import { useAsk } from '../data/data.tsx';

/**
 * Says on every page that nothing seals agents in, here or in another process of the service that lives: by consent they
 * can do anything, without it none runs.
 */
export function UnsealedBanner(): ReactNode {
  const { data } = useAsk(serviceStatus, {}, { everyMs: 30_000 });
  const said = wordsOf(data?.sandbox ?? null, data?.processes ?? []);
  if (said === null) return null;
  return (
    <p
      role="status"
      className="flex items-start gap-3 border-line border-b bg-warn-tint px-4 py-2 text-13 text-warn"
    >
      <ShieldAlert aria-hidden size={15} className="mt-[3px] shrink-0" />
      <span className="min-w-0">{said}</span>
    </p>
  );
}

function wordsOf(
  here: { readonly name: string; readonly missing: string | null } | null,
  processes: readonly { readonly host: string; readonly isUnsealed: boolean }[],
): string | null {
  if (here !== null && here.missing !== null) return `No agent runs. ${here.missing}`;
  const unsealed = processes.filter(({ isUnsealed }) => isUnsealed);
  if (here?.name !== 'none' && unsealed.length === 0) return null;
  const hosts = [...new Set(unsealed.map(({ host }) => host))];
  const where = here?.name === 'none' ? '' : ` on ${hosts.join(', ')}`;
  return `Nothing seals agents in${where}: an agent can do anything that the user of the service can, approving included.`;
}
