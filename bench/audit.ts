import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { systemClock } from '../src/lib/clock.ts';
import { silentLog } from '../src/lib/log.ts';
import { systemRandom } from '../src/lib/random.ts';
import { createAnchorFile } from '../src/platform/audit/anchors.ts';
import { auditMigrations, createAudit } from '../src/platform/audit/audit.ts';
import { createNoteSigner } from '../src/platform/audit/signed-note.ts';
import { openDatabase } from '../src/platform/database/database.ts';
import { migrate } from '../src/platform/database/migrate.ts';

/**
 * Appending and verifying: `node bench/audit.ts [entries]` (100,000 when not said). Appending stands beside single rows with
 * a commit each on the same database in the same run.
 */
const entries = Number(process.argv[2] ?? 100_000);
const folder = await mkdtemp(join(tmpdir(), 'cms-bench-audit-'));
const deps = { clock: systemClock, random: systemRandom, log: silentLog };
const database = await openDatabase(
  { dataDir: folder },
  { ...deps, searchPath: process.env['PATH'] },
);
try {
  await migrate(database, auditMigrations);
  const audit = createAudit({
    database,
    clock: systemClock,
    signer: createNoteSigner(systemRandom.bytes(32)),
    anchors: [createAnchorFile(join(folder, 'audit', 'anchors.jsonl'))],
    version: '0.0.0-bench',
  });
  const entry = (n: number) =>
    ({
      event: 'tasks.approve',
      outcome: 'ok',
      actor: { kind: 'user', name: `user-${n % 17}` },
      source: '192.0.2.7',
      target: `task-${n}`,
      correlationId: systemRandom.uuid(),
      facts: { door: 'http', contentHash: 'a'.repeat(64), n },
    }) as const;

  // Warm, and not counted.
  await Promise.all(
    Array.from({ length: 500 }, async (_, n) => await audit.record(null, entry(n))),
  );

  const waits: number[] = [];
  const appendStarted = performance.now();
  const writers = Array.from({ length: 64 }, async (_, writer) => {
    for (let n = writer; n < entries; n += 64) {
      const started = performance.now();
      await audit.record(null, entry(n));
      waits.push(performance.now() - started);
    }
  });
  await Promise.all(writers);
  const appendMs = performance.now() - appendStarted;
  await audit.checkpoint();

  const single = 500;
  await sql`create table bench_rows (id bigint generated always as identity, body text)`.execute(
    database.kysely(),
  );
  const bareStarted = performance.now();
  for (let n = 0; n < single; n += 1)
    await sql`insert into bench_rows (body) values (${JSON.stringify(entry(n))})`.execute(
      database.kysely(),
    );
  const bareMs = performance.now() - bareStarted;
  const oneStarted = performance.now();
  for (let n = 0; n < single; n += 1) await audit.record(null, entry(n));
  const oneMs = performance.now() - oneStarted;

  const verifyStarted = performance.now();
  const verifyCpu = process.cpuUsage();
  const found = await audit.verify();
  const verifyMs = performance.now() - verifyStarted;
  const { user, system } = process.cpuUsage(verifyCpu);
  const sorted = waits.toSorted((one, other) => one - other);
  const rate = (count: number, ms: number): number => Math.round((count / ms) * 1000);
  process.stdout.write(
    `${JSON.stringify(
      {
        entries,
        appendPerSecond: rate(entries, appendMs),
        appendP50Ms: Number((sorted[Math.floor(sorted.length / 2)] ?? 0).toFixed(1)),
        appendP99Ms: Number((sorted[Math.floor(sorted.length * 0.99)] ?? 0).toFixed(1)),
        oneAtATimePerSecond: rate(single, oneMs),
        bareInsertPerSecond: rate(single, bareMs),
        verified: found.entries,
        ok: found.ok,
        checkpoints: found.checkpoints,
        verifyPerSecond: rate(found.entries, verifyMs),
        verifyPerSecondOfOurProcessor: rate(found.entries, (user + system) / 1000),
        verifySeconds: Number((verifyMs / 1000).toFixed(2)),
        rssMegabytes: Math.round(process.memoryUsage().rss / 1024 / 1024),
      },
      null,
      2,
    )}\n`,
  );
  await audit.close();
} finally {
  await database.close();
  await rm(folder, { recursive: true, force: true });
}
