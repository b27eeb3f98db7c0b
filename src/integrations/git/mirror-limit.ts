import { readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';

export interface MirrorLimit {
  /** Folder that holds the mirrors. */
  readonly root: string;
  /** Bytes of all packs and loose objects together. */
  readonly maxBytes: number;
  /** A mirror that was fetched into since then is kept whatever it takes, because somebody may be reading it. */
  readonly usedSince: Date;
}

interface Kept {
  readonly folder: string;
  readonly bytes: number;
  readonly usedAt: number;
}

/**
 * Drops the mirrors that were not fetched into for longest until the rest is within the limit. A dropped one is fetched
 * anew when its repository is looked at again: mirrors are a cache. Answers the folders that are gone.
 */
export async function dropOldMirrors({
  root,
  maxBytes,
  usedSince,
}: MirrorLimit): Promise<string[]> {
  const mirrors: Kept[] = [];
  for (const name of await readdir(root)) {
    if (name.endsWith('.git')) mirrors.push(await factsOf(path.join(root, name)));
    // What was cut off while it was dropped.
    else if (name.endsWith(dropped))
      await rm(path.join(root, name), { recursive: true, force: true, maxRetries: 5 });
  }
  let total = mirrors.reduce((sum, { bytes }) => sum + bytes, 0);
  const gone: string[] = [];
  for (const { folder, bytes, usedAt } of mirrors.toSorted((one, two) => one.usedAt - two.usedAt)) {
    if (total <= maxBytes || usedAt >= usedSince.getTime()) break;
    // Moved away whole, so that nobody finds half a mirror and takes it for one.
    await rename(folder, `${folder}${dropped}`).catch(unlessGone);
    await rm(`${folder}${dropped}`, { recursive: true, force: true, maxRetries: 5 });
    total -= bytes;
    gone.push(folder);
  }
  return gone;
}

const dropped = '.dropped';

/** Another process may have dropped it first. */
function unlessGone(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

async function factsOf(folder: string): Promise<Kept> {
  const objects = path.join(folder, 'objects');
  const names = await readdir(objects, { recursive: true }).catch(() => []);
  let bytes = 0;
  for (const name of names)
    bytes += (await stat(path.join(objects, name)).catch(() => null))?.size ?? 0;
  const fetched = await stat(path.join(folder, 'cms-fetch')).catch(() => null);
  return { folder, bytes, usedAt: fetched?.mtimeMs ?? 0 };
}
