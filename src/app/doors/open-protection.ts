import { systemClock } from '../../lib/clock.ts';
import type { Served } from '../../operations/gate.ts';
import { type ProtectionPorts, protectionHandlers } from '../../operations/protection/handlers.ts';
import type { Config } from '../../platform/config/schema.ts';
import { createCensus } from '../../platform/identity/census.ts';
import type { IdentityTables } from '../../platform/identity/tables.ts';
import type { StoreRooms } from '../store/open-store.ts';
import type { GuardRooms } from './open-guard.ts';

const soonMs = 14 * 24 * 3_600_000;

/** The state of everything that protects the service, counted where it is kept. */
export function protectionOperations(
  config: () => Config,
  store: Pick<StoreRooms, 'database' | 'vault' | 'audit'>,
  { blocks }: GuardRooms,
): readonly Served[] {
  const now = (): Date => systemClock.now();
  const census = createCensus(
    store.database.kysely<IdentityTables>(),
    () => config().security.authentication.session_timeout_minutes * 60_000,
  );
  const ports: ProtectionPorts = {
    blocks,
    now,
    limits: () => limitsOf(config()),
    signIn: async () => ({
      secondFactorRequired: config().security.authentication.require_2fa,
      ...(await census.counts(now())),
    }),
    credentials: async () => {
      const expiries = (await store.vault.list()).map(({ expiresAt }) => expiresAt?.getTime());
      const within = (ms: number): number =>
        expiries.filter((at) => at !== undefined && at <= now().getTime() + ms).length;
      const expired = within(0);
      return { stored: expiries.length, expired, expiringWithin14Days: within(soonMs) - expired };
    },
    audit: async () => {
      const [last] = await store.audit.list({ limit: 1 });
      return { entries: last?.seq ?? 0, lastEntryAt: last?.at.toISOString() ?? null };
    },
    removeExpired: () => census.removeExpired(now()),
  };
  return protectionHandlers(ports);
}

function limitsOf({ security }: Config): ReturnType<ProtectionPorts['limits']> {
  const { rate_limiting: limiting, inspection } = security;
  return {
    requestsPerMinute: limiting.max_requests_per_minute,
    requestsPerMinuteOfAddress: limiting.max_requests_per_minute_per_address,
    dashboardReadsPerMinute: limiting.dashboard_reads_per_minute,
    violationsBeforeBlock: limiting.violations_before_block,
    probesBeforeBlock: inspection.probes_before_block,
    blockMinutes: limiting.block_duration_minutes,
  };
}
