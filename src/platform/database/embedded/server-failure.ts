import { AppError } from '../../../lib/app-error.ts';

const knownCauses = [
  {
    pattern: /No space left on device|Disk quota exceeded/,
    kind: 'unavailable',
    code: 'disk_full',
    next: 'Free some space on the disk of the data folder, then start again.',
  },
  {
    pattern: /Permission denied|invalid permissions|wrong ownership/,
    kind: 'not_well',
    code: 'database_folder_unusable',
    next: 'Give the data folder back to the user that runs the database (0700), or choose another data folder.',
  },
  {
    pattern: /could not (?:create|map) .*shared memory|Cannot allocate memory/,
    kind: 'unavailable',
    code: 'out_of_memory',
    next: 'Free some memory (or enlarge /dev/shm of the container), then start again.',
  },
] as const;

/** Tells from what PostgreSQL printed why it did not start; the last lines go into the details. */
export function serverFailure(what: string, output: string): AppError {
  const lines = output.trim().split('\n');
  const said = lines.findLast((line) => /FATAL|PANIC|error:|could not/.test(line)) ?? lines.at(-1);
  const known = knownCauses.find(({ pattern }) => pattern.test(output));
  return new AppError({
    kind: known?.kind ?? 'not_well',
    code: known?.code ?? 'database_start_failed',
    message: `${what}: ${said === undefined || said === '' ? 'it said nothing' : said.trim()}`,
    next:
      known?.next ??
      'Read the last lines of postgres/server.log in the data folder, or set DATABASE_URL.',
    details: { output: lines.slice(-15) },
  });
}
