import type { ReactNode } from 'react';
import { serviceStatus } from '../../../src/operations/service/contract.ts';
import { useAsk } from '../../data/data.tsx';
import { DotSign } from '../../frame/rail-sign.tsx';
import { counted } from '../../parts/format.ts';

const tones = { healthy: 'ok', degraded: 'warn', unhealthy: 'bad' } as const;

/** The last overall result; nothing while nobody measures. */
export function HealthSign(): ReactNode {
  const { data } = useAsk(serviceStatus, {}, { everyMs: 30_000 });
  const health = data?.health ?? null;
  if (data === undefined || health === null || health.overall === 'unknown') return null;
  const alerts = data.alertsFiring === 0 ? '' : `, ${counted(data.alertsFiring, 'alert')}`;
  return <DotSign tone={tones[health.overall]} what={`${health.overall}${alerts}`} />;
}
