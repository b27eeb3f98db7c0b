import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { PgBoss } from 'pg-boss';
import { systemClock } from '../src/lib/clock.ts';
import { systemRandom } from '../src/lib/random.ts';
import { stopEmbedded } from '../src/platform/database/embedded/supervisor.ts';
import { type FleetProcess, startRole } from '../test/support/fleet.ts';
import { createFreshDatabase, type FreshDatabase } from '../test/support/fresh-database.ts';
import { createGithubLoop, manager } from '../test/support/github-loop.ts';
import { setup as makeProgram } from '../test/support/program-setup.ts';
import { createServiceProcess, type ServiceProcess } from '../test/support/service-process.ts';
import { signDelivery } from '../test/support/sign-delivery.ts';

/**
 * Processes of the service on one PostgreSQL: `node bench/fleet.ts [start|workers|takeover|peer]`, all when none is said.
 *   start     a signed delivery says that somebody approved; time from its answer until the agent's process has begun
 *   workers   agents that only wait, one worker beside three; local repositories, so that no limit of GitHub counts
 *   takeover  a worker is killed while its agent works; time until another one has laid a new workspace for it
 *   peer      as `workers`, with pg-boss and jobs that only wait
 */
await makeProgram();
const which = process.argv[2] ?? 'all';
const run = promisify(execFile);
const dataDir = await mkdtemp(join(tmpdir(), 'cms-bench-fleet-'));
const agentProgram = new URL('../test/support/todo-agent-program.ts', import.meta.url).pathname;
/** Says when its process began, by the clock of the machine, and changes a line. */
const tellingAgent = [
  'console.log("began at", performance.timeOrigin.toFixed(0))',
  'require("node:fs").appendFileSync("a.js", "export const b = 2;\\n")',
].join(';');
/** Agents that only wait. */
const waiting = { tasks: 18, ms: 6000 };
const say = (text: string): void => void process.stdout.write(`${text}\n`);

try {
  say(
    `load at the beginning: ${loadavg()
      .map((one) => one.toFixed(1))
      .join(' ')}`,
  );
  if (which === 'all' || which === 'start') await approvalToStart(20);
  if (which === 'all' || which === 'workers') await workers();
  if (which === 'all' || which === 'takeover') await takeover(8);
  if (which === 'all' || which === 'peer') await peer();
  say(
    `load at the end: ${loadavg()
      .map((one) => one.toFixed(1))
      .join(' ')}`,
  );
} finally {
  await stopEmbedded(dataDir, { clock: systemClock, random: systemRandom });
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
}

async function approvalToStart(times: number): Promise<void> {
  // The first one is not counted: the emulator compiles its checks of each request and answer when it meets them.
  const names = Array.from({ length: times + 1 }, (_, index) => `code-${index}`);
  const files = { 'a.js': '// TODO: handle the empty list\nexport const a = 1;\n' };
  const secret = 'bench-secret-0123456789';
  const loop = await createGithubLoop({
    targets: Object.fromEntries(names.map((name) => [name, files])),
    database: () => createFreshDatabase(dataDir),
    env: { GITHUB_WEBHOOK_SECRET: secret },
    config: {
      github: {
        managerRepo: manager,
        reposToScan: names.map((name) => `acme/${name}`),
        pollSeconds: 3600,
      },
      executor: {
        default: 'telling',
        agents: { telling: { kind: 'command', command: ['node', '-e', tellingAgent] } },
      },
    },
  });
  const service = await startRole(loop.service, 'all', { port: true });
  try {
    while (loop.proposals().length < names.length) await delay(200);
    await delay(3000);
    const seen: number[] = [];
    for (const { number } of loop.proposals()) {
      loop.emulator.as('wendy').label(manager, number, 'approved-for-dev');
      const { body, headers } = signDelivery(secret, 'issues', {
        action: 'labeled',
        issue: { number },
        repository: { full_name: manager },
      });
      const answer = await fetch(`${service.address()}/webhooks/github`, {
        method: 'POST',
        headers,
        body,
      });
      if (!answer.ok) throw new Error(`the delivery was refused: ${answer.status}`);
      const approvedAt = Date.now();
      seen.push((await agentBegan(loop, number)) - approvedAt);
      while ((await unended(loop)) > 0) await delay(200);
    }
    seen.shift();
    say(`approval seen to agent's process, ${seen.length} times, ms: ${figures(seen)}`);
  } finally {
    await service.end('SIGKILL');
    await loop.close();
  }
}

