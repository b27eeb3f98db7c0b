import { mkdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, toAppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Random } from '../../lib/random.ts';
import type { Database } from '../database/database.ts';
import {
  type ArchiveFile,
  type Chain,
  chainName,
  listChains,
  pruneChains,
  removeDrafts,
} from './archive-folder.ts';
import { segmentStart } from './lsn.ts';
import { readPiece } from './read-archive.ts';
import { advanceSlot, dropSlot, readWalState, takeSlot, type WalState } from './slot.ts';
import { readWal } from './wal.ts';
import { type ChainPlace, writeBase, writePiece } from './write-archive.ts';

export interface ArchiverParts {
  readonly database: Pick<Database, 'pool' | 'url'>;
  /** The server's folder. */
  readonly cluster: string;
  /** Of the archive. */
  readonly folder: string;
  /** 32 bytes; needed again to restore. */
  readonly key: Uint8Array;
  /** Version of this program. */
  readonly program: string;
  readonly keepDays: number;
  readonly clock: Pick<Clock, 'now' | 'monotonicMs'>;
  readonly random: Pick<Random, 'bytes'>;
  /** Hears that what lies between the last piece and the next base cannot be restored, and why. */
  readonly onBroken: (reason: string) => Promise<void>;
  /** Hears of a base that was written, and of one that could not be. */
  readonly onBase: (error: unknown) => void;
}

export interface Archiver {
  /** Brings the archive up to what the server has flushed; begins one, and a new base, when it is time. */
  round(): Promise<{ readonly hasBase: boolean }>;
  /** Ends a copy that is under way. */
  close(): Promise<void>;
}

const hour = 3_600_000;
/** A recovery reads so much log at most; more costs minutes. */
const baseEveryBytes = 4 * 1024 ** 3;
const baseEveryMs = 24 * hour;
/** One that failed is not tried again at once: it is a whole copy. */
const baseAgainMs = hour / 4;
const pieceBytes = 256 * 1024 ** 2;
/** A log in which nothing happens says so this often, so that such a time can be named too. */
const restMs = hour / 12;
/** With less room than this left, nothing is kept back for the archive. */
const fewestBytes = 256 * 1024 ** 2;

interface Open extends ChainPlace {
  until: number;
  at: Date;
  bases: ArchiveFile[];
}

/**
 * Keeps the log of a server as pieces beside bases. The server holds back what is not yet here by a replication slot, with
 * a bound (`walKeptAtMost`); the pieces are read from its own files. One process at a time; a kill at any place leaves what
 * the next one takes up.
 */
