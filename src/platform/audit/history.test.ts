import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestAudit, type TestAudit } from '../../../test/support/test-audit.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.ts';
import { migrate } from '../database/migrate.ts';
import { type Audit, auditMigrations } from './audit.ts';
import {
  consistencyProof,
  emptyTree,
  growTree,
  inclusionProof,
  leafHash,
  nodeHash,
  provesInclusion,
} from './merkle.ts';

let database: TestDatabase;
let log: TestAudit;
let now: number;

beforeAll(async () => {
  database = await createTestDatabase();
  await migrate(database, auditMigrations);
});

beforeEach(async () => {
  await asOwner('truncate audit_entries', 'truncate audit_checkpoints');
  now = Date.UTC(2026, 0, 1);
  log = await createTestAudit(database, { now: () => new Date(now) });
});

afterEach(async () => await log.remove());
afterAll(async () => await database.drop());

describe('a restore', () => {
  it('of an older copy is seen until it is declared, and is a gap from then on', async () => {
    await fill(log.audit, 150);
    await log.audit.checkpoint();
    const copy = await snapshot();
    await fill(log.audit, 250);
    await log.audit.checkpoint();
    await restore(copy);
    const audit = log.again();
    expect(await audit.verify()).toMatchObject({ ok: false, firstBad: 151 });
    expect((await audit.inspect()).fault).toMatchObject({ code: 'audit_behind_anchor' });
    now += 1000;
    const told = {
      actor: { kind: 'command_line', name: 'jo' },
      correlationId: 'r',
      reason: 'disk died',
      facts: { backup: 'b1' },
    };
    expect(await audit.declareGap(told)).toEqual({ after: 150, until: 400 });
    expect(await audit.verify()).toMatchObject({
      ok: true,
      entries: 151,
      gaps: [{ after: 150, until: 400 }],
    });
    await expect(audit.declareGap(told)).rejects.toMatchObject({ code: 'audit_nothing_lost' });
    now += 1000;
    await fill(audit, 300);
    await audit.checkpoint();
    expect(await log.again().verify()).toMatchObject({ ok: true, entries: 451 });
    const [entry] = await audit.list({ event: 'audit.restored' });
    expect(entry).toMatchObject({
      seq: 151,
      reason: 'disk died',
      facts: { lostFrom: 151, lostUntil: 400 },
    });
    await asOwner(
      'delete from audit_entries where seq > 150',
      "delete from audit_checkpoints where size > 150 or kind = 'gap'",
    );
    expect(await log.again().verify()).toMatchObject({ ok: false, firstBad: 151 });
  });

  it('is declared also when something was written since', async () => {
    await fill(log.audit, 150);
    await log.audit.checkpoint();
    const copy = await snapshot();
    await fill(log.audit, 250);
    await log.audit.checkpoint();
    await restore(copy);
    const audit = log.again();
    now += 1000;
    await fill(audit, 120);
    expect(await audit.verify()).toMatchObject({ ok: false, firstBad: 151 });
    const told = {
      actor: { kind: 'system', name: 'x' },
      correlationId: 'r',
      reason: 'disk',
      facts: {},
    };
    expect(await audit.declareGap(told)).toEqual({ after: 150, until: 400 });
    expect(await audit.verify()).toMatchObject({ ok: true, entries: 271 });
  });

  it('is not declared over a log that was tampered with', async () => {
    await fill(log.audit, 30);
    await log.audit.checkpoint();
    await asOwner('delete from audit_entries where seq > 20');
    const told = {
      actor: { kind: 'system', name: 'x' },
      correlationId: 'r',
      reason: 'no',
      facts: {},
    };
    await expect(log.again().declareGap(told)).rejects.toMatchObject({ code: 'audit_tampered' });
  });
});

