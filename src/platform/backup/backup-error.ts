import { AppError, type ErrorKind } from '../../lib/app-error.ts';

/** What is wrong with a backup file, with what to do about it. */
export function backupError(
  code: string,
  file: string,
  message: string,
  next: string,
  { kind = 'not_well', cause }: { readonly kind?: ErrorKind; readonly cause?: unknown } = {},
): AppError {
  return new AppError({
    kind,
    code,
    message,
    next,
    details: { file },
    ...(cause === undefined ? {} : { cause }),
  });
}

export function altered(file: string, what: string, cause?: unknown): AppError {
  return backupError(
    'backup_altered',
    file,
    `${file} is not what was written: ${what}. Nothing of it was used.`,
    'Take another backup; see `claude-manager backups list`.',
    { cause },
  );
}