export function createArchiver(parts: ArchiverParts): Archiver {
  const { database, cluster, folder, key, clock, random } = parts;
  const walFolder = join(cluster, 'pg_wal');
  const over = new AbortController();
  let chain: Open | null = null;
  let hasLooked = false;
  let copying: Promise<void> | null = null;
  let baseNotBefore = 0;

  const placeOf = (
    { system, timeline, segmentBytes }: WalState,
    { id, folder: place }: Pick<Chain, 'id' | 'folder'>,
  ): ChainPlace => ({ id, folder: place, system, timeline, segmentBytes, key });

  const broken = async (reason: string): Promise<void> => {
    chain = null;
    await parts.onBroken(reason);
  };

  /** Goes on with what an earlier process wrote, when the server's log is the same as ours up to there. */
  const takeUp = async (state: WalState): Promise<Open | null> => {
    const found = (await listChains(folder)).findLast(({ system }) => system === state.system);
    const last = found?.pieces.at(-1);
    if (found === undefined || last === undefined) return null;
    await removeDrafts(found.folder);
    const { until, at } = last;
    const open = { ...placeOf(state, found), until, at, bases: [...found.bases] };
    const why = whyBroken(state, open) ?? (await differs(found, last, state));
    if (why === null) return open;
    await broken(why);
    return null;
  };

  /** A database folder that was put back from a copy has another log at the same places. */
  const differs = async (
    found: Chain,
    last: ArchiveFile,
    { slot, timeline, segmentBytes }: WalState,
  ): Promise<string | null> => {
    const kept = segmentStart(slot?.kept ?? last.until, segmentBytes);
    try {
      const piece = await readPiece(last, key, found, async (at, bytes) => {
        const from = Math.max(at, kept);
        let compared = from - at;
        if (compared >= bytes.length) return;
        for await (const here of readWal(
          walFolder,
          { timeline, segmentBytes },
          from,
          at + bytes.length,
        )) {
          if (!here.equals(bytes.subarray(compared, compared + here.length)))
            throw new Error('the log of the database is another one at the same place');
          compared += here.length;
        }
      });
      return piece.timeline === timeline ? null : 'the database was recovered by other means';
    } catch (error) {
      return toAppError(error).message;
    }
  };

  const begin = async (state: WalState): Promise<Open> => {
    await requireRoom(cluster, 2 * fewestBytes);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await requireRoom(folder, 2 * fewestBytes + (await sizeOf(database)));
    const kept = await takeSlot(database);
    const id = chainName(state.system, clock.now());
    const place = placeOf(state, { id, folder: join(folder, id) });
    await mkdir(place.folder, { recursive: true, mode: 0o700 });
    const until = segmentStart(kept, state.segmentBytes);
    return { ...place, until, at: new Date(0), bases: [] };
  };

  const extend = async (open: Open, state: WalState): Promise<void> => {
    let kept = state.slot?.kept ?? open.until;
    do {
      const until = Math.min(state.flushed, open.until + pieceBytes);
      const isLast = until === state.flushed;
      // What goes on in a further piece says nothing yet of how far this one reaches in time.
      const at = isLast ? state.at : open.at;
      await writePiece(open, walFolder, { from: open.until, until, at }, random);
      open.until = until;
      open.at = at;
      if (until > kept) await advanceSlot(database, until);
      kept = Math.max(kept, until);
    } while (open.until < state.flushed);
  };

  const copy = async (open: Open): Promise<void> => {
    try {
      await requireRoom(folder, fewestBytes + (await sizeOf(database)));
      const { url } = database;
      const { program } = parts;
      const base = await writeBase(
        { chain: open, url, cluster, program, signal: over.signal },
        random,
      );
      open.bases.push(base);
      await pruneChains(folder, new Date(clock.now().getTime() - parts.keepDays * 24 * hour));
      parts.onBase(null);
    } catch (error) {
      baseNotBefore = clock.monotonicMs() + baseAgainMs;
      if (!over.signal.aborted) parts.onBase(error);
    } finally {
      copying = null;
    }
  };

  const isBaseDue = (open: Open): boolean => {
    if (copying !== null || clock.monotonicMs() < baseNotBefore) return false;
    const newest = open.bases.at(-1);
    return (
      newest === undefined ||
      open.until - newest.until >= baseEveryBytes ||
      clock.now().getTime() - newest.at.getTime() >= baseEveryMs
    );
  };

  return {
    round: async () => {
      let state = await readWalState(database);
      if (state.slot !== null && (await roomIn(cluster)) < fewestBytes) {
        await dropSlot(database);
        await broken('the disk of the database is almost full');
      }
      if (chain === null && !hasLooked) chain = await takeUp(state);
      hasLooked = true;
      const why = chain === null ? null : whyBroken(state, chain);
      if (why !== null) await broken(why);
      if (chain === null) {
        chain = await begin(state);
        state = await readWalState(database);
      }
      const isResting = state.at.getTime() - chain.at.getTime() >= restMs;
      try {
        if (chain.until < state.flushed || isResting) await extend(chain, state);
      } catch (error) {
        if (toAppError(error).code === 'archive_wal_gone') await broken(toAppError(error).message);
        throw error;
      }
      if (isBaseDue(chain)) copying = copy(chain);
      return { hasBase: chain.bases.length > 0 };
    },
    close: async () => {
      over.abort(new Error('The service stops.'));
      await copying;
    },
  };
}

/** Why what the server has does not join on to what is here; null when it does. */
function whyBroken({ slot, timeline, flushed }: WalState, open: Open): string | null {
  if (slot === null) return 'the database was not told to keep its log';
  if (slot.kept === null) return 'the database kept as much of its log as it may';
  if (slot.kept > open.until) return 'the database did not keep its log for the last piece';
  if (flushed < open.until || timeline !== open.timeline)
    return 'the database was put back to an earlier time';
  return null;
}

async function sizeOf({ pool }: Pick<Database, 'pool'>): Promise<number> {
  const { rows } = await pool.query<{ bytes: number }>(
    'select sum(pg_database_size(oid))::int8 as bytes from pg_database',
  );
  return rows[0]?.bytes ?? 0;
}

async function roomIn(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

async function requireRoom(folder: string, bytes: number): Promise<void> {
  const free = await roomIn(folder);
  if (free >= bytes) return;
  const mb = (count: number): number => Math.ceil(count / 1024 ** 2);
  throw new AppError({
    kind: 'unavailable',
    code: 'disk_full',
    message: `The archive of the database needs ${mb(bytes)} MB, and the disk of ${folder} has ${mb(free)} MB free.`,
    next: 'Free some space on that disk, or name a folder on another one with backup.folder.',
    details: { path: folder, freeBytes: free, neededBytes: bytes },
  });
}
