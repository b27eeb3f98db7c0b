import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestAudit, type TestAudit } from '../../../test/support/test-audit.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.ts';
import type { Clock } from '../../lib/clock.ts';
import { migrate } from '../database/migrate.ts';
import { type Audit, auditMigrations } from './audit.ts';
import type { AuditEntry } from './audit-entry.ts';
import type { AuditTables } from './tables.ts';

const formatPage = join(import.meta.dirname, '../../../docs/audit-format.md');

let database: TestDatabase;
let log: TestAudit;

beforeAll(async () => {
  database = await createTestDatabase();
  await migrate(database, auditMigrations);
});

beforeEach(async () => {
  await tamper('truncate audit_entries', 'truncate audit_checkpoints');
  await run('truncate audit_queue');
  log = await createTestAudit(database);
});

afterEach(async () => {
  await log.remove();
});

afterAll(async () => {
  await database.drop();
});

describe('the audit', () => {
  it('keeps beginning and end of what was done, linked to each other', async () => {
    const { audit } = log;
    const { outcome: _, ...beginning } = entry({ event: 'tasks.approve', target: 'task-1' });
    const id = await audit.begin(beginning);
    await audit.finish(id, 'refused', { code: 'forbidden' });
    const [end, start] = await audit.list({});
    expect(start).toMatchObject({ seq: 1, outcome: 'begun', event: 'tasks.approve', begun: null });
    expect(end).toMatchObject({
      seq: 2,
      outcome: 'refused',
      event: 'tasks.approve',
      target: 'task-1',
      begun: 1,
      facts: { code: 'forbidden' },
    });
    await expect(audit.finish('77', 'ok', {})).rejects.toMatchObject({
      code: 'audit_never_begun',
    });
  });

  it('gives back what it was told and verifies it, whatever the text', async () => {
    const { audit } = log;
    const facts = {
      'odd\u0000name': 'NUL \u0000, lone \ud800, line\nbreak, \u001b[31m, "quotes", €',
      numbers: [0, -0, 1e21, 5e-324, 0.1, -1.5e-7, 2 ** 53],
      nested: { b: 1, a: [{ z: null, y: true }] },
      gone: undefined,
      when: new Date(0),
      10: 'ten',
      9: 'nine',
    };
    await audit.record(null, entry({ facts, event: 'odd\u0000event' }));
    const [kept] = await audit.list({});
    expect(kept?.event).toBe('odd\uFFFDevent');
    expect(kept?.facts).toEqual({
      'odd\uFFFDname': 'NUL \uFFFD, lone \uFFFD, line\nbreak, \u001b[31m, "quotes", €',
      numbers: [0, 0, 1e21, 5e-324, 0.1, -1.5e-7, 2 ** 53],
      nested: { b: 1, a: [{ z: null, y: true }] },
      when: '1970-01-01T00:00:00.000Z',
      10: 'ten',
      9: 'nine',
    });
    expect(await audit.verify()).toMatchObject({ ok: true, entries: 1 });
  });

  it('stays one chain when many write in several processes at once', async () => {
    const audits = [1, 2, 3].map(() => log.again());
    await Promise.all(
      audits.flatMap((audit, writer) =>
        Array.from({ length: 300 }, async (_, index) => {
          await audit.record(null, entry({ facts: { writer, index } }));
        }),
      ),
    );
    const all = await audits[0]?.list({ limit: 1000 });
    expect(all?.map(({ seq }) => seq)).toEqual(Array.from({ length: 900 }, (_, i) => 900 - i));
    expect(await audits[0]?.verify()).toMatchObject({ ok: true, entries: 900 });
  });

  it('keeps every member that its format names, of what was said in full and of what was hardly said', async () => {
    const { audit } = log;
    const format = await readFile(formatPage, 'utf8');
    const named =
      format.split('## Notes')[0]?.matchAll(/^\|(.+?)\| (?:string|number|object)/gmu) ?? [];
    const members = [...named].flatMap(([, names = '']) => names.match(/\w+/gu) ?? []).sort();
    await audit.record(null, entry({ reason: 'r', before: 'a', after: 'b', source: 'local' }));
    await Promise.all([1, 2, 3].map(async () => await audit.record(null, entry({}))));
    for await (const page of audit.period({}))
      for (const { body } of page) {
        const told = JSON.parse(body) as Record<string, unknown>;
        expect(Object.keys(told)).toEqual(members);
        expect(told['at']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/u);
        expect(told).toMatchObject({
          version: '0.0.0-test',
          previousHash: expect.stringMatching(/^[\da-f]{64}$/u),
          actor: { kind: expect.any(String), name: expect.any(String) },
        });
      }
  });

  it('verifies whether entries came alone or together', async () => {
    const { audit } = log;
    const before = await audit.verify();
    await audit.record(
      null,
      entry({ event: 'alone', target: null, facts: { "it's": '{"a",\\}' } }),
    );
    await Promise.all(
      [1, 2, 3].map(async (n) => await audit.record(null, entry({ target: `t${n}` }))),
    );
    await audit.record(null, entry({ event: 'alone', target: 'a "b" {c}, \\d' }));
    expect(await audit.verify()).toMatchObject({ ok: true, entries: before.entries + 5 });
  });

  it('says that an empty chain is well', async () => {
    const { audit } = log;
    expect(await audit.verify()).toMatchObject({ ok: true, entries: 0, firstBad: null });
  });
});

