import { chown, mkdir, open, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { AppError, toAppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Random } from '../../lib/random.ts';
import { connectionError } from '../database/connection-error.ts';
import { binarySources, findBinaries } from '../database/embedded/binaries.ts';
import { databaseName, ownerRole } from '../database/embedded/cluster.ts';
import { withFileLock } from '../database/embedded/file-lock.ts';
import {
  type Layout,
  ownFolder,
  prepareLayout,
  socketFolder,
} from '../database/embedded/layout.ts';
import { ensureRunning, type RunningServer, stopServer } from '../database/embedded/server.ts';
import { segmentName, segmentStart } from './lsn.ts';
import type { Chosen } from './moments.ts';
import { readBase, readPiece } from './read-archive.ts';

/** A database as it was at a moment, served by a server of its own that nobody else uses. */
export interface Recovered {
  readonly url: string;
  /** For what is made of it meanwhile; removed with it. */
  readonly folder: string;
  /** As the server tells it, for example `18.4`. */
  readonly version: string;
}

export interface RecoverDeps {
  readonly clock: Clock;
  readonly random: Random;
  /** The PATH of the environment, where a `postgres` may be found. */
  readonly searchPath: string | undefined;
  readonly progress: (line: string) => void;
}

const prefix = 'recovery-';
/** Replaying the log of a day takes minutes at most. */
const replayMs = 30 * 60_000;
const endedBefore = 'recovery ended before configured recovery target was reached';

/**
 * Unpacks a base and the log after it into a folder beside the embedded database, lets a server replay it up to the moment,
 * and hands that server to `work`; afterwards nothing of it is left. The database itself is not touched.
 * Throws AppError as `readBase` and `readPiece` do before any server starts, and as the embedded server's parts do.
 */
export async function withRecovered<T>(
  dataDir: string,
  chosen: Chosen,
  key: Uint8Array,
  deps: RecoverDeps,
  work: (recovered: Recovered) => Promise<T>,
): Promise<T> {
  const { clock, random } = deps;
  const layout = await prepareLayout(dataDir, random);
  return await withFileLock(join(layout.home, 'recovery.lock'), deps, async () => {
    // What a killed recovery left; its server may still run.
    for (const name of await readdir(layout.home))
      if (name.startsWith(prefix)) await remove(placeOf(layout, name), clock);
    const place = placeOf(layout, `${prefix}${random.bytes(6).toString('hex')}`);
    try {
      await mkdir(place.home, { mode: 0o711 });
      await ownFolder(place.cluster, place.account);
      deps.progress(`unpacking the base of ${chosen.base.at.toISOString()}`);
      await unpackBase(place, chosen, key);
      deps.progress(`unpacking ${chosen.pieces.length} pieces of the log`);
      await unpackLog(place, chosen, key);
      deps.progress('replaying the log');
      const server = await replay(place, chosen, deps);
      return await work({ ...(await reach(server)), folder: place.home });
    } finally {
      await remove(place, clock);
    }
  });
}

/** Nothing but the folder is shared with the database beside it. */
function placeOf({ home, account }: Layout, name: string): Layout {
  const own = join(home, name);
  return {
    home: own,
    cluster: join(own, 'data'),
    secretFile: join(own, 'secret'),
    lockFile: join(own, 'lock'),
    usersFolder: join(own, 'users'),
    logFile: join(own, 'server.log'),
    account,
  };
}

async function remove(place: Layout, clock: Clock): Promise<void> {
  await stopServer(place, clock);
  const sockets = await socketFolder(place).catch(() => null);
  if (sockets !== null && dirname(sockets) !== place.home)
    await rm(sockets, { recursive: true, force: true, maxRetries: 5 });
  await rm(place.home, { recursive: true, force: true, maxRetries: 5 });
}

async function unpackBase(
  { cluster, account }: Layout,
  { base, chain }: Chosen,
  key: Uint8Array,
): Promise<void> {
  let writing: { readonly path: string; readonly handle: Awaited<ReturnType<typeof open>> } | null =
    null;
  const close = async (): Promise<void> => {
    await writing?.handle.close();
    writing = null;
  };
  const put = async (path: string, text: string): Promise<void> => {
    const file = join(cluster, path);
    await writeFile(file, text, { mode: 0o600 });
    if (account !== undefined) await chown(file, account.uid, account.gid);
  };
  try {
    const { end } = await readBase(base, key, chain, {
      folder: async (path) => {
        await ownFolder(join(cluster, path), account);
      },
      part: async (path, bytes) => {
        if (writing?.path !== path) {
          await close();
          const handle = await open(join(cluster, path), 'wx', 0o600);
          writing = { path, handle };
          if (account !== undefined) await handle.chown(account.uid, account.gid);
        }
        for (let from = 0; from < bytes.length; )
          from += (await writing.handle.write(bytes, from)).bytesWritten;
      },
    });
    await close();
    await put('backup_label', end.label);
    // The folder of its socket is for this user alone, and the password of the lost database may be lost with it.
    await put('pg_hba.conf', 'local all all trust\n');
  } finally {
    await close();
  }
}

/** Every segment has its full length; what no piece holds are zeros, where the log ends. */
async function unpackLog(
  { cluster, account }: Layout,
  { base, pieces, chain }: Chosen,
  key: Uint8Array,
): Promise<void> {
  const folder = join(cluster, 'pg_wal');
  let segment: {
    readonly begins: number;
    readonly handle: Awaited<ReturnType<typeof open>>;
  } | null = null;
  try {
    for (const piece of pieces)
      await readPiece(piece, key, chain, async (place, bytes, { timeline, segmentBytes }) => {
        const skipped = Math.max(0, base.from - place);
        for (let done = skipped; done < bytes.length; ) {
          const at = place + done;
          const begins = segmentStart(at, segmentBytes);
          if (segment?.begins !== begins) {
            await segment?.handle.close();
            const file = join(folder, segmentName(timeline, at, segmentBytes));
            const handle = await open(file, 'wx', 0o600);
            segment = { begins, handle };
            await handle.truncate(segmentBytes);
            if (account !== undefined) await handle.chown(account.uid, account.gid);
          }
          const length = Math.min(bytes.length - done, begins + segmentBytes - at);
          done += (await segment.handle.write(bytes, done, length, at - begins)).bytesWritten;
        }
      });
  } finally {
    await (segment as { handle: Awaited<ReturnType<typeof open>> } | null)?.handle.close();
  }
}

/** Replays up to the moment; when nothing was written after it, up to the end. */
async function replay(place: Layout, chosen: Chosen, deps: RecoverDeps): Promise<RunningServer> {
  const { clock, searchPath } = deps;
  const binaries = await findBinaries(place, await binarySources(searchPath));
  const begin = async (target: Date | null): Promise<RunningServer> => {
    await configure(place, target);
    return await ensureRunning(place, binaries, clock, replayMs);
  };
  try {
    return await begin(chosen.isEnd ? null : chosen.at);
  } catch (error) {
    const { details } = toAppError(error);
    if (chosen.isEnd || !JSON.stringify(details ?? {}).includes(endedBefore)) throw failed(error);
    return await begin(null);
  }
}

async function configure({ cluster, account }: Layout, target: Date | null): Promise<void> {
  const settings: Readonly<Record<string, string>> = {
    // All of the log is in pg_wal.
    restore_command: 'false',
    recovery_target_timeline: 'current',
    recovery_target_action: 'promote',
    hot_standby: 'off',
    ...(target === null
      ? {}
      : { recovery_target_time: target.toISOString().replace('T', ' ').replace('Z', '+00') }),
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value}'\n`);
  for (const [name, text] of [
    ['postgresql.auto.conf', lines.join('')],
    ['recovery.signal', ''],
  ] as const) {
    const file = join(cluster, name);
    await writeFile(file, text, { mode: 0o600 });
    if (account !== undefined) await chown(file, account.uid, account.gid);
  }
}

async function reach({
  socketFolder: host,
  port,
}: RunningServer): Promise<Omit<Recovered, 'folder'>> {
  const url = `postgresql://${ownerRole}@${encodeURIComponent(host)}:${port}/${databaseName}`;
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined); // the query under way rejects as well
  try {
    await client.connect();
    const { rows } = await client.query<{ version: string }>(
      `select current_setting('server_version') as version`,
    );
    return { url, version: rows[0]?.version.split(' ')[0] ?? '' };
  } catch (cause) {
    throw connectionError(url, cause);
  } finally {
    await client.end();
  }
}

function failed(cause: unknown): AppError {
  const { kind, message, details } = toAppError(cause);
  return new AppError({
    kind,
    code: 'archive_recovery_failed',
    message: `The archive could not be replayed. ${message}`,
    next: 'Nothing was changed. Restore another moment or a backup; see `claude-manager backups list`.',
    ...(details === undefined ? {} : { details }),
    cause,
  });
}
