import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rename, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { messageOf } from '../src/lib/app-error.ts';
import { systemClock } from '../src/lib/clock.ts';
import { silentLog } from '../src/lib/log.ts';
import { systemRandom } from '../src/lib/random.ts';
import { ApiError, type CallOptions } from '../src/operations/api-client/client.ts';
import { snoozeTask } from '../src/operations/approvals/contract.ts';
import { listTasks } from '../src/operations/tasks/contract.ts';
import { holdServer, stopEmbedded } from '../src/platform/database/embedded/supervisor.ts';
import { freePort } from '../test/support/free-port.ts';
import { type HeldService, startHeldService } from '../test/support/held-service.ts';
import { setup as makeProgram } from '../test/support/program-setup.ts';
import { makeSteadyPlace, pageClient, steadyQuestions } from '../test/support/steady-place.ts';

/**
 * Which share of calls a service answers while single faults come:
 * `npm run test:availability -- [--minutes 30] [--rps 50] [--fault TEXT]`. One call in ten writes, and is audited. A call is
 * answered when what was asked for comes within five seconds, asked once; a refused connection, an answer of 500 and above
 * and one that comes later count against the share. The faults are spread evenly over the time, so that the service is well
 * between two; a process that died is started anew after a second, and its socket is held meanwhile, as by the units of
 * `deploy/systemd`. Prints for each fault how many calls failed, from the first to the last of them, and the longest answer;
 * ends with 1 below 99.9 %.
 */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    rps: { type: 'string', default: '50' },
    fault: { type: 'string', default: '' },
  },
});
const [minutes, rps] = [Number(values.minutes), Number(values.rps)];
const [longestMs, goal] = [5000, 0.999];

interface Call {
  readonly atMs: number;
  readonly tookMs: number;
  /** Null when it was answered. */
  readonly failure: string | null;
}

await makeProgram();
const folder = await mkdtemp(join(tmpdir(), 'cms-availability-'));
const planted = join(folder, 'planted');
const hasDisk = await makePlace();
const port = await freePort();
const address = `http://127.0.0.1:${port}`;
const calls: Call[] = [];
const service = await start();
const deps = { clock: systemClock, random: systemRandom, log: silentLog };
const url = await holdServer(join(folder, 'data'), deps);

const faults: readonly (readonly [name: string, bring: () => Promise<unknown>])[] = [
  ['the database server is killed', async () => process.kill(await postmaster(), 'SIGKILL')],
  [
    'one process of the database server is killed',
    async () => process.kill(await oneBackend(), 'SIGKILL'),
  ],
  [
    'every connection to the database is ended',
    () =>
      query(`select pg_terminate_backend(pid) from pg_stat_activity
        where pid <> pg_backend_pid() and backend_type = 'client backend'`),
  ],
  [
    'the table of tasks is locked for 3 s',
    () => query('begin; lock table tasks; select pg_sleep(3)'),
  ],
  ['the event loop is blocked for 3 s', () => plant('block', 3000)],
  ['a gigabyte of memory is taken for 20 s', () => plantFor('memory', 1000, 20_000)],
  ['the clock is an hour ahead for 20 s', () => plantFor('clock', 3_600_000, 20_000)],
  ['the repository is away for 65 s', () => repositoryAwayFor(65_000)],
  ...(hasDisk
    ? ([['the disk of the logs is full for 20 s', () => logDiskFullFor(20_000)]] as const)
    : []),
  ['the service is killed', async () => process.kill(service.pid(), 'SIGKILL')],
];

try {
  const chosen = faults.filter(([name]) => name.includes(values.fault));
  const spanMs = (minutes * 60_000) / (chosen.length + 1);
  const client = pageClient(address);
  const ids = await proposals();
  const asked = steadyQuestions(client);
  const change = (options: CallOptions): Promise<unknown> => {
    const until = new Date(Date.now() + 86_400_000 + calls.length * 1000).toISOString();
    return client.call(snoozeTask, { id: ids[calls.length % ids.length] ?? '', until }, options);
  };
  let sent = 0;
  const load = setInterval(() => {
    const ask = sent % 10 === 9 ? change : asked[sent % asked.length];
    sent += 1;
    if (ask !== undefined) void note(ask);
  }, 1000 / rps);
  const began = systemClock.monotonicMs();
  await delay(spanMs);
  for (const [name, bring] of chosen) {
    const since = systemClock.monotonicMs();
    await Promise.all([bring(), delay(spanMs)]);
    report(name, since);
  }
  clearInterval(load);
  await delay(longestMs);
  report(`in ${((systemClock.monotonicMs() - began) / 60_000).toFixed(1)} minutes`, 0);
} finally {
  await service.stop();
  await stopEmbedded(join(folder, 'data'), deps);
  if (hasDisk) execFileSync('umount', ['-l', join(folder, 'logs')]);
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}
const share = calls.filter(({ failure }) => failure === null).length / calls.length;
process.stdout.write(`${(share * 100).toFixed(3)} % of ${calls.length} calls were answered\n`);
process.exitCode = share >= goal ? 0 : 1;

