import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** A backup in the folder of backups, by its name; whether it is whole says `verify`. */
export interface BackupListing {
  readonly file: string;
  readonly at: Date;
  readonly bytes: number;
}

const namePattern = /^claude-manager-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z\.backup$/u;

/** Sorts by time, and says in the name when the snapshot was taken. */
export function backupName(at: Date): string {
  const stamp = at
    .toISOString()
    .replace(/\.\d+Z$/u, 'Z')
    .replaceAll(/[-:]/gu, '');
  return `claude-manager-${stamp}.backup`;
}

/** Newest first; empty when the folder is not there. Other files are left alone. */
export async function listBackups(folder: string): Promise<readonly BackupListing[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const found: BackupListing[] = [];
  for (const name of names) {
    const [, year, month, day, hour, minute, second] = namePattern.exec(name) ?? [];
    if (year === undefined) continue;
    const at = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
    const file = join(folder, name);
    const info = await stat(file).catch(() => null);
    if (info?.isFile() === true && !Number.isNaN(at.getTime()))
      found.push({ file, at, bytes: info.size });
  }
  return found.toSorted((one, other) => other.at.getTime() - one.at.getTime());
}

/** Removes all but the newest; answers what was removed. Call it only after a new one was found whole. */
export async function pruneBackups(folder: string, keep: number): Promise<readonly string[]> {
  const old = (await listBackups(folder)).slice(keep).map(({ file }) => file);
  for (const file of old) await rm(file, { force: true });
  return old;
}
