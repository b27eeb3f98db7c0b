import { execFile, spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { auditSchema } from '../../../test/support/audit-schema.ts';
import { createTestAudit, type TestAudit } from '../../../test/support/test-audit.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.ts';
import { canonicalJson } from '../../lib/json.ts';
import { systemRandom } from '../../lib/random.ts';
import { migrate } from '../database/migrate.ts';
import { type Audit, auditMigrations } from './audit.ts';
import { type AuditActor, chainStart, hashOf } from './audit-entry.ts';
import { openReserve } from './reserve.ts';

const verifier = join(import.meta.dirname, '../../../test/independent/verify_audit.py');
const { complaints } = await auditSchema();

let database: TestDatabase;
let log: TestAudit;
let now = Date.UTC(2026, 0, 1);

beforeAll(async () => {
  database = await createTestDatabase();
  await migrate(database, auditMigrations);
});

beforeEach(async () => {
  for (const statement of [
    'alter table audit_entries disable trigger all',
    'alter table audit_checkpoints disable trigger all',
    'truncate audit_entries, audit_checkpoints, audit_queue',
  ])
    await run(statement);
  log = await createTestAudit(database, { now: () => new Date(now) });
});

afterEach(async () => await log.remove());
afterAll(async () => await database.drop());

async function run(statement: string): Promise<void> {
  await sql.raw(statement).execute(database.kysely<unknown>());
}

async function bodiesOf(audit: Audit): Promise<readonly string[]> {
  const bodies: string[] = [];
  for await (const page of audit.period({})) bodies.push(...page.map(({ body }) => body));
  return bodies;
}

const told = { event: 'tasks.approve', target: null, correlationId: 'k', facts: {} } as const;
const maria = { kind: 'user', name: 'maria' };

describe('the published schema of an entry', () => {
  it('holds of every way into the log: calls, single entries, transactions, the reserve, a prune, a clock set back', async () => {
    const reserve = await openReserve(join(log.folder, 'reserve'), systemRandom);
    const audit = log.again({ reserve });
    const id = await audit.begin({ ...told, actor: maria, source: '192.0.2.1' });
    await audit.finish(id, 'refused', { code: 'forbidden', text: 'line\nbreak \u001b[31m' });
    const [before, after] = [hashOf('before'), hashOf('after')];
    await audit.record(null, { ...told, actor: maria, outcome: 'ok', reason: 'r', before, after });
    await database
      .kysely<unknown>()
      .transaction()
      .execute((open) => audit.record(open, { ...told, actor: maria, outcome: 'failed' }));
    await run('alter table audit_entries rename to audit_gone');
    const kept = await audit.begin({ ...told, actor: maria, source: null }, true);
    await audit.finish(kept, 'ok', {});
    await run('alter table audit_gone rename to audit_entries');
    await audit.checkpoint();
    now -= 60_000;
    await audit.record(null, { ...told, actor: maria, outcome: 'ok' });
    const written = await bodiesOf(audit);
    await audit.checkpoint();
    await audit.prune(new Date(now + 86_400_000));
    const left = await bodiesOf(audit);
    await audit.close();

    const events = [...written, ...left].map((body) => (JSON.parse(body) as typeof told).event);
    expect(events).toEqual(
      expect.arrayContaining(['audit.resumed', 'clock.regression', 'audit.prune']),
    );
    expect(written).toHaveLength(9);
    expect(complaints([...written, ...left])).toEqual([]);
  });

  it('tells a line that lacks a member, has one too many, or says a thing in another form', async () => {
    await log.audit.record(null, { ...told, actor: maria, outcome: 'ok' });
    const [body = ''] = await bodiesOf(log.audit);
    const sound = JSON.parse(body) as Record<string, unknown>;
    const wrong = [
      ...Object.keys(sound).map((name) => {
        const { [name]: _, ...rest } = sound;
        return rest;
      }),
      { ...sound, more: 1 },
      { ...sound, at: '2026-01-01T00:00:00Z' },
      { ...sound, outcome: 'done' },
      { ...sound, actor: maria },
      { ...sound, actor: { ...maria, authentication: 'a guess' } },
      { ...sound, actor: { ...maria, authentication: 'password', session: 'the id itself' } },
    ].map((one) => JSON.stringify(one));
    expect(complaints([body])).toEqual([]);
    expect(complaints(wrong)).toHaveLength(wrong.length);
  });
});

describe('the actor of an entry', () => {
  it('says how they showed who they are: what was said of it, else what their kind says', async () => {
    const kinds = ['system', 'command_line', 'user', 'token', 'host_user', 'anonymous', 'other'];
    const actors: AuditActor[] = [
      ...kinds.map((kind) => ({ kind, name: 'n' })),
      { ...maria, authentication: 'password+totp' },
      { kind: 'command_line', name: 'n', authentication: 'loopback' },
    ];
    for (const actor of actors) await log.audit.record(null, { ...told, actor, outcome: 'ok' });
    const bodies = await bodiesOf(log.audit);
    const said = bodies.map((body) => (JSON.parse(body) as { actor: AuditActor }).actor);
    expect(said.map(({ authentication }) => authentication)).toEqual([
      'service',
      'operating_system',
      'program',
      'token',
      'code_host',
      'none',
      'unknown',
      'password+totp',
      'loopback',
    ]);
    expect(complaints(bodies)).toEqual([]);
  });

  it('tells sessions and tokens apart by an HMAC, under which nobody finds their ids', async () => {
    const audit = log.again({ sessionKey: Buffer.alloc(32, 1) });
    const token = (id: string) => ({ kind: 'token', name: 'ci', owner: 'maria', token: { id } });
    const session = { ...maria, authentication: 'passkey', session: { id: 'one', provenAtMs: 1 } };
    for (const actor of [token('one'), token('one'), token('two'), session])
      await audit.record(null, { ...told, actor, outcome: 'ok' });
    const bodies = await bodiesOf(audit);
    const hidden = bodies.map((body) => {
      const { actor } = JSON.parse(body) as { actor: { token?: string; session?: string } };
      return actor.token ?? actor.session ?? '';
    });
    expect(hidden[0]).toMatch(/^[\da-f]{32}$/u);
    expect(hidden[1]).toBe(hidden[0]);
    expect(hidden[2]).not.toBe(hidden[0]);
    expect(hidden.join()).not.toMatch(/one|two/u);
    expect(complaints(bodies)).toEqual([]);
  });
});

it('a log that earlier versions began goes on: its entries fit the schema for them, and both verifiers find it intact', async ({
  skip,
}) => {
  const first = {
    actor: maria,
    at: '2025-01-01T00:00:00.000Z',
    begun: null,
    correlationId: 'k',
    event: 'tasks.approve',
    facts: {},
    outcome: 'ok',
    target: null,
  };
  const second = { source: 'local', reason: null, before: null, after: null, version: '0.0.1' };
  const old: { body: string; hash: string }[] = [];
  for (const members of [first, { ...first, ...second }]) {
    const previousHash = old.at(-1)?.hash ?? chainStart.hash;
    const body = canonicalJson({ ...members, seq: old.length + 1, previousHash });
    old.push({ body, hash: hashOf(body) });
    await sql`insert into audit_entries (seq, at, event, outcome, actor_name, target, correlation_id, begun, body, hash)
      values (${old.length}, ${first.at}, ${first.event}, 'ok', 'maria', null, 'k', null, ${body}, ${hashOf(body)})`.execute(
      database.kysely<unknown>(),
    );
  }
  const { audit } = log;
  await audit.finish(
    await audit.begin({ ...told, actor: { ...maria, authentication: 'password' } }),
    'ok',
    {},
  );
  await audit.checkpoint();
  const bodies = await bodiesOf(audit);
  expect(bodies.slice(0, 2)).toEqual(old.map(({ body }) => body));
  expect(complaints(bodies.slice(0, 2), 'earlier')).toEqual([]);
  expect(complaints(bodies.slice(0, 2))).toHaveLength(2);
  expect(complaints(bodies.slice(2))).toEqual([]);
  expect(await audit.verify()).toMatchObject({ ok: true, entries: 4 });

  const lines: string[] = [];
  for await (const line of audit.bundle()) lines.push(line);
  const bundle = join(log.folder, 'bundle.jsonl');
  await writeFile(bundle, lines.map((line) => `${line.trimEnd()}\n`).join(''));
  if (spawnSync('python3', ['-c', '']).error !== undefined)
    skip('needs python3, which this machine lacks');
  const elsewhere = await promisify(execFile)('python3', [verifier, bundle]);
  expect(JSON.parse(elsewhere.stdout)).toMatchObject({ ok: true, entries: 4 });
});
