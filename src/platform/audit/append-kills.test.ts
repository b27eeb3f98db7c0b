import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.ts';
import { systemClock } from '../../lib/clock.ts';
import { systemRandom } from '../../lib/random.ts';
import { migrate } from '../database/migrate.ts';
import { createAnchorFile } from './anchors.ts';
import { auditMigrations, createAudit } from './audit.ts';
import { createNoteSigner } from './signed-note.ts';

/** `AUDIT_KILLS=200` for the whole figure; a few in the suite. */
const kills = Number(process.env['AUDIT_KILLS'] ?? 10);
const program = new URL('../../../test/support/audit-append-program.ts', import.meta.url).pathname;
let database: TestDatabase;
let folder: string;

beforeAll(async () => {
  database = await createTestDatabase();
  await migrate(database, auditMigrations);
  folder = await mkdtemp(join(tmpdir(), 'cms-append-'));
});
afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** Lets a process append until it acknowledged so many entries and a moment more; answers all that it acknowledged. */
async function appendUntilKilled(
  round: number,
  { acknowledged, thenMs }: { readonly acknowledged: number; readonly thenMs: number },
): Promise<readonly string[]> {
  const child = spawn(process.execPath, [program], {
    env: {
      PATH: process.env['PATH'],
      DATABASE_URL: database.url,
      ANCHORS: join(folder, 'anchors.jsonl'),
      ROUND: String(round),
      // Most of a round would be the reading of modules.
      NODE_COMPILE_CACHE: join(folder, 'compiled'),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  const targets: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    targets.push(line);
    if (targets.length !== acknowledged) continue;
    await delay(thenMs);
    child.kill('SIGKILL');
  }
  expect(await closed).toEqual([null, 'SIGKILL']);
  return targets;
}

test('a process that is killed while it appends and signs leaves a whole log: nothing acknowledged is lost, nothing is torn, nothing looks tampered with', {
  timeout: 120_000 + kills * 15_000,
}, async () => {
  const audit = createAudit({
    database,
    clock: systemClock,
    signer: createNoteSigner(Buffer.alloc(32, 1)),
    anchors: [createAnchorFile(join(folder, 'anchors.jsonl'))],
    version: 'test',
  });
  const ends = async (): Promise<ReadonlySet<string>> => {
    const { rows } = await database.pool.query<{ target: string }>(
      "select target from audit_entries where event = 'tests.append' and outcome = 'ok'",
    );
    return new Set(rows.map(({ target }) => target));
  };
  const acknowledged: string[] = [];
  for (let round = 0; round < kills; round += 1) {
    const moment = {
      acknowledged: 1 + Math.floor(systemRandom.fraction() * 60),
      thenMs: systemRandom.fraction() * 15,
    };
    acknowledged.push(...(await appendUntilKilled(round, moment)));
    // As the dead left it, and once what it had queued is chained and signed.
    expect([round, await audit.verify()]).toMatchObject([round, { ok: true }]);
    if (round % 2 === 0) await audit.checkpoint();
    const kept = await ends();
    expect([round, acknowledged.filter((target) => !kept.has(target))]).toEqual([round, []]);
  }
  await audit.checkpoint();
  expect(await audit.verify()).toMatchObject({ ok: true });
  expect((await audit.inspect()).fault).toBeNull();
  // Else nothing was killed in its work.
  expect(acknowledged.length).toBeGreaterThan(kills);
});
