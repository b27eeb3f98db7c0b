import { readFile, rename, writeFile } from 'node:fs/promises';
import { AppError } from '../../lib/app-error.ts';

/** Keeps the memory of `scan --state FILE`: null when there is none yet; written whole or not at all. */
export function createStateFile() {
  return {
    read: async (file: string): Promise<string | null> =>
      await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
        if (cause.code === 'ENOENT') return null;
        throw unusable(file, cause);
      }),
    write: async (file: string, text: string): Promise<void> => {
      const fresh = `${file}.${process.pid}.new`;
      try {
        await writeFile(fresh, text);
        await rename(fresh, file);
      } catch (cause) {
        throw unusable(file, cause);
      }
    },
  };
}

function unusable(file: string, cause: unknown): AppError {
  return new AppError({
    kind: 'invalid_input',
    code: 'state_file_unusable',
    message: `The state file ${file} cannot be used.`,
    next: 'Name a file in a folder that exists and can be written.',
    cause,
  });
}
