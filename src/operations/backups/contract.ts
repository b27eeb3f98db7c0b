import { z } from 'zod';
import { filePath, secretText } from '../../domain/input.ts';
import { operation } from '../operation.ts';

/** Of a PostgreSQL server; a password may stand in it. */
const connectionUrl = secretText({ max: 4096 });

const BackupFacts = z.object({
  file: z.string(),
  /** Of the file. */
  bytes: z.number(),
  /** When the snapshot was taken. */
  at: z.iso.datetime(),
  /** Version of the program that wrote it. */
  program: z.string(),
  tables: z.number(),
  rows: z.number(),
});
export type BackupFacts = z.infer<typeof BackupFacts>;

const making = {
  permission: 'backup:run',
  kind: 'call',
  needs: 'store',
  deadlineMs: null,
} as const;

export const createBackup = operation({
  ...making,
  name: 'backups.create',
  summary:
    'Write the whole database into one sealed file while everything goes on, and read it back',
  effect: 'write',
  doors: ['cli', 'http', 'library'],
  input: z.strictObject({
    /** The folder of the configuration and a name with the time when left out. Only for who is at this machine. */
    file: filePath.optional(),
  }),
  output: BackupFacts,
});

const ArchiveSpan = z.object({
  from: z.iso.datetime(),
  until: z.iso.datetime(),
  /** System identifier of the database server. */
  system: z.string(),
  bases: z.number(),
  pieces: z.number(),
  /** Of all of it. */
  bytes: z.number(),
});
export type ArchiveSpan = z.infer<typeof ArchiveSpan>;

export const listBackups = operation({
  ...making,
  name: 'backups.list',
  summary:
    'List the backups in the configured folder, newest first, and between which moments the archive reaches',
  effect: 'read',
  doors: ['cli', 'http', 'library'],
  input: z.strictObject({}),
  output: z.object({
    folder: z.string(),
    items: z.array(z.object({ file: z.string(), at: z.iso.datetime(), bytes: z.number() })),
    /** Spans of which any moment can be restored by its archive, the oldest first. */
    moments: z.array(ArchiveSpan),
  }),
});

export const verifyBackup = operation({
  ...making,
  name: 'backups.verify',
  summary: 'Read a backup from end to end: seal, hashes, counts',
  effect: 'read',
  doors: ['cli', 'library'],
  input: z.strictObject({ file: filePath }),
  output: BackupFacts,
});

export const verifyArchive = operation({
  ...making,
  name: 'backups.verify-archive',
  summary: 'Read every base and piece of the archive from end to end: seals, places, no gap',
  effect: 'read',
  doors: ['cli', 'library'],
  input: z.strictObject({}),
  output: z.object({ folder: z.string(), moments: z.array(ArchiveSpan) }),
});

export const RestoreReport = BackupFacts.extend({
  /** Host, port and database, without credentials. */
  into: z.string(),
  /** The backup of what was there before; null when the database was empty. */
  safety: z.string().nullable(),
  /** Audit entries that the backup lacks, first and last; null when none are known to be lost. */
  lost: z.object({ from: z.number(), until: z.number() }).nullable(),
  auditVerifies: z.boolean(),
  /** Why the stored credentials cannot be opened with the key that is here, and what to do; null when they can. */
  vaultProblem: z.string().nullable(),
});
export type RestoreReport = z.infer<typeof RestoreReport>;

export const restoreBackup = operation({
  name: 'backups.restore',
  summary:
    'Fill an empty database from a backup, or as it was at a moment of the archive; nothing else may run on it',
  permission: 'backup:run',
  effect: 'admin',
  kind: 'call',
  needs: 'nothing',
  deadlineMs: null,
  doors: ['cli'],
  dangerous: true,
  input: z.strictObject({
    /** Either a file or a moment. */
    file: filePath.optional(),
    /** A moment that the archive holds, RFC 3339, or the latest one. */
    at: z.union([z.literal('latest'), z.iso.datetime({ offset: true })]).optional(),
    /** Connection URL of the database to fill; that of the configuration when left out. */
    to: connectionUrl.optional(),
    /** Also when the database has rows; they are backed up first. */
    force: z.boolean().default(false),
    configFile: filePath.optional(),
  }),
  output: RestoreReport,
});

export const MoveReport = z.object({
  /** Host, port and database, without credentials, or `embedded`. */
  from: z.string(),
  into: z.string(),
  tables: z.number(),
  rows: z.number(),
  /** The backup that the rows went through; it stays. */
  backup: z.string(),
  auditVerifies: z.boolean(),
});
export type MoveReport = z.infer<typeof MoveReport>;

export const moveDatabase = operation({
  name: 'backups.move',
  summary:
    'Copy everything into another database in one snapshot and compare it row for row; the old one stays as it is',
  permission: 'backup:run',
  effect: 'admin',
  kind: 'call',
  needs: 'nothing',
  deadlineMs: null,
  doors: ['cli'],
  dangerous: true,
  input: z.strictObject({
    /** Connection URL of an empty database, or `embedded`. */
    to: connectionUrl,
    configFile: filePath.optional(),
  }),
  output: MoveReport,
});