/** When the agent of this issue's task began, as it said. */
async function agentBegan(
  loop: Awaited<ReturnType<typeof createGithubLoop>>,
  issue: number,
): Promise<number> {
  for (;;) {
    const rows = await loop.query<{ event: unknown }>(
      `select e.event from tasks t join runs r on r.task_id = t.id
        join run_events e on e.run_id = r.id where t.issue_number = ${issue}`,
    );
    const said = /began at (\d+)/u.exec(JSON.stringify(rows))?.[1];
    if (said !== undefined) return Number(said);
    await delay(20);
  }
}

/** Attempts that have not ended, their last words on GitHub included: until then they have a place among the workers. */
async function unended(loop: Awaited<ReturnType<typeof createGithubLoop>>): Promise<number> {
  const [row] = await loop.query<{ count: string }>(
    `select (select count(*) from tasks where state in ('approved', 'running'))
       + (select count(*) from dbos.workflow_status where status in ('PENDING', 'ENQUEUED')) as count`,
  );
  return Number(row?.count);
}

interface LocalWorld {
  readonly service: ServiceProcess;
  readonly database: FreshDatabase;
  close(): Promise<void>;
}

/** Local repositories with one finding each, proposed and approved, that nobody works on yet. */
async function localWorld(count: number, agentMs: number, maxConcurrent = 2): Promise<LocalWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'cms-bench-local-'));
  const repositories: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const place = join(folder, 'code', `code-${index}`);
    await mkdir(place, { recursive: true });
    await writeFile(join(place, 'a.js'), '// TODO: handle the empty list\nexport const a = 1;\n');
    const git = (...args: string[]): Promise<unknown> =>
      run('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], { cwd: place });
    await git('init', '--quiet', '--initial-branch=main');
    await git('add', '.');
    await git('commit', '--quiet', '-m', 'first');
    repositories.push(place);
  }
  const database = await createFreshDatabase(dataDir);
  const service = await createServiceProcess({
    folder,
    env: { DATABASE_URL: database.url },
    config: {
      repositories: repositories.map((match) => ({ match })),
      github: { pollSeconds: 3600 },
      executor: {
        default: 'waiting',
        maxConcurrent,
        agents: {
          waiting: { kind: 'command', command: ['node', agentProgram, 'none', String(agentMs)] },
        },
      },
    },
  });
  await service.run(['start', '--once']);
  const listed = await service.run(['tasks', 'list', '--limit', '500']);
  for (const { id } of listed.json as readonly { id: string }[]) {
    await service.run(['tasks', 'approve', id]);
  }
  return {
    service,
    database,
    close: async () => {
      await database.drop();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function workers(): Promise<void> {
  const took = new Map<number, number>();
  for (const count of [1, 3]) {
    const world = await localWorld(waiting.tasks, waiting.ms);
    const fleet: FleetProcess[] = [];
    try {
      for (let index = 0; index < count; index += 1) {
        fleet.push(await startRole(world.service, 'worker'));
      }
      fleet.push(await startRole(world.service, 'scheduler'));
      const row = await ended(world.database, waiting.tasks);
      took.set(count, row.seconds);
      say(
        `${count} workers: ${waiting.tasks} tasks of ${waiting.ms} ms, 2 at a time each: ${row.seconds.toFixed(1)} s, ${row.pulls} pull requests`,
      );
    } finally {
      await Promise.all(fleet.map((one) => one.end('SIGKILL')));
      await world.close();
    }
  }
  say(`three workers against one: ${((took.get(1) ?? 0) / (took.get(3) ?? 1)).toFixed(2)} ×`);
}

/** From the first start to the last end. */
async function ended(
  database: FreshDatabase,
  count: number,
): Promise<{ readonly seconds: number; readonly pulls: number }> {
  for (;;) {
    const { rows } = await database.pool.query<{ ended: number; seconds: number; pulls: number }>(
      `select count(ended_at)::int as ended,
        extract(epoch from max(ended_at) - min(started_at))::float8 as seconds,
        (select count(*)::int from tasks where state = 'in_review') as pulls from runs`,
    );
    const [row] = rows;
    if (row !== undefined && row.ended >= count) return row;
    await delay(250);
  }
}

async function takeover(times: number): Promise<void> {
  // Every worker has room for all of it: one that is full goes on with another's work when its own has ended.
  const world = await localWorld(times, 90_000, times);
  const took: number[] = [];
  let fleet: FleetProcess[] = [];
  const workspaces = join(world.service.folder, 'data', 'workspaces');
  const folders = async (): Promise<readonly string[]> => await readdir(workspaces).catch(() => []);
  try {
    fleet = [await startRole(world.service, 'scheduler'), await startRole(world.service, 'worker')];
    for (let index = 0; index < times; index += 1) {
      while ((await folders()).length === 0) await delay(50);
      fleet.push(await startRole(world.service, 'worker'));
      await delay(2000);
      const before = new Set(await folders());
      const runs = new Set([...before].map((name) => name.split('.')[0]));
      const victim = fleet.splice(1, 1)[0];
      const killedAt = Date.now();
      await victim?.end('SIGKILL');
      const isGoingOn = async (): Promise<boolean> =>
        (await folders()).some((name) => !before.has(name) && runs.has(name.split('.')[0]));
      while (!(await isGoingOn())) await delay(10);
      took.push(Date.now() - killedAt);
    }
    say(`a killed worker's task goes on, ${took.length} times, ms: ${figures(took)}`);
  } finally {
    await Promise.all(fleet.map((one) => one.end('SIGKILL')));
    await world.close();
  }
}

/** The same number of jobs that wait as long, in a queue with as many hands; no git, no sandbox, no agent. */
async function peer(): Promise<void> {
  const took = new Map<number, number>();
  for (const count of [1, 3]) {
    const database = await createFreshDatabase(dataDir);
    const bosses = Array.from({ length: count }, () => new PgBoss(database.url));
    try {
      await bosses[0]?.start();
      await bosses[0]?.createQueue('work');
      await Promise.all(bosses.slice(1).map(async (boss) => await boss.start()));
      for (let index = 0; index < waiting.tasks; index += 1) await bosses[0]?.send('work', {});
      let done = 0;
      const began = Date.now();
      for (const boss of bosses) {
        for (let hand = 0; hand < 2; hand += 1) {
          await boss.work('work', { pollingIntervalSeconds: 0.5 }, async () => {
            await delay(waiting.ms);
            done += 1;
          });
        }
      }
      while (done < waiting.tasks) await delay(50);
      took.set(count, Date.now() - began);
      say(
        `pg-boss, ${count} processes' worth of hands: ${((took.get(count) ?? 0) / 1000).toFixed(1)} s`,
      );
    } finally {
      await Promise.all(bosses.map(async (boss) => await boss.stop({ graceful: false })));
      await database.drop();
    }
  }
  say(`pg-boss, three against one: ${((took.get(1) ?? 0) / (took.get(3) ?? 1)).toFixed(2)} ×`);
}

function figures(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0);
  return `p50 ${at(0.5)}, p95 ${at(0.95)}, least ${at(0.001)}, most ${at(1)}`;
}
