import { readFile, stat } from 'node:fs/promises';
import { AppError } from '../../lib/app-error.ts';
import { systemClock } from '../../lib/clock.ts';
import type { Served } from '../../operations/gate.ts';
import { trackerHandlers } from '../../operations/tracker/handlers.ts';
import { createEarlierProposals } from '../../storage/earlier-proposals.ts';
import type { StoreRooms } from '../store/open-store.ts';

/** What can be asked of a tracker with a store to take it over into. */
export function trackerOperations(
  { database }: Pick<StoreRooms, 'database'>,
  folder: string,
): readonly Served[] {
  const earlier = createEarlierProposals(database);
  return trackerHandlers({ earlier, clock: systemClock, read: readTracker, folder });
}

const largestBytes = 64 * 2 ** 20;

/** The text of a task_tracker.json; AppError when it is not there, no file, or larger than 64 MB. */
export async function readTracker(file: string): Promise<string> {
  const info = await stat(file).catch((cause: unknown) => {
    throw unreadable(file, 'is not there, or may not be read', cause);
  });
  if (!info.isFile()) throw unreadable(file, 'is no file');
  if (info.size > largestBytes) throw unreadable(file, 'is larger than 64 MB');
  return await readFile(file, 'utf8');
}

function unreadable(file: string, why: string, cause?: unknown): AppError {
  return new AppError({
    kind: 'invalid_input',
    code: 'tracker_unreadable',
    message: `${file} ${why}.`,
    next: 'Name .claude_manager/task_tracker.json of the old folder.',
    details: { file },
    cause,
  });
}
