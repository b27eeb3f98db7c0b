// The service over many tasks of local repositories: `node bench/many-tasks.ts [TASKS] [REPOSITORIES]`. Prints how long it
// takes until it is ready on an empty store and on the full one, what its first questions cost, and how many rows of tasks
// a round of the loop reads. PostgreSQL is the embedded one of its own data folder.
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { migrations } from '../src/app/store/open-store.ts';
import { systemClock } from '../src/lib/clock.ts';
import { silentLog } from '../src/lib/log.ts';
import { systemRandom } from '../src/lib/random.ts';
import { type Database, openDatabase } from '../src/platform/database/database.ts';
import { migrate } from '../src/platform/database/migrate.ts';
import { setup as makeProgram } from '../test/support/program-setup.ts';
import { startService } from '../test/support/running-service.ts';
import { createServiceProcess } from '../test/support/service-process.ts';
import { seedTasks } from './seed-tasks.ts';

const size = Number(process.argv[2] ?? 100_000);
const count = Number(process.argv[3] ?? 20);
const starts = 3;
const roundsWatchedMs = 20_000;
const pollSeconds = 2;

await makeProgram();
const folder = await realpath(await mkdtemp(join(tmpdir(), 'cms-many-')));
const repositories = await Promise.all(
  Array.from({ length: count }, (_, n) => makeRepository(join(folder, `code-${n}.git`))),
);
const place = await createServiceProcess({
  folder,
  config: {
    repositories: repositories.map((match) => ({ match })),
    github: { pollSeconds },
    executor: { default: 'idle', agents: { idle: { kind: 'command', command: ['true'] } } },
  },
  env: { PATH: process.env['PATH'] ?? '' },
});
try {
  await startings('a new data folder, once; then no tasks');
  await withDatabase(fill);
  await startings(`${size} tasks`);
  await withDatabase(questions);
} finally {
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

async function makeRepository(path: string): Promise<string> {
  execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', path]);
  const git = (args: readonly string[], input = ''): string =>
    execFileSync(
      'git',
      ['-C', path, '-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args],
      {
        input,
        encoding: 'utf8',
      },
    ).trim();
  const blob = git(['hash-object', '-w', '--stdin'], 'export const a = 1;\n');
  const tree = git(['mktree'], `100644 blob ${blob}\ta.js\n`);
  git(['update-ref', 'refs/heads/main', git(['commit-tree', tree, '-m', 'first'])]);
  return path;
}

async function startings(what: string): Promise<void> {
  for (let n = 0; n < starts; n += 1) {
    const began = performance.now();
    const service = await startService(place, { words: ['--no-security'] });
    const listening = performance.now() - began;
    while ((await fetch(`${service.address}/readyz`)).status !== 200) await sleep(5);
    say(`${what}: listens`, listening);
    say(`${what}: ready`, performance.now() - began);
    const stopping = performance.now();
    await service.stop();
    say(`${what}: stopped`, performance.now() - stopping);
  }
}

async function withDatabase(body: (database: Database) => Promise<void>): Promise<void> {
  await mkdir(join(folder, 'data'), { recursive: true });
  const deps = { clock: systemClock, random: systemRandom, log: silentLog };
  const searchPath = process.env['PATH'];
  const database = await openDatabase({ dataDir: join(folder, 'data') }, { ...deps, searchPath });
  try {
    await body(database);
  } finally {
    await database.close();
  }
}

/** Nobody works on these, so none is approved or running; each open one has its issue. */
async function fill(database: Database): Promise<void> {
  await migrate(database, migrations);
  const db = database.kysely<unknown>();
  await seedTasks(db, size);
  // Without it the plan of the next statement joins each row with each.
  await sql`analyze tasks`.execute(db);
  await sql`
    update tasks set target = jsonb_build_object('host', 'local', 'name', place.name), target_key = 'local:' || place.name,
      state = case when state in ('approved', 'running', 'failed') then 'done' else state end,
      issue_number = numbered.number, published_title = 'title', published_body = 'body'
    from (select id, row_number() over (partition by at order by id) as number, at from
        (select id, ('x' || substr(md5(id), 1, 7))::bit(28)::int % ${count}::int as at from tasks) as spread) as numbered
      join unnest(${repositories}::text[]) with ordinality as place(name, at) on place.at = numbered.at + 1
    where tasks.id = numbered.id`.execute(db);
  await sql`
    insert into local_items (repository, number, kind, title, body, state, author, labels, created_at, updated_at)
    select target->>'name', issue_number, 'issue', 'title', 'body',
      case when state in ('proposed', 'in_review', 'needs_attention') then 'open' else 'closed' end, 'svc', '{task-proposal}',
      created_at, updated_at from tasks`.execute(db);
  await sql`vacuum analyze`.execute(db);
}

async function questions(database: Database): Promise<void> {
  const service = await startService(place, { words: ['--no-security'] });
  try {
    const asked = {
      'status over HTTP': '/api/v1/service/status',
      'inbox over HTTP': '/api/v1/tasks?state=proposed&state=needs_attention&limit=50',
      'tasks over HTTP': '/api/v1/tasks?limit=50',
      'counts over HTTP': '/api/v1/tasks/counts',
    };
    for (const [name, path] of Object.entries(asked)) {
      const began = performance.now();
      const answer = await fetch(service.address + path);
      await answer.arrayBuffer();
      say(`${name}, the first time (${answer.status})`, performance.now() - began);
    }
    for (const words of [['status'], ['tasks', 'list']]) {
      const began = performance.now();
      const { exitCode } = await place.run(words);
      say(`claude-manager ${words.join(' ')} (exit code ${exitCode})`, performance.now() - began);
    }
    // The first round scans; those after it do not.
    await sleep(roundsWatchedMs);
    const before = await read(database);
    await sleep(roundsWatchedMs);
    const after = await read(database);
    const most = roundsWatchedMs / 1000 / pollSeconds;
    process.stdout.write(
      `rows of tasks read in ${roundsWatchedMs / 1000} s, so in ${most} rounds at most: ${after - before}\n`,
    );
  } finally {
    await service.stop();
  }
}

async function read(database: Database): Promise<number> {
  const { rows } = await database.pool.query<{ rows: number }>(
    `select (seq_tup_read + coalesce(idx_tup_fetch, 0))::float8 as rows
      from pg_stat_user_tables where relname = 'tasks'`,
  );
  return rows[0]?.rows ?? Number.NaN;
}

function say(what: string, ms: number): void {
  process.stdout.write(`${what}: ${ms.toFixed(0)} ms\n`);
}
