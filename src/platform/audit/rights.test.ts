import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { createTestAudit, type TestAudit } from '../../../test/support/test-audit.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.ts';
import { systemRandom } from '../../lib/random.ts';
import { migrate } from '../database/migrate.ts';
import { parseTypes } from '../database/value-types.ts';
import { auditMigrations } from './audit.ts';
import { auditRightsCheck, mayChangeAudit, restrictionStatements } from './rights.ts';

const suffix = systemRandom.bytes(6).toString('hex');
const [owner, service] = [`keeper_${suffix}`, `service_${suffix}`];
let database: TestDatabase;
let log: TestAudit;
let pool: pg.Pool;
let limited: Kysely<unknown>;

beforeAll(async () => {
  database = await createTestDatabase();
  await migrate(database, auditMigrations);
  const password = systemRandom.bytes(12).toString('hex');
  for (const statement of [
    `create role ${owner} nologin`,
    `create role ${service} login password '${password}'`,
    ...restrictionStatements(owner, service),
  ])
    await sql.raw(statement).execute(database.kysely());
  const url = new URL(database.url);
  url.username = service;
  url.password = password;
  pool = new pg.Pool({ connectionString: url.toString(), types: parseTypes, max: 3 });
  limited = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
});

beforeEach(async () => {
  for (const table of ['audit_entries', 'audit_checkpoints'])
    await sql
      .raw(`alter table ${table} disable trigger all; truncate ${table};
        alter table ${table} enable trigger all`)
      .execute(database.kysely());
  log = await createTestAudit(database);
});
afterEach(async () => await log.remove());

afterAll(async () => {
  await pool.end();
  for (const role of [owner, service]) {
    await sql.raw(`drop owned by ${role} cascade`).execute(database.kysely());
    await sql.raw(`drop role ${role}`).execute(database.kysely());
  }
  await database.drop();
});

it('a role that can only add and read does all of the work, and nothing else', async () => {
  let now = Date.UTC(2026, 0, 1);
  const audit = log.again({
    database: { pool, kysely: <Tables>() => limited as unknown as Kysely<Tables> },
    clock: { now: () => new Date(now) },
  });
  const entry = {
    event: 'e',
    outcome: 'ok',
    actor: { kind: 'user', name: 'm' },
    target: null,
    correlationId: 'k',
    facts: {},
  } as const;
  await Promise.all(Array.from({ length: 150 }, async () => await audit.record(null, entry)));
  await limited.transaction().execute(async (open) => await audit.record(open, entry));
  await audit.checkpoint();
  expect(await audit.verify()).toMatchObject({ ok: true, entries: 151 });
  for (const statement of [
    "update audit_entries set event = 'x'",
    'delete from audit_entries',
    'truncate audit_entries',
    'drop table audit_entries',
    'alter table audit_entries disable trigger all',
    'delete from audit_checkpoints',
    'delete from audit_queue',
    `set role ${owner}`,
  ])
    await expect(sql.raw(statement).execute(limited), statement).rejects.toThrow(
      /permission denied|must be owner/u,
    );
  now += 200 * 86_400_000;
  await audit.record(null, entry);
  expect(await audit.prune(new Date(now - 86_400_000))).toMatchObject({ until: 151 });
  expect(await audit.verify()).toMatchObject({ ok: true, first: 152 });
});

it('a role that loses the right to add is refused, and its next entry tells of it once it has it again', async () => {
  const audit = log.again({
    database: { pool, kysely: <Tables>() => limited as unknown as Kysely<Tables> },
  });
  const beginning = {
    event: 'e',
    actor: { kind: 'user', name: 'm' },
    target: null,
    correlationId: 'k',
    facts: {},
  } as const;
  await audit.begin(beginning);
  await sql.raw(`revoke insert on audit_entries from ${service}`).execute(database.kysely());
  await expect(audit.begin(beginning)).rejects.toMatchObject({ code: 'audit_unavailable' });
  expect(audit.outage()).toMatchObject({ reason: expect.stringContaining('permission denied') });
  const entries = (await audit.list({})).length;
  await sql.raw(`grant insert on audit_entries to ${service}`).execute(database.kysely());
  await audit.begin(beginning);
  const [newest, resumed, ...before] = await audit.list({});
  expect([newest?.event, resumed?.event, before.length]).toEqual(['e', 'audit.resumed', entries]);
  expect(await audit.verify()).toMatchObject({ ok: true });
});

it('health tells which of the two it is', async () => {
  expect(await mayChangeAudit(limited)).toBe(false);
  expect(await mayChangeAudit(database.kysely())).toBe(true);
  const { signal } = new AbortController();
  const check = auditRightsCheck({ ...database, kind: 'external' });
  expect(await check.measure(signal)).toMatchObject({ status: 'degraded' });
});