describe('pruning', () => {
  it('removes what is old up to a checkpoint, and the rest verifies and is proven still', async () => {
    await fill(log.audit, 230);
    await log.audit.checkpoint();
    now += 100 * 86_400_000;
    await fill(log.audit, 70);
    await log.audit.checkpoint();
    expect(await log.audit.prune(new Date(now - 90 * 86_400_000))).toMatchObject({ until: 230 });
    expect(await log.audit.verify()).toMatchObject({ ok: true, first: 231, entries: 71 });
    await fill(log.audit, 120);
    await log.audit.checkpoint();
    expect(await log.again().verify()).toMatchObject({ ok: true, first: 231, entries: 191 });
    const proofs = await log.audit.proofs();
    expect(proofs.of(231)).toContain('index 230\n');
    await asOwner('delete from audit_entries where seq < 240');
    expect(await log.again().verify()).toMatchObject({ ok: false, firstBad: 231 });
  });

  it('leaves young entries alone', async () => {
    await fill(log.audit, 150);
    expect(await log.audit.prune(new Date(now - 90 * 86_400_000))).toBeNull();
    expect(await log.audit.verify()).toMatchObject({ ok: true, first: 1, entries: 150 });
  });
});

describe('the log', () => {
  it('is not signed any further once its end was tampered with, and says so', async () => {
    await fill(log.audit, 30);
    await log.audit.checkpoint();
    await fill(log.audit, 5);
    await asOwner("update audit_entries set body = replace(body, 'maria', 'marco') where seq = 33");
    const faults: string[] = [];
    const audit = log.again({ onFault: ({ code, message }) => faults.push(`${code}: ${message}`) });
    await fill(audit, 5);
    await audit.checkpoint();
    expect(faults).toEqual(['audit_tampered: entry 33 was changed']);
    expect(await audit.verify()).toMatchObject({ ok: false, firstBad: 33, signedUntil: 30 });
  });

  it('keeps its order when the clock is set back, and tells of it', async () => {
    await fill(log.audit, 2);
    now -= 3_600_000;
    await fill(log.audit, 1);
    expect((await log.audit.list({})).map(({ event }) => event)).toEqual([
      'done',
      'clock.regression',
      'done',
      'done',
    ]);
    expect(await log.audit.verify()).toMatchObject({ ok: true, entries: 4 });
  });

  it('is carried to its anchors later when a process died before it could', async () => {
    const lonely = log.again({ anchors: [] });
    await fill(lonely, 120);
    await lonely.checkpoint();
    await fill(log.audit, 1);
    await log.audit.checkpoint();
    await asOwner("update audit_entries set body = replace(body, 'maria', 'marco') where seq = 33");
    expect(await log.audit.verify()).toMatchObject({ ok: false, firstBad: 33 });
  });

  it('is one line an entry, whatever was said', async () => {
    const control = Array.from({ length: 0x20 }, (_, code) => String.fromCharCode(code)).join('');
    const text = `${control}\u007f\u009b[31m\u2028\u2029\u202e\r\n{"seq":9}`;
    await log.audit.record(null, { ...done, target: text, reason: text, facts: { [text]: text } });
    const found = await log.audit.get(1);
    expect(found?.body).not.toMatch(/[\p{Cc}\u2028\u2029\u202e]/u);
    expect(found?.entry.reason).toBe(text.replace('\0', '\uFFFD'));
  });

  it('holds no secrets and no usable session', async () => {
    const audit = log.again({
      redact: (text) => text.replaceAll('hunter2', '[gone]'),
      sessionKey: Buffer.alloc(32, 1),
    });
    const actor = { kind: 'user', name: 'jo', session: { id: 'hunter3', provenAtMs: 1 } };
    await audit.record(null, {
      ...done,
      actor,
      target: 'a hunter2',
      facts: { list: [{ hunter2: 'hunter2' }] },
    });
    const body = (await audit.get(1))?.body ?? '';
    expect(body).not.toContain('hunter');
    expect(body).toMatch(/"session":"[0-9a-f]{32}"/u);
  });
});

