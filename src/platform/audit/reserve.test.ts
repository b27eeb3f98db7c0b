import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestAudit, type TestAudit } from '../../../test/support/test-audit.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.ts';
import { systemRandom } from '../../lib/random.ts';
import { migrate } from '../database/migrate.ts';
import { auditMigrations } from './audit.ts';
import { openReserve } from './reserve.ts';

let database: TestDatabase;
let folder: string;
let log: TestAudit;

beforeAll(async () => {
  database = await createTestDatabase();
  await migrate(database, auditMigrations);
  log = await createTestAudit(database);
  folder = await mkdtemp(join(tmpdir(), 'cms-reserve-'));
});

afterAll(async () => {
  await log.remove();
  await database.drop();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

const entry = {
  event: 'tasks.cancel',
  actor: { kind: 'user', name: 'maria' },
  target: 't',
  correlationId: 'k',
  facts: { text: 'é' },
} as const;

describe('the reserve', () => {
  it('takes its room beforehand and keeps what it is told, for any process', async () => {
    const path = join(folder, 'reserve');
    const one = await openReserve(path, systemRandom);
    const other = await openReserve(path, systemRandom);
    expect((await stat(path)).size).toBe(10 * 1024 * 1024);
    expect(await one.waiting()).toEqual([]);
    const at = new Date(5);
    const id = await one.append({ at, entry: { ...entry, outcome: 'begun' }, begunBy: null });
    const huge = { ...entry, outcome: 'ok', facts: { text: 'x'.repeat(9000) } } as const;
    await other.append({ at: new Date(6), entry: huge, begunBy: id });
    const waiting = await other.waiting();
    expect(waiting).toMatchObject([
      { id, at, begunBy: null, entry: { outcome: 'begun', facts: { text: 'é' } } },
      { begunBy: id, entry: { outcome: 'ok', facts: { shortened: true } } },
    ]);
    await other.clear(waiting);
    expect(await one.waiting()).toEqual([]);
    expect((await stat(path)).size).toBe(10 * 1024 * 1024);
    await one.close();
    await other.close();
  });

  it('holds acts that only reduce harm while the log cannot be written; all others are refused', async () => {
    const faults: string[] = [];
    const reserve = await openReserve(join(folder, 'second'), systemRandom);
    const audit = log.again({ reserve, onFault: ({ code }) => faults.push(code) });
    await sql`alter table audit_entries rename to audit_gone`.execute(database.kysely());
    await expect(audit.begin(entry)).rejects.toMatchObject({ code: 'audit_unavailable' });
    const id = await audit.begin(entry, true);
    await audit.finish(id, 'ok', { done: true });
    await sql`alter table audit_gone rename to audit_entries`.execute(database.kysely());
    expect(faults).toEqual(['audit_unavailable', 'audit_reserve_used']);
    await audit.record(null, { ...entry, event: 'later', outcome: 'ok' });
    await log.again({ reserve }).checkpoint();
    expect(await audit.list({})).toMatchObject([
      { seq: 4, event: 'later' },
      { seq: 3, event: 'audit.resumed', facts: { refused: 2 } },
      { seq: 2, event: 'tasks.cancel', outcome: 'ok', begun: 1, facts: { keptInReserve: true } },
      { seq: 1, event: 'tasks.cancel', outcome: 'begun', facts: { keptInReserve: true } },
    ]);
    expect(await audit.verify()).toMatchObject({ ok: true, entries: 4 });
    await audit.close();
  });
});
