// Lists, counts and search over 100,000 tasks: `DATABASE_URL=… node bench/task-lists.ts [tasks]` on an empty database,
// or without DATABASE_URL on an embedded one in a folder of its own. Prints milliseconds per kind of question.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { sql } from 'kysely';
import type { TaskPageQuery } from '../src/domain/ports/task-queries.ts';
import { systemClock } from '../src/lib/clock.ts';
import { silentLog } from '../src/lib/log.ts';
import { systemRandom } from '../src/lib/random.ts';
import { openDatabase } from '../src/platform/database/database.ts';
import { migrate } from '../src/platform/database/migrate.ts';
import { storageMigrations } from '../src/storage/migrations.ts';
import { createTaskQueries } from '../src/storage/task-queries.ts';
import { seedTasks } from './seed-tasks.ts';

const size = Number(process.argv[2] ?? 100_000);
const rounds = 200;
const folder = await mkdtemp(join(tmpdir(), 'cms-bench-'));
const database = await openDatabase(
  { url: process.env['DATABASE_URL'], dataDir: folder },
  { clock: systemClock, random: systemRandom, log: silentLog },
);
try {
  await migrate(database, storageMigrations);
  await seedTasks(database.kysely(), size);
  await sql`vacuum analyze`.execute(database.kysely());
  const queries = createTaskQueries(database, systemClock);
  const base = { snoozed: 'any', sort: 'rank', limit: 50, now: new Date() } as const;
  const target = { host: 'github', name: 'acme/repository-17' } as const;
  const deep = async (query: TaskPageQuery, pages: number): Promise<TaskPageQuery> => {
    let after: string | null | undefined;
    for (let page = 0; page < pages; page += 1) {
      after = (await queries.page({ ...query, limit: 1000, ...(after ? { after } : {}) })).next;
    }
    return { ...query, ...(after ? { after } : {}) };
  };
  const questions: Readonly<Record<string, TaskPageQuery>> = {
    'first page by rank': base,
    'first page, newest change': { ...base, sort: 'updated' },
    'first page, oldest': { ...base, sort: 'oldest' },
    'page 40,000 deep by rank': await deep(base, 40),
    'page 40,000 deep by change': await deep({ ...base, sort: 'updated' }, 40),
    'inbox: waiting for me': {
      ...base,
      states: ['proposed', 'needs_attention'],
      snoozed: 'hide',
      notApprovedBy: 'user:ann',
    },
    'one repository': { ...base, target },
    'one repository by change': { ...base, target, sort: 'updated' },
    'rare kind': { ...base, kinds: ['stale-issue'] },
    'rare kind by change': { ...base, kinds: ['stale-issue'], sort: 'updated' },
    'one agent, one state': { ...base, agent: 'codex', states: ['done'] },
    'search: common word': { ...base, text: 'retry' },
    'search: two words': { ...base, text: 'timeout parser' },
    'search: rare word': { ...base, text: 'zymurgy' },
    'search: no match': { ...base, text: 'nonsuchword' },
    'search: beginning of a word': { ...base, text: 'pars' },
    'search: one letter': { ...base, text: 'p' },
    'search: path': { ...base, text: 'src/module-12' },
    'search: common word by change': { ...base, text: 'retry', sort: 'updated' },
    'search in a repository': { ...base, target, text: 'retry' },
  };
  process.stdout.write(`${size} tasks, PostgreSQL ${database.version}, ${rounds} rounds, ms\n`);
  for (const [name, query] of Object.entries(questions)) {
    await measured(name, async () => (await queries.page(query)).items.length);
  }
  await measured(
    'counts by state',
    async () => Object.keys((await queries.counts({})).states).length,
  );
  await measured(
    'counts of a repository',
    async () => Object.keys((await queries.counts({ target })).states).length,
  );
  await measured(
    'counts of a search',
    async () => Object.keys((await queries.counts({ text: 'retry' })).states).length,
  );
} finally {
  await database.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

async function measured(name: string, body: () => Promise<number>): Promise<void> {
  const times: number[] = [];
  let rows = 0;
  for (let round = 0; round < rounds; round += 1) {
    const start = performance.now();
    rows = await body();
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  const at = (share: number): string => (times[Math.floor(times.length * share)] ?? 0).toFixed(1);
  process.stdout.write(
    `${name.padEnd(34)} p50 ${at(0.5).padStart(6)}  p95 ${at(0.95).padStart(6)}  rows ${rows}\n`,
  );
}
