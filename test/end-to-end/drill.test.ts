import { mkdtemp, realpath, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { systemRandom } from '../../src/lib/random.ts';
import { createClient } from '../../src/operations/api-client/client.ts';
import type { RestoreReport } from '../../src/operations/backups/contract.ts';
import { createIssue } from '../../src/operations/issues/contract.ts';
import { listTasks } from '../../src/operations/tasks/contract.ts';
import { listChains } from '../../src/platform/archive/archive-folder.ts';
import { openDatabase } from '../../src/platform/database/database.ts';
import { stopEmbedded } from '../../src/platform/database/embedded/supervisor.ts';
import { browserFetch } from '../support/browser-fetch.ts';
import { initRepositoryWith } from '../support/git-work.ts';
import { startService } from '../support/running-service.ts';
import { createServiceProcess, type ServiceProcess } from '../support/service-process.ts';

/** Megabytes that the database holds beside what the test makes; with any, the times are printed. */
const megabytes = Number(process.env['DRILL_MB'] ?? 0);
/** Between two pieces of the archive; 30 by itself. */
const archiveSeconds = Number(process.env['DRILL_ARCHIVE_SECONDS'] ?? 1);
const writingMs = Number(process.env['DRILL_WRITING_SECONDS'] ?? 3) * 1000;
const isMeasured = megabytes > 0 || archiveSeconds !== 1;
const patience = { timeout: 300_000 + megabytes * 500, interval: 50 };
/** What may be lost at most, whatever the machine does beside it. */
const lostAtMostMs = 60_000;

let folder: string;
let place: ServiceProcess;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cms-drill-'));
  const repository = join(folder, 'r');
  initRepositoryWith(repository, { 'a.js': '// TODO: handle negative numbers\nf(1);\n' });
  const agent = ['node', '-e', "require('fs').writeFileSync('done.js', 'f(2);')"];
  place = await createServiceProcess({
    folder,
    config: {
      repositories: [{ match: repository }],
      executor: {
        default: 'honest',
        sandbox: 'none',
        allowUnsandboxed: true,
        agents: { honest: { kind: 'command', command: agent } },
      },
      // Another disk.
      backup: { folder: 'backups', archiveSeconds },
      security: { rate_limiting: { max_requests_per_minute: 100_000 } },
    },
    env: {},
  });
});
afterAll(async () => {
  const dataDir = join(folder, 'data');
  await stopEmbedded(dataDir, { clock: systemClock, random: systemRandom });
  const home = await realpath(join(dataDir, 'postgres')).catch(() => dataDir);
  await rm(home, { recursive: true, force: true, maxRetries: 5 });
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

async function good<T>(...words: readonly string[]): Promise<T> {
  const ended = await place.run(words, { maxMs: 3_600_000 });
  expect(`${ended.exitCode} ${ended.stderr}`).toMatch(/^0 /u);
  return ended.json as T;
}

/** Asks the database of the service, which runs already or is started for it. */
async function ask<T extends object>(statement: string): Promise<readonly T[]> {
  const database = await openDatabase(
    { dataDir: join(folder, 'data') },
    { clock: systemClock, random: systemRandom, log: silentLog },
  );
  try {
    return (await database.pool.query<T>(statement)).rows;
  } finally {
    await database.close();
  }
}

/** A third of each megabyte can be compressed. */
const fill = `insert into github_etags (key, etag, body) select 'k' || n, 'e', repeat(md5(n::text), 8192) ||
  (select string_agg(md5((n * m)::text), '') from generate_series(1, 24576) m) from generate_series(1, ${megabytes}) n`;

const measured = (text: string): void => {
  if (isMeasured) process.stdout.write(`${text}\n`);
};

test(
  'the service and its database are lost at a stroke while about a hundred entries a second are written: what the archive had comes back, which is all but the last interval, the audit log verifies, and the task goes on',
  async () => {
    const service = await startService(place, { words: ['--no-security'] });
    const repository = join(folder, 'r');
    const client = createClient({
      baseUrl: service.address,
      fetch: browserFetch(service.address),
    });
    const answered: { readonly number: number; readonly atMs: number }[] = [];
    const until = new AbortController();
    let killedAtMs = 0;
    try {
      await vi.waitFor(
        async () => expect((await client.call(listTasks, {})).items).toHaveLength(1),
        patience,
      );
      if (megabytes > 0) await ask(fill);
      const newest = async () => (await listChains(join(folder, 'backups', 'archive'))).at(-1);
      await vi.waitFor(async () => expect((await newest())?.bases).toHaveLength(1), patience);
      // As when it stood still for so long that the server gave up what it kept for it.
      const before = (await newest())?.id;
      await ask("select pg_drop_replication_slot('cms_archive')");
      await vi.waitFor(async () => {
        expect((await newest())?.id).not.toBe(before);
        expect((await newest())?.bases).toHaveLength(1);
      }, patience);
      const calling = Array.from({ length: 10 }, async (_, caller) => {
        for (let nth = 0; !until.signal.aborted; nth += 1) {
          const title = `No ${nth} of caller ${caller}`;
          const made = await client
            .call(createIssue, { repository, title })
            .catch((error: unknown) => {
              if (!until.signal.aborted) throw error;
              return null;
            });
          if (made !== null) answered.push({ number: made.number, atMs: Date.now() });
          await delay(90);
        }
      });
      const began = Date.now();
      const first = (await newest())?.pieces.length ?? 0;
      await vi.waitFor(async () => {
        expect((await newest())?.pieces.length).toBeGreaterThan(first + 1);
        expect(Date.now() - began).toBeGreaterThan(writingMs);
      }, patience);
      killedAtMs = Date.now();
      until.abort();
      await service.kill();
      await Promise.all(calling);
      const written = ((await newest())?.pieces ?? []).slice(first);
      const sizes = await Promise.all(written.map(async ({ file }) => (await stat(file)).size));
      const bytes = sizes.reduce((sum, size) => sum + size, 0);
      measured(
        `${answered.length} issues in ${killedAtMs - began} ms, ${bytes} bytes in ${sizes.length} pieces`,
      );
    } finally {
      await service.kill();
    }
    // The server is another process, and goes down with the machine.
    await stopEmbedded(join(folder, 'data'), { clock: systemClock, random: systemRandom });
    await rm(await realpath(join(folder, 'data', 'postgres')), { recursive: true });
    await rm(join(folder, 'data', 'postgres'), { recursive: true, force: true });

    const restoring = Date.now();
    const report = await good<RestoreReport>('restore', '--at', 'latest');
    measured(`restore of ${megabytes} MB: ${((Date.now() - restoring) / 1000).toFixed(1)} s`);
    expect(report).toMatchObject({ auditVerifies: true, safety: null, vaultProblem: null });
    const events = await ask<{ event: string; reason: string }>(
      "select event, body::jsonb->>'reason' as reason from audit_entries order by seq",
    );
    expect(events.filter(({ event }) => event === 'backup.archive_broken')).toEqual([
      { event: 'backup.archive_broken', reason: 'the database was not told to keep its log' },
    ]);
    expect(events.at(-1)?.event).toMatch(/^(?:audit\.restored|backup\.restored)$/u);

    const reachedMs = Date.parse(report.at);
    const numbers = "select number from local_items where kind = 'issue'";
    const kept = new Set((await ask<{ number: number }>(numbers)).map(({ number }) => number));
    const lost = answered.filter(({ number }) => !kept.has(number));
    expect(answered.length - lost.length).toBeGreaterThan(0);
    expect(lost.filter(({ atMs }) => atMs < reachedMs)).toEqual([]);
    const lostMs = killedAtMs - Math.min(killedAtMs, ...lost.map(({ atMs }) => atMs));
    measured(`lost ${lost.length} of ${answered.length}, the last ${lostMs} ms`);
    expect(lostMs).toBeLessThan(lostAtMostMs);

    const tasks = 'select id, state from tasks';
    const [task, ...others] = await ask<{ id: string; state: string }>(tasks);
    expect([task?.state, others]).toEqual(['proposed', []]);
    await good('tasks', 'approve', task?.id ?? '');
    await good('start', '--once');
    expect(await ask(tasks)).toEqual([{ id: task?.id, state: 'in_review' }]);
  },
  patience.timeout * 2,
);
