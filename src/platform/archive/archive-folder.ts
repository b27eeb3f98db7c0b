import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** A file of an archive, by its name; whether it is whole is seen when it is read. */
export interface ArchiveFile {
  readonly file: string;
  /** Places in the log: of a base the begin of the segment that its recovery starts in, and where it is consistent. */
  readonly from: number;
  readonly until: number;
  /** Of a base when it was complete; of a piece when the log was flushed up to `until` at least. */
  readonly at: Date;
}

/** Bases and unbroken pieces of the log of one server, in the order of the log. */
export interface Chain {
  /** Name of its folder: the server's system identifier and when the chain began. */
  readonly id: string;
  readonly folder: string;
  readonly system: string;
  readonly bases: readonly ArchiveFile[];
  readonly pieces: readonly ArchiveFile[];
}

export type ArchiveFileKind = 'base' | 'wal';

const chainPattern = /^(\d{1,20})-\d{8}T\d{9}Z$/u;
const filePattern = /^([0-9A-F]{16})-([0-9A-F]{16})-(\d{8}T\d{9}Z)\.(base|wal)$/u;

/** The archive lies beside the backups. */
export function archiveFolderOf(backupFolder: string): string {
  return join(backupFolder, 'archive');
}

export function chainName(system: string, began: Date): string {
  return `${system}-${stampOf(began)}`;
}

export function archiveFileName(
  kind: ArchiveFileKind,
  { from, until, at }: Omit<ArchiveFile, 'file'>,
): string {
  return `${hexOf(from)}-${hexOf(until)}-${stampOf(at)}.${kind}`;
}

/** Every chain, the oldest first; empty when the folder is not there. Other files are left alone. */
export async function listChains(folder: string): Promise<readonly Chain[]> {
  const chains: Chain[] = [];
  for (const id of (await namesIn(folder)).toSorted(byBegin)) {
    const [, system] = chainPattern.exec(id) ?? [];
    if (system === undefined) continue;
    const place = join(folder, id);
    const found: Record<ArchiveFileKind, ArchiveFile[]> = { base: [], wal: [] };
    for (const name of (await namesIn(place)).toSorted()) {
      const [, from, until, stamp, kind] = filePattern.exec(name) ?? [];
      if (from === undefined || until === undefined || stamp === undefined) continue;
      found[kind === 'base' ? 'base' : 'wal'].push({
        file: join(place, name),
        from: Number.parseInt(from, 16),
        until: Number.parseInt(until, 16),
        at: momentOf(stamp),
      });
    }
    chains.push({ id, folder: place, system, bases: found.base, pieces: found.wal });
  }
  return chains;
}

/**
 * Removes what nothing later than `before` needs: chains that ended before it, and in the others every base but the newest
 * that is older, with the pieces before the oldest base that stays. The last chain keeps its newest base whatever its age.
 * A kill leaves pieces that the next call removes.
 */
export async function pruneChains(folder: string, before: Date): Promise<void> {
  const chains = await listChains(folder);
  for (const [index, chain] of chains.entries()) {
    const isLast = index === chains.length - 1;
    if (!isLast && !chain.pieces.some(({ at }) => at >= before)) {
      // Without its bases the rest is of no use.
      for (const { file } of chain.bases) await rm(file, { force: true });
      await rm(chain.folder, { recursive: true, force: true, maxRetries: 5 });
      continue;
    }
    const oldest = chain.bases.findLastIndex(({ at }) => at <= before);
    const kept = chain.bases.slice(Math.max(0, oldest));
    for (const { file } of chain.bases.slice(0, Math.max(0, oldest)))
      await rm(file, { force: true });
    const [first] = kept;
    if (first === undefined) continue;
    for (const { file } of chain.pieces.filter(({ until }) => until <= first.from))
      await rm(file, { force: true });
  }
}

/** What a killed process left half written. */
export async function removeDrafts(folder: string): Promise<void> {
  for (const name of await namesIn(folder))
    if (name.endsWith('.part')) await rm(join(folder, name), { force: true });
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });
}

function byBegin(one: string, other: string): number {
  const [a, b] = [one.slice(one.indexOf('-')), other.slice(other.indexOf('-'))];
  return a < b ? -1 : a > b ? 1 : 0;
}

function hexOf(at: number): string {
  return at.toString(16).toUpperCase().padStart(16, '0');
}

/** Of a moment to the millisecond, fit for a name. */
function stampOf(at: Date): string {
  return at.toISOString().replaceAll(/[-:.]/gu, '');
}

function momentOf(stamp: string): Date {
  return new Date(
    stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z$/u, '$1-$2-$3T$4:$5:$6.$7Z'),
  );
}
