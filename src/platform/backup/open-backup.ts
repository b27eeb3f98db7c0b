import { createHash } from 'node:crypto';
import { altered } from './backup-error.ts';
import { backupFormat } from './container.ts';
import { type BackupManifest, BackupRecord, type TableEnd, type TableHead } from './manifest.ts';
import { openSealed, readRecords, type SealedFile } from './sealed-file.ts';

/** A backup file whose seal was found good. It stays open, so that nobody changes it under a reader. */
export interface BackupFile {
  /** Of the file. */
  readonly bytes: number;
  /** Reads all of it and answers what is in it. Throws AppError `backup_altered`. */
  verify(): Promise<BackupManifest>;
  /** Reads all of it once more and hands each table over; the same checks. */
  read(into: TableSink): Promise<BackupManifest>;
  close(): Promise<void>;
}

export interface TableSink {
  begin(table: TableHead): Promise<void>;
  rows(bytes: Buffer): Promise<void>;
  end(table: TableEnd): Promise<void>;
}

/**
 * Opens a backup and checks its seal over every byte, before anything in it is read.
 * Throws AppError as `openSealed` does.
 */
export async function openBackup(file: string, key: Uint8Array): Promise<BackupFile> {
  const sealed = await openSealed(file, key, backupFormat);
  const read = (sink: TableSink): Promise<BackupManifest> => readBody(file, sealed, sink);
  return {
    bytes: sealed.bytes,
    verify: () => read(noSink),
    read,
    close: () => sealed.close(),
  };
}

const noSink: TableSink = {
  begin: async () => undefined,
  rows: async () => undefined,
  end: async () => undefined,
};

async function readBody(
  file: string,
  sealed: Pick<SealedFile, 'plain'>,
  sink: TableSink,
): Promise<BackupManifest> {
  const counted: Omit<TableEnd, 'type'>[] = [];
  let table: TableHead | null = null;
  let sum = createHash('sha256');
  let [rows, bytes] = [0, 0];
  let manifest: BackupManifest | null = null;
  const records = readRecords(file, sealed, {
    parse: (value) => BackupRecord.parse(value),
    follows: (record) => (record.type === 'rows' ? record.bytes : null),
  });
  for await (const { record, data } of records) {
    if (manifest !== null) throw altered(file, 'something follows its manifest');
    if (record.type === 'manifest') {
      manifest = record;
    } else if (record.type === 'table') {
      if (table !== null) throw altered(file, `${table.name} does not end`);
      table = record;
      sum = createHash('sha256');
      [rows, bytes] = [0, 0];
      await sink.begin(record);
    } else if (table === null) {
      throw altered(file, 'there are rows outside a table');
    } else if (record.type === 'rows') {
      sum.update(data);
      rows += lineEnds(data);
      bytes += data.length;
      await sink.rows(data);
    } else {
      const { area, name } = table;
      const found = { area, name, rows, bytes, sha256: sum.digest('hex') };
      if (!isSame(found, record))
        throw altered(file, `the rows of ${name} are not those it counted`);
      counted.push(found);
      await sink.end(record);
      table = null;
    }
  }
  if (manifest === null) throw altered(file, 'it has no manifest');
  const listed = manifest.tables;
  if (
    listed.length !== counted.length ||
    !listed.every((one, index) => isSame(one, counted[index]))
  )
    throw altered(file, 'its manifest names other tables');
  return manifest;
}

function isSame(one: Omit<TableEnd, 'type'>, other: Omit<TableEnd, 'type'> | undefined): boolean {
  return (['area', 'name', 'rows', 'bytes', 'sha256'] as const).every(
    (member) => one[member] === other?.[member],
  );
}

function lineEnds(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) count += 1;
  return count;
}
