import { stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import type { Actor } from '../domain/actor.ts';

/** The operating-system user; the owner of the data folder (or of where it will be made) acts as admin. */
export async function commandLineActor(dataDir: string): Promise<Actor & { kind: 'command_line' }> {
  const { username, uid } = userInfo();
  const owner = await ownerOf(resolve(dataDir));
  return {
    kind: 'command_line',
    name: username,
    isOwner: uid === -1 || uid === 0 || owner === uid,
  };
}

/**
 * A user whom a program names. There are no accounts yet: only the operating-system user that this process runs as is
 * known, and holds all rights when the data folder is theirs. Any other name may look, nobody's name may do nothing.
 */
export async function libraryActor(userId: string, dataDir: string): Promise<Actor> {
  if (userId === '') return { kind: 'anonymous', name: 'anonymous' };
  const { name, isOwner } = await commandLineActor(dataDir);
  return { kind: 'user', name: userId, roles: [userId === name && isOwner ? 'admin' : 'viewer'] };
}

async function ownerOf(folder: string): Promise<number> {
  for (let place = folder; ; place = resolve(place, '..')) {
    const info = await stat(place).catch(() => null);
    if (info !== null) return info.uid;
    if (place === resolve(place, '..')) return -1;
  }
}
