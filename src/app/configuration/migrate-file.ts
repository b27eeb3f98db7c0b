import { access, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { AppError } from '../../lib/app-error.ts';
import type { MigrationReport } from '../../operations/config/contract.ts';
import { loadConfig } from '../../platform/config/load-config.ts';
import { maskedValue } from '../../platform/config/mask.ts';
import { migrateConfig } from '../../platform/config/migrate-config.ts';
import { createRedactor } from '../../platform/redaction/redactor.ts';
import type { OpenOptions } from '../open-options.ts';
import { replaceFile } from './replace-file.ts';

/** Where the first generation kept what it had proposed, beside its configuration. */
const trackerPlaces = ['.claude_manager/task_tracker.json', 'task_tracker.json'];

/**
 * Rewrites a configuration of the first generation. The new text is read back as a whole before anything is written, the
 * old file is kept beside it, and a file that needs nothing is left alone.
 */
export async function migrateFile(
  options: Pick<OpenOptions, 'folder'>,
  named: string | undefined,
  dryRun: boolean,
): Promise<MigrationReport> {
  const file = resolve(options.folder, named ?? 'config.json');
  const old = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw missing(file, cause);
  });
  const { text, changes } = migrateConfig(old, file);
  await loadConfig({ file, folder: options.folder, env: {}, readFile: async () => text });
  const written = changes.length > 0 && !dryRun;
  let backup: string | null = null;
  if (written) {
    backup = await keepOld(file, old);
    await replaceFile(file, text);
  }
  const redactor = createRedactor(new Uint8Array(32));
  const shown = (path: string, value: unknown): string | null =>
    value === undefined
      ? null
      : JSON.stringify(maskedValue(path, value, (one) => redactor.redact(one)));
  return {
    file,
    changes: changes.map(({ path, before, after, why }) => ({
      path,
      before: shown(path, before),
      after: shown(path, after),
      why,
    })),
    written,
    backup,
    tracker: await trackerBeside(file),
  };
}

/** Never over a backup that is there: the first one is the one that somebody may want back. */
async function keepOld(file: string, text: string): Promise<string> {
  const { mode } = await stat(file);
  for (let number = 1; ; number += 1) {
    const backup = `${file}.before-migration${number === 1 ? '' : `-${number}`}`;
    try {
      await writeFile(backup, text, { mode, flag: 'wx', flush: true });
      return backup;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'EEXIST' && number < 100) continue;
      throw new AppError({
        kind: 'unavailable',
        code: 'config_unwritable',
        message: `${backup} cannot be written, so ${file} was left as it is.`,
        next: 'Check that this user may write into the folder and that the disk is not full.',
        cause,
      });
    }
  }
}

async function trackerBeside(file: string): Promise<string | null> {
  for (const place of trackerPlaces) {
    const found = join(dirname(file), place);
    const isThere = await access(found).then(
      () => true,
      () => false,
    );
    if (isThere) return found;
  }
  return null;
}

function missing(file: string, cause: unknown): AppError {
  return new AppError({
    kind: 'not_found',
    code: 'config_not_found',
    message: `There is no configuration at ${file}.`,
    next: 'Name the old file with --config FILE.',
    details: { file },
    cause,
  });
}
