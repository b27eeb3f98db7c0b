import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sql } from 'kysely';
import { systemRandom } from '../src/lib/random.ts';
import { openAuditLog } from './audit-log.ts';

/**
 * Appending and verifying: `node bench/audit.ts [entries] [folder]` (100,000 when not said; a folder that is named stays).
 * Appending stands beside single rows with a commit each on the same database in the same run; what verifies is a process
 * of its own.
 */
const [wanted = '100000', place] = process.argv.slice(2);
const entries = Number(wanted);
const folder = place ?? (await mkdtemp(join(tmpdir(), 'cms-bench-audit-')));
const { database, audit } = await openAuditLog(folder);
try {
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
      },
      null,
      2,
    )}\n`,
  );
  const verifier = new URL('audit-verify.ts', import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, [verifier, folder]);
  process.stdout.write(stdout);
} finally {
  await audit.close();
  await database.close();
  if (place === undefined) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}
