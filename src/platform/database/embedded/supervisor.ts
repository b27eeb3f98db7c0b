import { rm } from 'node:fs/promises';
import type { Clock } from '../../../lib/clock.ts';
import type { Log } from '../../../lib/log.ts';
import type { Random } from '../../../lib/random.ts';
import { type BinarySources, binarySources, findBinaries } from './binaries.ts';
import { databaseName, ensureCluster, hasCluster, ownerRole, readSecret } from './cluster.ts';
import { codeOf, withFileLock } from './file-lock.ts';
import { type Layout, layoutOf, prepareLayout } from './layout.ts';
import {
  doingOf,
  ensureRunning,
  findServer,
  type RunningServer,
  type StartAttempt,
  startServer,
  stopServer,
  walWriterOf,
} from './server.ts';
import { addUser, countUsers } from './users.ts';

export interface SupervisorDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** The PATH of the environment, where a `postgres` may be found. */
  readonly searchPath?: string | undefined;
  /** Replaces the search for PostgreSQL. */
  readonly binaries?: BinarySources | undefined;
}

/** A user's hold on the server of a data folder. */
export interface EmbeddedServer {
  /** Connection URL of the database, password included. */
  readonly url: string;
  /** Starts the server again if it died; does nothing while it lives. */
  revive(): Promise<void>;
  /** Leaves; the last user out stops the server. */
  leave(): Promise<void>;
}

/** A whole look reads two dozen files; between two of them it is enough that the process is there. */
const looksPerWholeLook = 5;

/** So seldom while the process that only a serving server has is there too: its id may be another one's by now. */
const looksPerSureLook = 60;

/** One that stands still so often is waited for once more, and ended (`ensureRunning`). */
const looksUntilStuck = 3;

/** Whether the id is anybody's; one of another user is. */
function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/** Starts or adopts the server of `<dataDir>/postgres` and counts this process as a user of it. */
export async function joinServer(dataDir: string, deps: SupervisorDeps): Promise<EmbeddedServer> {
  const layout = await prepareLayout(dataDir, deps.random);
  const { server, entry } = await withFileLock(layout.lockFile, deps, async () => {
    const entry = await addUser(layout.usersFolder, deps.random);
    try {
      return { server: await start(layout, deps), entry };
    } catch (error) {
      await rm(entry, { force: true });
      throw error;
    }
  });
  let known = server.pid;
  let walWriter: number | null = null;
  let looks = 0;
  let still = 0;
  return {
    url: urlOf(server, await readSecret(layout)),
    revive: async () => {
      looks += 1;
      const serves = walWriter !== null && isThere(walWriter);
      if (looks % (serves ? looksPerSureLook : looksPerWholeLook) !== 0 && isThere(known)) return;
      const found = await findServer(layout);
      known = found?.pid ?? known;
      const doing = found === undefined ? null : await doingOf(found);
      walWriter = doing === 'serves' ? await walWriterOf(known) : null;
      still = doing === 'stands still' ? still + 1 : 0;
      if (found !== undefined && still < looksUntilStuck) return;
      deps.log.warn({ cluster: layout.cluster }, 'The embedded database died; starting it again.');
      await withFileLock(layout.lockFile, deps, async () => await start(layout, deps));
    },
    leave: async () => {
      await withFileLock(layout.lockFile, deps, async () => {
        await rm(entry, { force: true });
        if ((await countUsers(layout.usersFolder)) === 0) await stopServer(layout, deps.clock);
      });
    },
  };
}

/**
 * Lets the server of a data folder that has one begin to start, and waits for nothing more; whoever joins it later does.
 * Answers what stops it again unless somebody has joined.
 */
export async function beginServer(
  dataDir: string,
  deps: Omit<SupervisorDeps, 'log'>,
): Promise<() => Promise<void>> {
  const layout = await layoutOf(dataDir);
  if (layout === undefined || !(await hasCluster(layout))) return async () => undefined;
  const begun = await withFileLock(layout.lockFile, deps, async () => {
    if ((await findServer(layout)) !== undefined) return null;
    const sources = deps.binaries ?? (await binarySources(deps.searchPath));
    return await startServer(layout, await findBinaries(layout, sources));
  });
  return async () => await stopUnused(layout, begun, deps);
}

/**
 * The same for a data folder that is new: what its server needs is made first, also beside us, and whoever joins meanwhile
 * waits for it. What hinders it is told to whoever joins.
 */
export async function beginNewServer(
  dataDir: string,
  deps: Omit<SupervisorDeps, 'log'>,
): Promise<() => Promise<void>> {
  const layout = await prepareLayout(dataDir, deps.random);
  const beginning = withFileLock(layout.lockFile, deps, async () => {
    if ((await findServer(layout)) !== undefined) return null;
    const sources = deps.binaries ?? (await binarySources(deps.searchPath));
    const binaries = await findBinaries(layout, sources);
    await ensureCluster(layout, binaries, deps.random);
    return await startServer(layout, binaries);
  }).catch(() => null);
  return async () => await stopUnused(layout, await beginning, deps);
}

async function stopUnused(
  layout: Layout,
  begun: StartAttempt | null,
  deps: Omit<SupervisorDeps, 'log'>,
): Promise<void> {
  await withFileLock(layout.lockFile, deps, async () => {
    // One that was just begun has not told its process id yet.
    while (begun?.ended() === false && (await findServer(layout)) === undefined)
      await deps.clock.sleep(20);
    if ((await countUsers(layout.usersFolder)) === 0) await stopServer(layout, deps.clock);
  });
}

/** Whether a data folder has the cluster of an embedded server. */
export async function hasServer(dataDir: string): Promise<boolean> {
  const layout = await layoutOf(dataDir);
  return layout !== undefined && (await hasCluster(layout));
}

/**
 * Starts or adopts the server and answers its URL without being counted as a user: it runs until `stopEmbedded`.
 * For whoever wants it to outlive single processes.
 */
export async function holdServer(dataDir: string, deps: SupervisorDeps): Promise<string> {
  const layout = await prepareLayout(dataDir, deps.random);
  const server = await withFileLock(layout.lockFile, deps, async () => await start(layout, deps));
  return urlOf(server, await readSecret(layout));
}

/**
 * Stops the server of a data folder, whoever uses it; their open transactions are rolled back.
 * Answers whether one was running.
 */
export async function stopEmbedded(
  dataDir: string,
  deps: Pick<SupervisorDeps, 'clock' | 'random'>,
): Promise<boolean> {
  const layout = await layoutOf(dataDir);
  if (layout === undefined) return false;
  return await withFileLock(layout.lockFile, deps, async () => {
    const running = (await findServer(layout)) !== undefined;
    await stopServer(layout, deps.clock);
    return running;
  });
}

async function start(layout: Layout, deps: SupervisorDeps): Promise<RunningServer> {
  const running = await findServer(layout);
  if (running !== undefined && (await doingOf(running)) === 'serves') return running;
  const sources = deps.binaries ?? (await binarySources(deps.searchPath));
  const binaries = await findBinaries(layout, sources);
  await ensureCluster(layout, binaries, deps.random);
  return await ensureRunning(layout, binaries, deps.clock);
}

/** The socket folder stands percent-encoded where a host would; pg, DBOS and libpq all read it. */
function urlOf(server: RunningServer, secret: string): string {
  const host = encodeURIComponent(server.socketFolder);
  return `postgresql://${ownerRole}:${secret}@${host}:${server.port}/${databaseName}`;
}
