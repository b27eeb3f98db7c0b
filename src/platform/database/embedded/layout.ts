import { chmod, chown, lstat, mkdir, realpath, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { AppError } from '../../../lib/app-error.ts';
import { sha256 } from '../../../lib/hash.ts';
import type { Random } from '../../../lib/random.ts';
import { type Account, canReach, chooseAccount } from './account.ts';
import { codeOf } from './file-lock.ts';

/** Where the embedded server keeps its things. All paths are absolute and free of links. */
export interface Layout {
  readonly home: string;
  /** PGDATA; absent until initdb succeeded. */
  readonly cluster: string;
  readonly secretFile: string;
  readonly lockFile: string;
  /** One file for each process that has the database open. */
  readonly usersFolder: string;
  readonly logFile: string;
  readonly account: Account | undefined;
}

const placeOfRoot = '/var/lib/claude-manager';

/**
 * Makes `<dataDir>/postgres`. As root the server runs as another user; when that user cannot reach the data folder
 * (below /root, say), `postgres` becomes a link to a folder below /var/lib/claude-manager (or beside it, when the data folder is a temporary one).
 */
export async function prepareLayout(dataDir: string, random: Random): Promise<Layout> {
  const wanted = join(resolve(dataDir), 'postgres');
  try {
    if (!(await exists(wanted))) await makeHome(wanted, random);
    const layout = await layoutOf(dataDir);
    if (layout === undefined) throw missing(wanted);
    await mkdir(layout.usersFolder, { recursive: true, mode: 0o700 });
    return layout;
  } catch (error) {
    throw error instanceof AppError ? error : cannotPrepare(wanted, error);
  }
}

/** The layout of a data folder that has one, without making anything. */
export async function layoutOf(dataDir: string): Promise<Layout | undefined> {
  const wanted = join(resolve(dataDir), 'postgres');
  if (!(await exists(wanted))) return undefined;
  const home = await realpath(wanted).catch((error: unknown) => {
    throw codeOf(error) === 'ENOENT' ? missing(wanted) : error;
  });
  const cluster = join(home, 'data');
  return {
    home,
    cluster,
    secretFile: join(home, 'secret'),
    lockFile: join(home, 'lock'),
    usersFolder: join(home, 'users'),
    logFile: join(home, 'server.log'),
    account: await chooseAccount(cluster),
  };
}

/**
 * A folder for the socket, 0700 and owned by the server's account. A socket path must stay under 107 bytes
 * (unix(7); 103 on macOS), so a deep data folder gets a short one in the temporary folder.
 */
export async function socketFolder(layout: Layout): Promise<string> {
  const short = `cms-${sha256(layout.home).slice(0, 16)}`;
  const places = [join(layout.home, 'socket'), join(tmpdir(), short), join('/tmp', short)];
  for (const place of places) {
    if (Buffer.byteLength(place) > 80) continue;
    if (!(await canReach(layout.account, dirname(place)))) continue;
    await ownFolder(place, layout.account);
    return place;
  }
  throw cannotPrepare(layout.home, new Error('no folder short enough for a socket'));
}

/** Creates a 0700 folder for the account, and trusts one that is there only when it is exactly that. */
export async function ownFolder(path: string, account: Account | undefined): Promise<void> {
  const uid = account?.uid ?? process.getuid?.();
  try {
    await mkdir(path, { mode: 0o700 });
    if (account !== undefined) await chown(path, account.uid, account.gid);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
  const found = await lstat(path);
  // Killed between mkdir and chown: the folder is still root's own, and nobody else can have made it so.
  if (account !== undefined && found.isDirectory() && found.uid === process.getuid?.()) {
    await chown(path, account.uid, account.gid);
  } else if (!found.isDirectory() || found.uid !== uid || (found.mode & 0o077) !== 0) {
    throw cannotPrepare(path, new Error('it is there already and belongs to someone else'));
  }
}

async function makeHome(wanted: string, random: Random): Promise<void> {
  const dataDir = dirname(wanted);
  await mkdir(dirname(dataDir), { recursive: true }); // not 0700: the server's account passes through
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const account = await chooseAccount(join(wanted, 'data'));
  if (await becomesReachable(dataDir, account)) {
    await mkdir(wanted, { recursive: true, mode: 0o711 });
    return;
  }
  // What is temporary stays temporary.
  const place = dataDir.startsWith(`${tmpdir()}/`) ? tmpdir() : placeOfRoot;
  await mkdir(place, { recursive: true, mode: 0o711 });
  const elsewhere = join(place, `cms-postgres-${random.bytes(8).toString('hex')}`);
  try {
    await mkdir(elsewhere, { mode: 0o711 });
    await symlink(elsewhere, wanted);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error; // a racing first start made the link
  }
}

/** Our own data folder may be opened for passing through (0711); its parents are not ours to change. */
async function becomesReachable(dataDir: string, account: Account | undefined): Promise<boolean> {
  if (await canReach(account, dataDir)) return true;
  if (!(await canReach(account, dirname(dataDir)))) return false;
  const { uid, mode } = await stat(dataDir);
  if (uid === process.getuid?.()) await chmod(dataDir, (mode & 0o777) | 0o011);
  return await canReach(account, dataDir);
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

function missing(wanted: string): AppError {
  return new AppError({
    kind: 'not_well',
    code: 'database_missing',
    message: `${wanted} points to a database folder that is gone.`,
    next: 'Restore that folder from a backup; to begin anew, remove the link.',
    details: { path: wanted },
  });
}

function cannotPrepare(path: string, cause: unknown): AppError {
  const code = codeOf(cause);
  const full = code === 'ENOSPC' || code === 'EDQUOT';
  return new AppError({
    kind: full ? 'unavailable' : 'not_well',
    code: full ? 'disk_full' : 'database_folder_unusable',
    message: `The database folder ${path} cannot be used: ${cause instanceof Error ? cause.message : String(cause)}.`,
    next: full
      ? 'Free some space on that disk, or choose another data folder.'
      : 'Give this user the right to write there, choose another data folder, or set DATABASE_URL.',
    details: { path, code },
    cause,
  });
}