describe('an entry in a transaction', () => {
  it('is there exactly when the transaction is committed', async () => {
    const { audit } = log;
    const db = database.kysely<unknown>();
    await db.transaction().execute(async (open) => {
      await audit.record(open, entry({ event: 'kept' }));
    });
    const undone = db.transaction().execute(async (open) => {
      await audit.record(open, entry({ event: 'undone' }));
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    expect((await audit.list({})).map(({ event }) => event)).toEqual(['kept']);
    expect(await audit.verify()).toMatchObject({ ok: true, entries: 1 });
  });

  it('neither waits for the chain nor keeps others from it', async () => {
    const { audit } = log;
    await database
      .kysely<unknown>()
      .transaction()
      .execute(async (open) => {
        await audit.record(open, entry({ event: 'inside' }));
        await audit.record(null, entry({ event: 'outside' }));
      });
    expect((await audit.list({})).map(({ event }) => event)).toEqual(['inside', 'outside']);
  });
});

describe('an audit that cannot write', () => {
  it('says so to whoever wants to act, and works again afterwards', async () => {
    const { audit } = log;
    const { outcome: _, ...beginning } = entry({});
    await run('alter table audit_entries rename to audit_gone');
    const refused = await Promise.allSettled([
      audit.begin(beginning),
      audit.record(null, entry({})),
      audit.finish('1', 'ok', {}),
    ]);
    await run('alter table audit_gone rename to audit_entries');
    expect(refused.map((result) => result.status === 'rejected' && result.reason.code)).toEqual([
      'audit_unavailable',
      'audit_unavailable',
      'audit_unavailable',
    ]);
    expect(audit.outage()).toMatchObject({ reason: expect.stringContaining('audit_entries') });
    await audit.begin(beginning);
    expect(audit.outage()).toBeNull();
    expect(await audit.list({})).toMatchObject([
      { event: beginning.event, outcome: 'begun' },
      {
        event: 'audit.resumed',
        facts: { refused: 2, why: expect.stringContaining('audit_entries') },
      },
    ]);
    expect(await audit.verify()).toMatchObject({ ok: true, entries: 2 });
  });

  it('is read all the same, with what waits when it can be written again', async () => {
    const { audit } = log;
    await audit.record(null, entry({ event: 'before' }));
    await database
      .kysely<unknown>()
      .transaction()
      .execute(async (open) => await audit.record(open, entry({ event: 'waiting' })));
    await run('alter table audit_entries add constraint full_disk check (seq < 2) not valid');
    const events = async () => (await audit.list({})).map(({ event }) => event);
    expect(await events()).toEqual(['before']);
    expect(await audit.verify()).toMatchObject({ ok: true, entries: 1 });
    await run('alter table audit_entries drop constraint full_disk');
    expect(await events()).toEqual(['audit.resumed', 'waiting', 'before']);
    expect(audit.outage()).toBeNull();
  });

  it('refuses to change or remove entries', async () => {
    await filled(1);
    for (const statement of [
      "update audit_entries set event = 'x'",
      'delete from audit_entries',
      'truncate audit_entries',
    ])
      await expect(run(statement)).rejects.toThrow('never changed');
  });
});

describe('a list', () => {
  it('is filtered, and paged from the newest on', async () => {
    let day = 0;
    const clock: Pick<Clock, 'now'> = { now: () => new Date(Date.UTC(2026, 0, day)) };
    const audit = log.again({ clock });
    day = 1;
    await audit.record(null, entry({ event: 'a', correlationId: 'k1' }));
    day = 2;
    await audit.record(null, entry({ event: 'b', actor: { kind: 'user', name: 'jo' } }));
    day = 3;
    await audit.record(null, entry({ event: 'c', target: 'task-9' }));
    day = 4;
    await audit.record(null, entry({ event: 'd', outcome: 'failed' }));
    const events = async (query: Parameters<Audit['list']>[0]) =>
      (await audit.list(query)).map(({ event }) => event);
    expect(await events({ limit: 2 })).toEqual(['d', 'c']);
    expect(await events({ limit: 2, beforeSeq: 3 })).toEqual(['b', 'a']);
    expect(await events({ event: 'a' })).toEqual(['a']);
    expect(await events({ correlationId: 'k1' })).toEqual(['a']);
    expect(await events({ actor: 'jo' })).toEqual(['b']);
    expect(await events({ target: 'task-9' })).toEqual(['c']);
    expect(await events({ outcome: 'failed' })).toEqual(['d']);
    const [since, until] = [new Date(Date.UTC(2026, 0, 2)), new Date(Date.UTC(2026, 0, 4))];
    expect(await events({ since, until })).toEqual(['c', 'b']);
  });
});

function entry(change: Partial<AuditEntry>): AuditEntry {
  return {
    event: 'something.done',
    outcome: 'ok',
    actor: { kind: 'user', name: 'maria' },
    target: null,
    correlationId: 'k',
    facts: {},
    ...change,
  };
}

async function filled(count: number): Promise<Audit> {
  const { audit } = log;
  const entries = Array.from({ length: count }, async (_, n) => {
    await audit.record(null, entry({ facts: { n: n + 1 } }));
  });
  await Promise.all(entries);
  return audit;
}

/** What somebody with all rights on the database can do. */
async function tamper(...statements: readonly string[]): Promise<void> {
  for (const table of ['audit_entries', 'audit_checkpoints'])
    await run(`alter table ${table} disable trigger all`);
  for (const statement of statements) await run(statement);
  for (const table of ['audit_entries', 'audit_checkpoints'])
    await run(`alter table ${table} enable trigger all`);
}

async function run(statement: string): Promise<void> {
  await sql.raw(statement).execute(database.kysely<AuditTables>());
}