describe('proofs (RFC 6962)', () => {
  const leaves = Array.from({ length: 200 }, (_, n) => leafHash(`leaf ${n}`));
  const tree = (size: number) => {
    const grown = growTree(emptyTree);
    for (const leaf of leaves.slice(0, size)) grown.add(leaf);
    return grown;
  };
  const source = { before: emptyTree, leaf: (at: number) => leaves[at] as Buffer };

  it('the roots of the known answers', () => {
    const grown = growTree(emptyTree);
    expect(grown.root().toString('hex')).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
    expect(leafHash('').toString('hex')).toBe(
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    );
  });

  it('of inclusion hold for their leaf, index and root only, also after pruning', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.nat(), fc.nat(), (size, at, cut) => {
        const index = at % size;
        const before = cut % (index + 1);
        const pruned = {
          before: tree(before).frontier(),
          leaf: (n: number) => leaves[n] as Buffer,
        };
        const path = inclusionProof(pruned, index, size);
        expect(path).toEqual(inclusionProof(source, index, size));
        const proof = { leaf: leaves[index] as Buffer, index, size, path, root: tree(size).root() };
        expect(provesInclusion(proof)).toBe(true);
        expect(provesInclusion({ ...proof, leaf: leafHash('other') })).toBe(false);
        expect(provesInclusion({ ...proof, root: leafHash('other') })).toBe(false);
        if (size > 1) expect(provesInclusion({ ...proof, index: (index + 1) % size })).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  it('of consistency lead from the older root to the younger', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.nat(), (size, pick) => {
        const older = 1 + (pick % size);
        const path = consistencyProof(source, older, size);
        expect(rootsOf(path, older, size, tree(older).root())).toEqual([
          tree(older).root(),
          tree(size).root(),
        ]);
      }),
      { numRuns: 300 },
    );
  });
});

/** RFC 9162, section 2.1.4.2: both roots that a consistency proof leads to. */
function rootsOf(
  path: readonly Buffer[],
  older: number,
  size: number,
  first: Buffer,
): readonly Buffer[] {
  if (older === size) return [first, first];
  const isPower = (older & (older - 1)) === 0;
  const [start, ...rest] = isPower ? [first, ...path] : path;
  let [fn, sn] = [older - 1, size - 1];
  while (fn % 2 === 1) [fn, sn] = [fn >> 1, sn >> 1];
  let [one, other] = [start as Buffer, start as Buffer];
  for (const node of rest) {
    if (fn % 2 === 1 || fn === sn) {
      [one, other] = [nodeHash(node, one), nodeHash(node, other)];
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [fn >> 1, sn >> 1];
    } else other = nodeHash(other, node);
    [fn, sn] = [fn >> 1, sn >> 1];
  }
  expect(sn).toBe(0);
  return [one, other];
}

const done = {
  event: 'done',
  outcome: 'ok',
  actor: { kind: 'user', name: 'maria' },
  target: null,
  correlationId: 'k',
  facts: {},
} as const;

async function fill(audit: Audit, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, async () => await audit.record(null, done)));
}

type Rows = readonly { readonly table: string; readonly rows: unknown }[];

async function snapshot(): Promise<Rows> {
  return await Promise.all(
    ['audit_entries', 'audit_checkpoints'].map(async (table) => {
      const { rows } = await sql<{
        rows: unknown;
      }>`select json_agg(t) as rows from ${sql.table(table)} t`.execute(database.kysely());
      return { table, rows: rows[0]?.rows };
    }),
  );
}

async function restore(copy: Rows): Promise<void> {
  await asOwner('truncate audit_entries', 'truncate audit_checkpoints');
  for (const { table, rows } of copy)
    await sql`insert into ${sql.table(table)} overriding system value
      select * from json_populate_recordset(null::${sql.table(table)}, ${JSON.stringify(rows)}::json)`.execute(
      database.kysely(),
    );
}

async function asOwner(...statements: readonly string[]): Promise<void> {
  const db = database.kysely<unknown>();
  for (const table of ['audit_entries', 'audit_checkpoints'])
    await sql.raw(`alter table ${table} disable trigger all`).execute(db);
  for (const statement of statements) await sql.raw(statement).execute(db);
  for (const table of ['audit_entries', 'audit_checkpoints'])
    await sql.raw(`alter table ${table} enable trigger all`).execute(db);
}
