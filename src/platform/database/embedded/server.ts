import { spawn } from 'node:child_process';
import { open, readFile, readlink, realpath, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../../lib/app-error.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { Binaries } from './binaries.ts';
import { codeOf } from './file-lock.ts';
import { type Layout, socketFolder } from './layout.ts';
import { birthOf } from './process-identity.ts';
import { serverFailure } from './server-failure.ts';

/** A server that takes connections. */
export interface RunningServer {
  readonly pid: number;
  readonly socketFolder: string;
  readonly port: number;
}

interface Postmaster extends RunningServer {
  readonly state: string;
}

const startDeadlineMs = 150_000;
/** Between the processes of a crash and those of its recovery there are none for five seconds at most. */
const standstillMs = 15_000;
/** Longest wait for the end of a server that was told to end at once; it gives its own five seconds. */
const deathMs = 10_000;
const logLimitBytes = 10 * 1024 * 1024;
const port = 5432;

/** The live server of this cluster in whatever state; undefined when none runs (postmaster.pid may be stale). */
export async function findServer(layout: Layout): Promise<Postmaster | undefined> {
  const found = await readPidFile(layout.cluster);
  return found !== undefined && (await isOurPostmaster(found.pid, layout)) ? found : undefined;
}

/**
 * Adopts the server that runs, or starts one detached in its own session; the lock is held. Waits through crash recovery.
 * One that stands still, because the disk failed it in the middle of a recovery, is ended and started anew.
 * Throws `database_start_failed` or what `serverFailure` tells.
 */
export async function ensureRunning(
  layout: Layout,
  binaries: Binaries,
  clock: Clock,
  deadlineMs = startDeadlineMs,
): Promise<RunningServer> {
  let end = clock.monotonicMs() + deadlineMs;
  let attempt: StartAttempt | undefined;
  let stillSince: number | undefined;
  while (clock.monotonicMs() < end) {
    const found = await findServer(layout);
    const doing = found === undefined ? null : await doingOf(found);
    if (found !== undefined && doing === 'serves') return found;
    const now = clock.monotonicMs();
    stillSince = doing === 'stands still' ? (stillSince ?? now) : undefined;
    if (found !== undefined && now - (stillSince ?? now) > standstillMs) {
      stillSince = undefined;
      await endStuck(found.pid, layout, clock);
      end = clock.monotonicMs() + deadlineMs;
    }
    if (found === undefined && attempt?.ended() !== false) {
      await failUnlessTransient(attempt, layout);
      attempt = await startServer(layout, binaries);
    }
    await clock.sleep(20);
  }
  throw serverFailure('PostgreSQL did not get ready in time', await logTail(layout, 0));
}

/**
 * What a server does, by the processes that it has: one that crashed by itself says that it is ready while it recovers,
 * and when the recovery dies of a second fault of the disk, PostgreSQL 18 was seen to stand still for ever, refusing
 * everybody, without the process that recovers and without those of an open database.
 */
export async function doingOf({
  pid,
  state,
}: Postmaster): Promise<'serves' | 'is on its way' | 'stands still'> {
  const titles = await titlesOf(pid);
  const has = (name: string): boolean => titles?.some((title) => title.includes(name)) ?? false;
  if (state === 'ready' && (titles === null || (has('walwriter') && !has('startup'))))
    return 'serves';
  const isOnItsWay = titles === null || has('startup') || has('walwriter') || state === 'stopping';
  return isOnItsWay ? 'is on its way' : 'stands still';
}

/** The process that only a server that serves has, and that a crash ends; null where it cannot be told. */
export async function walWriterOf(postmaster: number): Promise<number | null> {
  const children = await childrenOf(postmaster);
  return children?.find(({ title }) => title.includes('walwriter'))?.pid ?? null;
}

/** What its processes call themselves; null where it cannot be told. */
async function titlesOf(postmaster: number): Promise<readonly string[] | null> {
  return (await childrenOf(postmaster))?.map(({ title }) => title) ?? null;
}

async function childrenOf(
  postmaster: number,
): Promise<readonly { readonly pid: number; readonly title: string }[] | null> {
  try {
    const children = await readFile(`/proc/${postmaster}/task/${postmaster}/children`, 'utf8');
    const pids = children.split(' ').filter(Boolean);
    const all = await Promise.all(
      pids.map(async (pid) => {
        const title = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
        return { pid: Number(pid), title };
      }),
    );
    // A backend's title holds the name of a database and a statement's kind.
    return all.filter(({ title }) => title.startsWith('postgres: ') && !title.includes('['));
  } catch {
    return null;
  }
}

/** Immediate shutdown, and death for what does not hear it; what was committed is recovered at the next start. */
async function endStuck(pid: number, layout: Layout, clock: Clock): Promise<void> {
  for (const signal of ['SIGQUIT', 'SIGKILL'] as const) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if (codeOf(error) !== 'ESRCH') throw error;
    }
    const end = clock.monotonicMs() + deathMs;
    while (clock.monotonicMs() < end) {
      if ((await findServer(layout)) === undefined) return;
      await clock.sleep(20);
    }
  }
  throw serverFailure('PostgreSQL does not stop', '');
}

/**
 * Fast shutdown: open transactions are rolled back, everything committed is kept. Waits for the end of the process, which
 * is made immediate when it does not come.
 */
