import type { ReactNode } from 'react';
import { serviceStatus } from '../../../src/operations/service/contract.ts';
import { useAsk } from '../../data/data.tsx';
import { CountSign } from '../../frame/rail-sign.tsx';

export function InboxSign(): ReactNode {
  const { data } = useAsk(serviceStatus, {}, { everyMs: 30_000 });
  return <CountSign count={data?.waiting} what="waiting for a decision" />;
}
