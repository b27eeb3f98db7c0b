import { AppError } from '../../lib/app-error.ts';
import { type CallContext, type Served, serve } from '../gate.ts';
import {
  type BackupFacts,
  createBackup,
  listBackups,
  type MoveReport,
  moveDatabase,
  type RestoreReport,
  restoreBackup,
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
}

/** `backups.create`, `backups.list`, `backups.verify`. */
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
    })),
    serve(verifyBackup, async ({ file }) => ports.verify(file)),
  ];
}

export type Restore = (
  request: {
    readonly file: string;
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
    serve(restoreBackup, async ({ file, to, force, configFile }, context) =>
      restore({ file, to, force, configFile }, context),
    ),
  ];
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
