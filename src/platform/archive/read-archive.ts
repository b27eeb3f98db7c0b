import { basename } from 'node:path';
import type { AppError } from '../../lib/app-error.ts';
import { altered, backupError } from '../backup/backup-error.ts';
import { archiveFormat } from '../backup/container.ts';
import { openSealed, readRecords, thenClosed } from '../backup/sealed-file.ts';
import type { ArchiveFile, Chain } from './archive-folder.ts';
import { type BaseEnd, type BaseHead, BaseRecord, WalRecord } from './records.ts';

/** What a base holds beside its files. */
export interface BaseFacts {
  readonly head: BaseHead;
  readonly end: BaseEnd;
}

export interface BaseSink {
  folder(path: string): Promise<void>;
  part(path: string, bytes: Buffer): Promise<void>;
}

type Whose = Pick<Chain, 'id' | 'system'>;

/**
 * Reads a base from end to end. Throws AppError as `openSealed` does, and `archive_foreign` when it belongs to another
 * system, another chain or another place than its name says.
 */
export async function readBase(
  named: ArchiveFile,
  key: Uint8Array,
  chain: Whose,
  sink: BaseSink | null = null,
): Promise<BaseFacts> {
  const facts = await readBaseFile(named.file, key, sink);
  requireNamed(named, { ...facts.head, ...facts.end }, chain);
  return facts;
}

/** The same of a file that has no name yet. */
export async function readBaseFile(
  file: string,
  key: Uint8Array,
  sink: BaseSink | null = null,
): Promise<BaseFacts> {
  const sealed = await openSealed(file, key, archiveFormat);
  return await thenClosed(
    sealed,
    (async () => {
      let head: BaseHead | null = null;
      let end: BaseEnd | null = null;
      const files = new Set<string>();
      let bytes = 0;
      const records = readRecords(file, sealed, {
        parse: (value) => BaseRecord.parse(value),
        follows: (record) => (record.type === 'part' ? record.bytes : null),
      });
      for await (const { record, data } of records) {
        if ((head === null) !== (record.type === 'base') || end !== null)
          throw altered(file, 'its records are not in their order');
        if (record.type === 'base') head = record;
        else if (record.type === 'end') end = record;
        else if (record.type === 'folder') await sink?.folder(record.path);
        else {
          files.add(record.path);
          bytes += data.length;
          await sink?.part(record.path, data);
        }
      }
      if (head === null || end === null) throw altered(file, 'it has no end');
      if (end.files !== files.size || end.bytes !== bytes)
        throw altered(file, 'its files are not those it counted');
      return { head, end };
    })(),
  );
}

/**
 * Reads a piece from end to end; `take` is handed its bytes with their place in the log. Throws as `readBase` does, and
 * what `take` throws.
 */
export async function readPiece(
  named: ArchiveFile,
  key: Uint8Array,
  chain: Whose,
  take: (at: number, bytes: Buffer, piece: WalRecord) => Promise<void> = async () => undefined,
): Promise<WalRecord> {
  const { file } = named;
  const sealed = await openSealed(file, key, archiveFormat);
  return await thenClosed(
    sealed,
    (async () => {
      let found: WalRecord | null = null;
      let at = 0;
      const records = readRecords(file, sealed, {
        parse: (value) => WalRecord.parse(value),
        follows: (record) => record.bytes,
      });
      for await (const { record, data } of records) {
        if (found === null) {
          requireNamed(named, record, chain);
          if (record.bytes !== record.until - record.from)
            throw altered(file, 'its length is not that of its place');
          at = record.from;
        } else if (record !== found) throw altered(file, 'something follows its bytes');
        found = record;
        await take(at, data, record);
        at += data.length;
      }
      if (found === null) throw altered(file, 'it is empty');
      return found;
    })(),
  );
}

function requireNamed(
  named: ArchiveFile,
  found: Pick<WalRecord, 'system' | 'chain' | 'from' | 'until' | 'at'>,
  chain: Whose,
): void {
  const { from, until, at, file } = named;
  if (found.system !== chain.system) throw foreign(file, `it is of the database ${found.system}`);
  if (found.chain !== chain.id) throw foreign(file, `it is of ${found.chain}`);
  if (found.from !== from || found.until !== until || found.at !== at.toISOString())
    throw foreign(file, 'it is another part of the log than its name says');
}

function foreign(file: string, what: string): AppError {
  return backupError(
    'archive_foreign',
    file,
    `${basename(file)} does not belong where it lies: ${what}. Nothing of it was used.`,
    'Put the archive back as it was written, or restore another moment; see `claude-manager backups list`.',
  );
}
