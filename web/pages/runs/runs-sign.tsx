import type { ReactNode } from 'react';
import { serviceStatus } from '../../../src/operations/service/contract.ts';
import { useAsk } from '../../data/data.tsx';
import { DotSign } from '../../frame/rail-sign.tsx';
import { counted } from '../../parts/format.ts';

/** Alive while an agent works. */
export function RunsSign(): ReactNode {
  const { data } = useAsk(serviceStatus, {}, { everyMs: 30_000 });
  if (data === undefined || data.runsLive === 0) return null;
  return <DotSign tone="busy" isAlive what={`${counted(data.runsLive, 'run')} at work`} />;
}
