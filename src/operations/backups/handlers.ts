import { AppError } from '../../lib/app-error.ts';
import { type CallContext, type Served, serve } from '../gate.ts';
import {
  type ArchiveSpan,
  type BackupFacts,
  createBackup,
  listBackups,
  type MoveReport,
  moveDatabase,
  type RestoreReport,
  restoreBackup,
  verifyArchive,
  verifyBackup,
} from './contract.ts';

export interface BackupPorts {
  readonly folder: () => string;
  /** In the configured folder when no file is named. */
  readonly create: (file: string | undefined, context: CallContext) => Promise<BackupFacts>;
  readonly verify: (file: string) => Promise<BackupFacts>;
  readonly list: () => Promise<
    readonly { readonly file: string; readonly at: Date; readonly bytes: number }[]
  >;
  /** What the archive holds, by its names. */
  readonly moments: () => Promise<readonly ArchiveSpan[]>;
  /** The same, when all of it was read and found whole. */
  readonly verifyArchive: () => Promise<readonly ArchiveSpan[]>;
}

/** `backups.create`, `backups.list`, `backups.verify`, `backups.verify-archive`. */
export function backupHandlers(ports: BackupPorts): readonly Served[] {
  return [
    serve(createBackup, async ({ file }, context) => {
      if (file !== undefined && context.door === 'http') throw fileFromAfar();
      return ports.create(file, context);
    }),
    serve(listBackups, async () => ({
      folder: ports.folder(),
      items: (await ports.list()).map(({ file, at, bytes }) => ({
        file,
        at: at.toISOString(),
        bytes,
      })),
      moments: [...(await ports.moments())],
    })),
    serve(verifyArchive, async () => ({
      folder: ports.folder(),
      moments: [...(await ports.verifyArchive())],
    })),
    serve(verifyBackup, async ({ file }) => ports.verify(file)),
  ];
}

export type Restore = (
  request: {
    /** Exactly one of the two. */
    readonly from: { readonly file: string } | { readonly at: Date | 'latest' };
    readonly to: string | undefined;
    readonly force: boolean;
    readonly configFile: string | undefined;
  },
  context: CallContext,
) => Promise<RestoreReport>;

export type Move = (
  request: { readonly to: string; readonly configFile: string | undefined },
  context: CallContext,
) => Promise<MoveReport>;

/** `backups.restore`, `backups.move`. */
export function restoreHandlers(restore: Restore, move: Move): readonly Served[] {
  return [
    serve(moveDatabase, async ({ to, configFile }, context) => move({ to, configFile }, context)),
    serve(restoreBackup, async ({ file, at, to, force, configFile }, context) => {
      const from =
        file === undefined && at !== undefined
          ? { at: at === 'latest' ? ('latest' as const) : new Date(at) }
          : file !== undefined && at === undefined
            ? { file }
            : null;
      if (from === null) throw eitherOne();
      return await restore({ from, to, force, configFile }, context);
    }),
  ];
}

function eitherOne(): AppError {
  return new AppError({
    kind: 'invalid_input',
    code: 'invalid_input',
    message: 'file: a restore goes either by a file or by a moment.',
    next: 'Name the file of a backup, or a moment with --at.',
    details: { field: 'file' },
  });
}

/** Whoever may ask for a backup over the network may not choose where on this machine a file is written. */
function fileFromAfar(): AppError {
  return new AppError({
    kind: 'invalid_input',
    code: 'invalid_input',
    message: 'file: over the network a backup is written into the configured folder only.',
    next: 'Leave the file out, or run `claude-manager backup FILE` on the machine itself.',
    details: { field: 'file' },
  });
}