export async function stopServer(layout: Layout, clock: Clock): Promise<void> {
  const end = clock.monotonicMs() + startDeadlineMs;
  let signaled = false;
  for (;;) {
    const found = await findServer(layout);
    if (found === undefined) return;
    if (!signaled) process.kill(found.pid, 'SIGINT');
    signaled = true;
    if (clock.monotonicMs() > end) return await endStuck(found.pid, layout, clock);
    await clock.sleep(20);
  }
}

/** A server that was told to start. */
export interface StartAttempt {
  readonly logOffset: number;
  ended(): boolean;
}

/** Starts a server where none runs; the lock is held. Whoever waits for it says why it did not get ready. */
export async function startServer(layout: Layout, binaries: Binaries): Promise<StartAttempt> {
  await removeMisleadingPidFile(layout);
  const log = await open(layout.logFile, 'a', 0o600);
  try {
    if ((await log.stat()).size > logLimitBytes) await log.truncate(0);
    const logOffset = (await log.stat()).size;
    const child = spawn(
      binaries.postgres,
      serverArguments(layout, await socketFolder(layout), binaries),
      {
        ...layout.account,
        cwd: '/',
        detached: true,
        stdio: ['ignore', log.fd, log.fd],
        env: { LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/bin:/bin' },
      },
    );
    const state = { ended: false };
    child.once('exit', () => (state.ended = true)).once('error', () => (state.ended = true));
    child.unref();
    return { logOffset, ended: () => state.ended };
  } finally {
    await log.close();
  }
}

/**
 * PostgreSQL refuses to start when another process has the old server's id. Any other stale file stays: with it
 * PostgreSQL sees that orphaned backends of a killed server still write.
 */
async function removeMisleadingPidFile(layout: Layout): Promise<void> {
  const stale = await readPidFile(layout.cluster);
  if (stale === undefined || (await birthOf(stale.pid)) === undefined) return;
  if (await isOurPostmaster(stale.pid, layout)) return;
  await rm(join(layout.cluster, 'postmaster.pid'), { force: true });
}

/** So much of its log the server keeps for an archive that stands still, beside what it needs itself (`max_wal_size`). */
export const walKeptAtMost = '1GB';

/** What the embedded server takes at most. */
export const embeddedConnections = 200;

function serverArguments(layout: Layout, sockets: string, { major }: Binaries): readonly string[] {
  const settings: Readonly<Record<string, string>> = {
    listen_addresses: '',
    port: String(port),
    unix_socket_directories: sockets,
    unix_socket_permissions: '0700',
    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',
    max_connections: String(embeddedConnections),
    shared_buffers: '64MB',
    max_wal_size: '512MB',
    max_slot_wal_keep_size: walKeptAtMost,
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_min_messages: 'warning',
    log_line_prefix: '%m [%p] ',
    cluster_name: 'claude-manager',
    // At rest they would wake five times a second for nothing; as many pages are written, and every commit waits for its own.
    bgwriter_delay: '1s',
    bgwriter_lru_maxpages: '500',
    wal_writer_delay: '2s',
    // One machine, few readers: no processes that wait to read ahead or to replicate.
    max_logical_replication_workers: '0',
    ...(major < 18 ? {} : { io_method: 'sync' }),
  };
  const pairs = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return ['-D', layout.cluster, ...pairs];
}

/** After a kill -9 the old backends need a moment to go; everything else that ends a start is a failure. */
async function failUnlessTransient(
  attempt: StartAttempt | undefined,
  layout: Layout,
): Promise<void> {
  if (attempt === undefined) return;
  const output = await logTail(layout, attempt.logOffset);
  if (/pre-existing shared memory block|lock file .* (?:already exists|is empty)/.test(output))
    return;
  throw serverFailure('PostgreSQL did not start', output);
}

async function logTail(layout: Layout, offset: number): Promise<string> {
  const text = await readFile(layout.logFile).catch(() => Buffer.alloc(0));
  return text.subarray(offset).subarray(-8192).toString('utf8');
}

/** postmaster.pid, line by line: pid, data folder, start time, port, socket folder, address, shared memory, state. */
async function readPidFile(cluster: string): Promise<Postmaster | undefined> {
  try {
    const lines = (await readFile(join(cluster, 'postmaster.pid'), 'utf8')).split('\n');
    const [pid, , , line4, sockets, , , state] = lines;
    if (pid === undefined || !/^\d+$/.test(pid)) return undefined;
    return {
      pid: Number(pid),
      port: Number(line4 ?? port),
      socketFolder: sockets ?? '',
      state: state?.trim() ?? 'starting',
    };
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT') return undefined;
    throw cannotRead(cluster, error);
  }
}

/** A process id is reused soon in containers; a postmaster stands in its data folder. */
async function isOurPostmaster(pid: number, layout: Layout): Promise<boolean> {
  if ((await birthOf(pid)) === undefined) return false;
  if (process.platform !== 'linux') return true;
  const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => undefined);
  if (cwd === undefined) return await sameOwner(pid, layout.cluster);
  return cwd === (await realpath(layout.cluster));
}

async function sameOwner(pid: number, cluster: string): Promise<boolean> {
  const process = await stat(`/proc/${pid}`).catch(() => undefined);
  return process?.uid === (await stat(cluster)).uid;
}

function cannotRead(cluster: string, cause: unknown): AppError {
  return new AppError({
    kind: 'forbidden',
    code: 'database_folder_not_ours',
    message: `The database folder ${cluster} cannot be read by this user.`,
    next: 'Run as the user that owns the data folder, choose another one, or set DATABASE_URL.',
    details: { cluster },
    cause,
  });
}
