import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createManualClock } from '../../../test/fakes/manual-clock.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.ts';
import type { Actor } from '../../domain/actor.ts';
import { silentLog } from '../../lib/log.ts';
import { migrate } from '../../platform/database/migrate.ts';
import { createCensus } from '../../platform/identity/census.ts';
import { identityMigrations } from '../../platform/identity/migrations.ts';
import type { IdentityTables } from '../../platform/identity/tables.ts';
import { type Blocks, createBlocks } from '../../platform/ratelimit/blocks.ts';
import { ratelimitMigrations } from '../../platform/ratelimit/migrations.ts';
import { createGate } from '../gate.ts';
import { protectionHandlers } from './handlers.ts';

const clock = createManualClock();
const owner: Actor = { kind: 'command_line', name: 'root', isOwner: true };
let database: TestDatabase;
let blocks: Blocks;
let ids = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  await migrate(database, [...ratelimitMigrations, ...identityMigrations]);
  const newId = (): string => (ids += 1).toString(16).padStart(12, '0');
  blocks = createBlocks({ database, clock, newId, log: silentLog });
});
afterAll(async () => await database.drop());
beforeEach(async () => {
  await database.pool.query('delete from client_blocks');
});

const minutes = (count: number): Date => new Date(clock.now().getTime() + count * 60_000);

async function block(subject: string, until: Date): Promise<void> {
  await blocks.add({
    subject,
    reason: 'rate_limit',
    evidence: { limit: 60 },
    since: clock.now(),
    until,
  });
}

function gateOf() {
  const census = createCensus(database.kysely<IdentityTables>(), () => 480 * 60_000);
  const gate = createGate({
    served: protectionHandlers({
      blocks,
      now: () => clock.now(),
      limits: () => ({
        requestsPerMinute: 60,
        requestsPerMinuteOfAddress: 600,
        dashboardReadsPerMinute: 1200,
        violationsBeforeBlock: 3,
        probesBeforeBlock: 5,
        blockMinutes: 30,
      }),
      signIn: async () => ({ secondFactorRequired: true, ...(await census.counts(clock.now())) }),
      credentials: async () => ({ stored: null, expired: null, expiringWithin14Days: null }),
      audit: async () => ({ entries: null, lastEntryAt: null }),
      removeExpired: () => census.removeExpired(clock.now()),
    }),
    audit: { begin: async () => '1', finish: async () => undefined },
    clock,
    newCorrelationId: () => 'c',
    within: async (_context, body) => body(),
    log: { info: () => undefined, warn: () => undefined },
  });
  return (name: string, input: unknown = {}, actor: Actor = owner) =>
    gate.execute(name, input, { door: 'cli', actor, clientId: 'local' });
}

async function user(name: string, totp: string | null): Promise<void> {
  await database.pool.query(
    `insert into identity_users (id, name, name_key, grants, password, totp_secret, created_at, created_by)
     values ($1, $1, $1, '[]', 'x', $2, now(), 'test')`,
    [name, totp],
  );
}

test('counts accounts, sessions and tokens as they stand, removes what has ended and nothing else', async () => {
  await user('ada', 'sealed');
  await user('bob', null);
  const session = async (id: string, seen: Date, ends: Date): Promise<void> => {
    await database.pool.query(
      `insert into identity_sessions (id, secret_hash, user_id, awaits_factor, created_at, seen_at, proven_at, ends_at, client, method)
       values ($1, $1, 'ada', false, $2, $2, $2, $3, '127.0.0.1', 'password')`,
      [id, seen, ends],
    );
  };
  await session('open', clock.now(), minutes(60));
  await session('ended', clock.now(), minutes(-1));
  await session('idle', minutes(-481), minutes(60));
  const token = async (id: string, expires: Date, revoked: Date | null): Promise<void> => {
    await database.pool.query(
      `insert into identity_tokens (id, secret_hash, user_id, name, scopes, created_at, created_by, expires_at, revoked_at)
       values ($1, $1, 'ada', $1, '[]', now(), 'test', $2, $3)`,
      [id, expires, revoked],
    );
  };
  await token('live', minutes(60), null);
  await token('expired', minutes(-1), null);
  await token('revoked', minutes(60), clock.now());
  await block('address:192.0.2.1', minutes(30));
  await block('address:192.0.2.2', minutes(-1));
  const call = gateOf();
  const status = {
    blocks: { standing: 1, begunInLastDay: 2 },
    signIn: { accounts: 2, withoutSecondFactor: 1, lockedAccounts: 0, sessions: 1, tokens: 1 },
    credentials: { stored: null },
  };
  expect(await call('security.status')).toMatchObject(status);
  expect(await call('security.cleanup')).toEqual({ sessions: 2, tokens: 2, blocks: 1 });
  expect(await call('security.cleanup')).toEqual({ sessions: 0, tokens: 0, blocks: 0 });
  expect(await call('security.status')).toMatchObject({ signIn: status.signIn });
});

test('lists who is blocked, and lifts by id or by client', async () => {
  const call = gateOf();
  await block('token:ada/ci', minutes(30));
  const { items } = (await call('blocks.list')) as { items: { id: string; subject: string }[] };
  const found = items.find(({ subject }) => subject === 'token:ada/ci');
  expect(await call('blocks.lift', { block: found?.id })).toMatchObject({
    lifted: [{ subject: 'token:ada/ci' }],
  });
  await expect(call('blocks.lift', { block: 'token:ada/ci' })).rejects.toMatchObject({
    kind: 'not_found',
  });
  await block('user:eve', minutes(30));
  expect(await call('blocks.lift', { block: 'user:eve' })).toMatchObject({
    lifted: [{ subject: 'user:eve' }],
  });
});

test('only an administrator lifts, an auditor reads, and a client is named by its grammar', async () => {
  const call = gateOf();
  const auditor: Actor = { kind: 'user', name: 'aud', roles: ['auditor'] };
  expect(await call('blocks.list', {}, auditor)).toHaveProperty('items');
  const lift = call('blocks.lift', { block: 'user:eve' }, auditor);
  await expect(lift).rejects.toMatchObject({ code: 'permission_missing' });
  await expect(call('blocks.lift', { block: "x' or 1=1" })).rejects.toMatchObject({
    kind: 'invalid_input',
  });
});
