import { execFile, spawn } from 'node:child_process';
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  open,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { AppError, messageOf } from '../../lib/app-error.ts';
import { sha256 } from '../../lib/hash.ts';
import type { Random } from '../../lib/random.ts';
import type { Binaries } from './binaries.ts';
import { readableCopy } from './binaries.ts';
import { isAlive } from './folder-lock.ts';

const run = promisify(execFile);

/** One database cluster in a data folder, and as whom it runs. */
export interface Cluster {
  readonly folder: string;
  readonly socketFolder: string;
  readonly passwordFile: string;
  /** User and group of the server's process; null = ours. */
  readonly owner: { readonly uid: number; readonly gid: number } | null;
}

export const databaseUser = 'claude_manager';
export const databaseName = 'postgres';

/** Where the cluster of a data folder lies. The socket's path must stay under 107 bytes (sockaddr_un). */
export async function locate(dataDir: string, owner: Cluster['owner']): Promise<Cluster> {
  const home =
    owner === null || (await isReachable(dataDir))
      ? dataDir
      : `/var/lib/claude-manager/${sha256(dataDir).slice(0, 12)}`;
  const folder = join(home, 'postgres');
  const near = join(home, 'socket');
  const socketFolder =
    Buffer.byteLength(join(near, '.s.PGSQL.5432')) < 100
      ? near
      : join(tmpdir(), `cms-${sha256(dataDir).slice(0, 16)}`);
  return { folder, socketFolder, passwordFile: join(dataDir, 'database-password'), owner };
}

/** As root, the user that the server drops to: one with a passwd entry, because initdb looks it up. */
export async function serverOwner(): Promise<Cluster['owner']> {
  if (process.getuid?.() !== 0) return null;
  const users = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  for (const wanted of ['postgres', 'nobody']) {
    const found = users.find(([name]) => name === wanted);
    if (found !== undefined) return { uid: Number(found[2]), gid: Number(found[3]) };
  }
  throw new AppError({
    kind: 'unavailable',
    code: 'postgres_user_missing',
    message:
      'PostgreSQL does not run as root and there is no user "postgres" or "nobody" to run it as.',
    next: 'Add a user (useradd --system postgres), or start the service as an ordinary user.',
  });
}

