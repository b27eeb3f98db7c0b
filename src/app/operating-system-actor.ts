import { stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import type { Actor } from '../domain/actor.ts';
import type { IdentityRooms } from './doors/open-identity.ts';

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

/** A user whom a program names, and whether there is such a one. */
export interface NamedUser {
  readonly actor: Actor;
  readonly isKnown: boolean;
}

/**
 * A user whom a program names: an account; else the operating-system user that this process runs as, who holds all
 * rights when the data folder is theirs. Any other name may look, nobody's name and a disabled account may do nothing.
 */
export async function libraryActor(
  userId: string,
  dataDir: string,
  identity: Pick<IdentityRooms, 'actorNamed'>,
): Promise<NamedUser> {
  if (userId === '') return { actor: anonymous, isKnown: false };
  const account = await identity.actorNamed(userId);
  if (account !== null) return { actor: account, isKnown: true };
  const owner = await commandLineActor(dataDir);
  if (userId === owner.name && owner.isOwner) return { actor: owner, isKnown: true };
  return { actor: { kind: 'user', name: userId, roles: ['viewer'] }, isKnown: false };
}

const anonymous: Actor = { kind: 'anonymous', name: 'anonymous' };

async function ownerOf(folder: string): Promise<number> {
  for (let place = folder; ; place = resolve(place, '..')) {
    const info = await stat(place).catch(() => null);
    if (info !== null) return info.uid;
    if (place === resolve(place, '..')) return -1;
  }
}
