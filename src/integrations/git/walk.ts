import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import { refusalOfName } from './entry-names.ts';

/** One thing found below a folder; nothing is followed. */
export type WalkedEntry =
  | { readonly kind: 'file' | 'link'; readonly path: string }
  | { readonly kind: 'refused'; readonly path: string; readonly why: string };

export interface WalkOptions {
  /** Folders (paths without trailing slash) that are not entered. */
  readonly skip: (folder: string) => boolean;
  readonly maxEntries: number;
  readonly maxDepth: number;
}

/** Walks a folder that nobody may be trusted with: links, `.git`, sockets, pipes, devices and odd names stay outside. */
export async function* walk(root: string, options: WalkOptions): AsyncIterable<WalkedEntry> {
  const waiting: { folder: string; depth: number }[] = [{ folder: '', depth: 0 }];
  let entries = 0;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { folder, depth } = next;
    const names = await readdir(path.join(root, folder), { withFileTypes: true }).catch(() => null);
    if (names === null) {
      yield { kind: 'refused', path: folder, why: 'a folder that cannot be read' };
      continue;
    }
    names.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of names) {
      const place = folder === '' ? entry.name : `${folder}/${entry.name}`;
      entries += 1;
      if (entries > options.maxEntries) {
        yield { kind: 'refused', path: folder, why: `more than ${options.maxEntries} files` };
        return;
      }
      if (place === '.git') continue;
      const why = refusalOfName(entry.name);
      if (why !== null) yield { kind: 'refused', path: place, why };
      else if (entry.isDirectory()) {
        if (options.skip(place)) continue;
        if (depth + 1 > options.maxDepth || place.length > 3000) {
          yield { kind: 'refused', path: place, why: 'folders nested too deep' };
        } else waiting.push({ folder: place, depth: depth + 1 });
      } else yield await leaf(root, place, entry);
    }
  }
}

async function leaf(
  root: string,
  place: string,
  entry: { isFile(): boolean; isSymbolicLink(): boolean },
): Promise<WalkedEntry> {
  if (entry.isFile()) return { kind: 'file', path: place };
  if (entry.isSymbolicLink()) return { kind: 'link', path: place };
  // Some file systems do not tell the type in the listing.
  const facts = await lstat(path.join(root, place)).catch(() => null);
  if (facts?.isFile() === true) return { kind: 'file', path: place };
  if (facts?.isSymbolicLink() === true) return { kind: 'link', path: place };
  return { kind: 'refused', path: place, why: 'a socket, pipe or device' };
}