/** Makes the cluster in a folder beside its place and renames it when whole, so that a killed first start leaves nothing half made. */
export async function ensureCluster(
  cluster: Cluster,
  binaries: Binaries,
  random: Random,
): Promise<void> {
  if (await exists(join(cluster.folder, 'PG_VERSION'))) return;
  const parent = dirname(cluster.folder);
  await mkdir(parent, { recursive: true, mode: 0o755 });
  const password = await ensurePassword(cluster, random);
  const work = await mkdtemp(join(parent, 'initdb-'));
  try {
    const passwordFile = join(work, 'password');
    await writeFile(passwordFile, password, { mode: 0o600 });
    if (cluster.owner !== null) {
      await chown(work, cluster.owner.uid, cluster.owner.gid);
      await chown(passwordFile, cluster.owner.uid, cluster.owner.gid);
    }
    await run(
      join(binaries.folder, 'initdb'),
      [
        '-D',
        join(work, 'data'),
        '-U',
        databaseUser,
        '--auth=scram-sha-256',
        `--pwfile=${passwordFile}`,
        '--encoding=UTF8',
        '--locale=C',
        '--data-checksums',
      ],
      {
        ...asOwner(cluster),
        env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' },
        timeout: 120_000,
      },
    );
    await rm(cluster.folder, { recursive: true, force: true });
    await rename(join(work, 'data'), cluster.folder);
  } catch (cause) {
    throw new AppError({
      kind: 'unavailable',
      code: 'database_init_failed',
      message: `The database could not be made in ${cluster.folder}: ${messageOf(cause).split('\n').slice(0, 4).join(' ')}`,
      next: 'Look at free space and permissions of the data folder.',
      cause,
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Starts the server in a session of its own, or adopts the one that runs; answers when it takes connections. */
export async function ensureRunning(cluster: Cluster, binaries: Binaries): Promise<void> {
  const pid = await serverPid(cluster);
  if (pid !== null && (await isReady(cluster, 60_000, () => isAlive(pid)))) return;
  await mkdir(cluster.socketFolder, { recursive: true, mode: 0o700 });
  if (cluster.owner !== null)
    await chown(cluster.socketFolder, cluster.owner.uid, cluster.owner.gid);
  await chmod(cluster.socketFolder, 0o700);
  const logFile = join(dirname(cluster.folder), 'postgres.log');
  const log = await open(logFile, 'a', 0o600);
  const server = spawn(
    join(binaries.folder, 'postgres'),
    [
      '-D',
      cluster.folder,
      '-k',
      cluster.socketFolder,
      '-c',
      'listen_addresses=',
      '-c',
      'unix_socket_permissions=0700',
      '-c',
      'max_connections=100',
      '-c',
      'fsync=on',
      '-c',
      'synchronous_commit=on',
    ],
    {
      ...asOwner(cluster),
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' },
    },
  );
  let failure: unknown = null;
  server.once('error', (error) => {
    failure = error;
  });
  server.unref();
  await log.close();
  if (await isReady(cluster, 60_000, () => failure === null && server.exitCode === null)) return;
  const tail = (await readFile(logFile, 'utf8').catch(() => ''))
    .trim()
    .split('\n')
    .slice(-3)
    .join(' ');
  throw new AppError({
    kind: 'unavailable',
    code: 'database_start_failed',
    message: `The database did not start: ${tail === '' ? messageOf(failure) : tail}`,
    next: `Read ${logFile}; look at free space and permissions of the data folder.`,
    cause: failure ?? undefined,
  });
}

/** Stops the server: open transactions are rolled back, committed work is on disk (fast shutdown). */
export async function stopServer(cluster: Cluster): Promise<boolean> {
  const pid = await serverPid(cluster);
  if (pid === null) return false;
  process.kill(pid, 'SIGINT');
  for (let waited = 0; waited < 30_000 && isAlive(pid); waited += 50) await delay(50);
  if (isAlive(pid)) process.kill(pid, 'SIGQUIT');
  return true;
}

/** The number of the live server of this cluster, null when there is none; a stale postmaster.pid is no server. */
export async function serverPid(cluster: Cluster): Promise<number | null> {
  const file = join(cluster.folder, 'postmaster.pid');
  const text = await readFile(file, 'utf8').catch(() => null);
  const pid = Number(text?.split('\n', 1)[0] ?? 0);
  if (text === null || !Number.isInteger(pid) || pid <= 0 || !isAlive(pid)) return null;
  const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => 'postgres');
  if (name.trim().startsWith('postgres')) return pid;
  // The number belongs to another program now; PostgreSQL itself would refuse to start beside it.
  await rm(file, { force: true });
  return null;
}

/** Addresses the server through its socket; the password is percent-encoded (RFC 3986). */
export async function clusterUrl(cluster: Cluster): Promise<string> {
  const password = (await readFile(cluster.passwordFile, 'utf8')).trim();
  return `postgresql://${databaseUser}:${encodeURIComponent(password)}@localhost/${databaseName}?host=${encodeURIComponent(cluster.socketFolder)}`;
}

/** Gives back binaries that the server's user may read. */
export async function binariesFor(cluster: Cluster, binaries: Binaries): Promise<Binaries> {
  if (cluster.owner === null || (await isReachable(binaries.folder))) return binaries;
  return readableCopy(binaries, '/var/lib/claude-manager/binaries');
}

async function ensurePassword(cluster: Cluster, random: Random): Promise<string> {
  const known = await readFile(cluster.passwordFile, 'utf8').catch(() => null);
  if (known !== null && known.trim() !== '') return known.trim();
  const password = random.bytes(24).toString('base64url');
  await mkdir(dirname(cluster.passwordFile), { recursive: true });
  await writeFile(cluster.passwordFile, password, { mode: 0o600 });
  return password;
}

async function isReady(
  cluster: Cluster,
  ms: number,
  isWorthWaiting: () => boolean,
): Promise<boolean> {
  const url = await clusterUrl(cluster);
  for (const until = Date.now() + ms; Date.now() < until; await delay(40)) {
    const client = new Client({ connectionString: url });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.end();
      return true;
    } catch (error) {
      if ((error as { code?: string }).code === '28P01') throw wrongPassword(cluster, error);
      await client.end().catch(() => undefined);
    }
    if (!isWorthWaiting()) return false;
  }
  return false;
}

function wrongPassword(cluster: Cluster, cause: unknown): AppError {
  return new AppError({
    kind: 'forbidden',
    code: 'database_password_wrong',
    message: `The database in ${cluster.folder} does not take the password in ${cluster.passwordFile}.`,
    next: 'Put back the password file that belongs to this data folder.',
    cause,
  });
}

function asOwner(cluster: Cluster): { uid?: number; gid?: number } {
  return cluster.owner === null ? {} : cluster.owner;
}

/** Whether every folder on the way may be entered by others. */
async function isReachable(folder: string): Promise<boolean> {
  for (let place = folder; ; place = dirname(place)) {
    const info = await stat(place).catch(() => null);
    if (info !== null && (info.mode & 0o001) === 0) return false;
    if (place === dirname(place)) return true;
  }
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