async function note(ask: (options: CallOptions) => Promise<unknown>): Promise<void> {
  const atMs = systemClock.monotonicMs();
  const failure = await ask({ signal: AbortSignal.timeout(longestMs) }).then(
    () => null,
    (error: unknown) =>
      error instanceof ApiError ? `${error.status} ${error.code}` : messageOf(error),
  );
  calls.push({ atMs, tookMs: systemClock.monotonicMs() - atMs, failure });
}

function report(name: string, since: number): void {
  const here = calls.filter(({ atMs }) => atMs >= since);
  const failed = here.filter(({ failure }) => failure !== null);
  const why = Map.groupBy(failed, ({ failure }) => failure);
  const times = failed.map(({ atMs }) => atMs);
  const spanMs = failed.length === 0 ? 0 : Math.max(...times) - Math.min(...times);
  const longest = Math.max(...here.map(({ tookMs }) => tookMs));
  const counted = [...why].map(([text, { length }]) => `${length} × ${text}`).join(', ');
  process.stdout.write(
    `${name}: ${failed.length} of ${here.length} calls failed over ${(spanMs / 1000).toFixed(1)} s, ` +
      `the longest answer took ${(longest / 1000).toFixed(1)} s${counted === '' ? '' : `; ${counted}`}\n`,
  );
}

/** Answers whether the logs have a small disk of their own. */
async function makePlace(): Promise<boolean> {
  await makeSteadyPlace(folder);
  await mkdir(planted);
  await mkdir(join(folder, 'logs'));
  try {
    const words = ['-t', 'tmpfs', '-o', 'size=64M', 'tmpfs', join(folder, 'logs')];
    execFileSync('mount', words, { stdio: 'ignore' });
    return true;
  } catch {
    process.stdout.write('no disk of its own can be made here, so none is filled\n');
    return false;
  }
}

function start(): Promise<HeldService> {
  const planter = new URL('../test/support/plant-faults.ts', import.meta.url).pathname;
  const more = { NODE_OPTIONS: `--import=${planter}`, PLANT_FOLDER: planted };
  return startHeldService({ folder, env: {} }, port, { words: ['--no-security'], more });
}

async function proposals(): Promise<readonly string[]> {
  for (;;) {
    const { items } = await pageClient(address).call(listTasks, { state: ['proposed'] });
    if (items.length > 0) return items.map(({ id }) => id);
    await delay(200);
  }
}

async function plant(name: string, value: number): Promise<void> {
  await writeFile(join(planted, name), String(value));
}

async function plantFor(name: string, value: number, ms: number): Promise<void> {
  await plant(name, value);
  await delay(ms);
  await rm(join(planted, name));
}

async function query(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

async function postmaster(): Promise<number> {
  const text = await readFile(join(folder, 'data/postgres/data/postmaster.pid'), 'utf8');
  return Number(text.split('\n')[0]);
}

async function oneBackend(): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ pid: number }>(`select pid from pg_stat_activity
      where pid <> pg_backend_pid() and backend_type = 'client backend' order by random() limit 1`);
    return rows[0]?.pid ?? 0;
  } finally {
    await client.end();
  }
}

async function repositoryAwayFor(ms: number): Promise<void> {
  await rename(join(folder, 'r'), join(folder, 'away'));
  await delay(ms);
  await rename(join(folder, 'away'), join(folder, 'r'));
}

async function logDiskFullFor(ms: number): Promise<void> {
  const file = join(folder, 'logs', 'filler');
  const { bavail, bsize } = await statfs(join(folder, 'logs'));
  await writeFile(file, Buffer.alloc(bavail * bsize)).catch(() => undefined);
  await delay(ms);
  await rm(file);
}
