import { systemClock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { systemRandom } from '../../lib/random.ts';
import { type CreatedGuard, createGuard } from '../../operations/guard.ts';
import type { Audit } from '../../platform/audit/audit.ts';
import type { Config } from '../../platform/config/schema.ts';
import type { Database } from '../../platform/database/database.ts';
import { currentCorrelationId } from '../../platform/logging/context.ts';
import { type Blocks, createBlocks } from '../../platform/ratelimit/blocks.ts';
import { addressList } from '../../platform/ratelimit/client-address.ts';

/** Limits and blocks of this process, and where blocks are kept for all. */
export interface GuardRooms {
  readonly guard: CreatedGuard;
  readonly blocks: Blocks;
}

export function openGuard(parts: {
  readonly database: Pick<Database, 'kysely'>;
  readonly audit: Pick<Audit, 'record'>;
  readonly config: () => Config;
  readonly log: Log;
  readonly isOff?: () => boolean;
}): GuardRooms {
  const { database, audit, log } = parts;
  const blocks = createBlocks({
    database,
    clock: systemClock,
    newId: () => systemRandom.bytes(6).toString('hex'),
    log,
  });
  let read: { from: readonly string[]; list: ReturnType<typeof addressList> } | null = null;
  const neverBlocked = (): ReturnType<typeof addressList> => {
    const from = parts.config().security.rate_limiting.never_blocked;
    if (read?.from !== from) read = { from, list: addressList(from) };
    return read.list;
  };
  const guard = createGuard({
    limits: () => limitsOf(parts.config()),
    neverBlocked,
    blocks,
    clock: systemClock,
    log: { warn: (message, facts) => log.warn(facts, message) },
    record: async ({ id, subject, reason, evidence, until }) => {
      await audit.record(null, {
        event: 'security.blocked',
        outcome: 'ok',
        actor: { kind: 'system', name: 'gate' },
        target: subject,
        correlationId: currentCorrelationId() ?? 'none',
        facts: { block: id, reason, until: until.toISOString(), ...evidence },
      });
    },
    ...(parts.isOff === undefined ? {} : { isOff: parts.isOff }),
  });
  return { guard, blocks };
}

function limitsOf({ security }: Config): ReturnType<Parameters<typeof createGuard>[0]['limits']> {
  const { rate_limiting: limiting, inspection } = security;
  return {
    perMinute: limiting.max_requests_per_minute,
    perMinuteOfAddress: limiting.max_requests_per_minute_per_address,
    dashboardPerMinute: limiting.dashboard_reads_per_minute,
    probesPerMinute: limiting.probe_requests_per_minute,
    violations: limiting.violations_before_block,
    probes: inspection.probes_before_block,
    blockMinutes: limiting.block_duration_minutes,
  };
}
