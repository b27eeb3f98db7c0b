import { lchown, lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import type { SandboxUser } from './system-view.ts';

/** Makes folders and all that is in them the user's. Links are changed themselves, never followed. */
export async function giveFolders(user: SandboxUser, folders: readonly string[]): Promise<void> {
  for (const folder of folders) await give(user, folder);
}

async function give({ uid, gid }: SandboxUser, path: string): Promise<void> {
  const found = await lstat(path);
  if (found.uid !== uid || found.gid !== gid) await lchown(path, uid, gid);
  if (!found.isDirectory()) return;
  for await (const entry of await opendir(path)) {
    await give({ uid, gid }, join(path, entry.name));
  }
}
