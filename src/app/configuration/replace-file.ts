import { realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { AppError } from '../../lib/app-error.ts';
import { systemRandom } from '../../lib/random.ts';

/** The whole new text or the old one, whoever reads meanwhile; permission bits stay. AppError `config_unwritable`. */
export async function replaceFile(file: string, changed: string): Promise<void> {
  const mode = (await stat(file).catch(() => null))?.mode ?? 0o600;
  const fresh = `${file}.${process.pid}.${systemRandom.uuid().slice(0, 8)}.new`;
  try {
    // A name that is there already was put there by somebody else.
    await writeFile(fresh, changed, { mode, flag: 'wx', flush: true });
    // A file that is linked from elsewhere stays a link.
    await rename(fresh, await realpath(file).catch(() => file));
  } catch (cause) {
    await rm(fresh, { force: true });
    throw unwritable(file, cause);
  }
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
