import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Random } from '../../../lib/random.ts';
import { identityIn } from './file-lock.ts';
import { isAlive, ownIdentity } from './process-identity.ts';

/** Writes down that this process uses the server; returns the path of the entry. The lock is held. */
export async function addUser(folder: string, random: Random): Promise<string> {
  const path = join(folder, `${process.pid}-${random.bytes(6).toString('hex')}`);
  await writeFile(path, JSON.stringify(await ownIdentity()), { mode: 0o600 });
  return path;
}

/** How many living users are left; entries of dead processes are removed. The lock is held. */
export async function countUsers(folder: string): Promise<number> {
  let living = 0;
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const identity = identityIn(await readFile(path, 'utf8'));
    if (identity !== undefined && (await isAlive(identity))) living += 1;
    else await rm(path, { force: true });
  }
  return living;
}
