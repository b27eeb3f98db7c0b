import { realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError } from '../../lib/app-error.ts';
import { systemRandom } from '../../lib/random.ts';
import { syncFolder } from '../../lib/sync-folder.ts';

/**
 * The whole new text or the old one, whoever reads meanwhile; permission bits stay. AppErrors `config_unwritable`, and
 * `config_unsure` when a disk that fails took it and may lose it with the power.
 */
export async function replaceFile(file: string, changed: string): Promise<void> {
  const mode = (await stat(file).catch(() => null))?.mode ?? 0o600;
  const fresh = `${file}.${process.pid}.${systemRandom.uuid().slice(0, 8)}.new`;
  // A file that is linked from elsewhere stays a link.
  const place = await realpath(file).catch(() => file);
  try {
    // A name that is there already was put there by somebody else.
    await writeFile(fresh, changed, { mode, flag: 'wx', flush: true });
    await rename(fresh, place);
  } catch (cause) {
    await rm(fresh, { force: true });
    throw unwritable(file, cause);
  }
  await syncFolder(dirname(place)).catch((cause: NodeJS.ErrnoException) => {
    // A folder that we may not read cannot be asked, and some file systems do not know the question.
    if (cause.code === 'EIO') throw unsure(file, cause);
  });
}

function unsure(file: string, cause: unknown): AppError {
  return new AppError({
    kind: 'unavailable',
    code: 'config_unsure',
    message: `${file} is changed, but its disk fails: the change may be gone after a cut of the power.`,
    next: 'Look after the disk, and at the file.',
    cause,
  });
}

function unwritable(file: string, cause: unknown): AppError {
  return new AppError({
    kind: 'unavailable',
    code: 'config_unwritable',
    message: `${file} cannot be written; it is as it was.`,
    next: 'Check that this user may write into its folder and that the disk is not full.',
    cause,
  });
}
