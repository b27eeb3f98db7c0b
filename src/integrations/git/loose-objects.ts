import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import { idOf } from '../../lib/hash.ts';

const compress = promisify(deflate);

/** Id of a blob (`git hash-object --no-filters`): SHA-1 over `blob <size>`, NUL, content. */
function blobId(content: Uint8Array): string {
  return createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
}

/** Writes a loose blob into a git folder, as gitformat-loose describes it; returns its id. `source` keeps writers of equal content apart. */
export async function writeBlob(
  gitDir: string,
  content: Uint8Array,
  source: string,
): Promise<string> {
  const oid = blobId(content);
  const folder = path.join(gitDir, 'objects', oid.slice(0, 2));
  const file = path.join(folder, oid.slice(2));
  if (await stat(file).catch(() => null)) return oid;
  await mkdir(folder, { recursive: true });
  const bytes = await compress(Buffer.concat([Buffer.from(`blob ${content.length}\0`), content]), {
    level: 1,
  });
  const fresh = path.join(folder, `tmp_obj_${idOf(source)}`);
  await rm(fresh, { force: true });
  await writeFile(fresh, bytes, { mode: 0o444 });
  await rename(fresh, file);
  return oid;
}

/** What stands in a regular file, read without following a link; `bytes` is null above the limit. */
export interface FileContent {
  /** Null where it was not read. */
  readonly oid: string | null;
  readonly size: number;
  readonly executable: boolean;
  readonly bytes: Buffer | null;
}

/**
 * Reads and hashes a file; null when it is not (or no longer) a regular file. One above the limit is read only when it is as
 * large as what it may be equal to: files with holes say any size and would be read for days.
 */
export async function hashFile(
  file: string,
  maxBytes: number,
  sizeBefore: () => Promise<number | null>,
): Promise<FileContent | null> {
  const handle = await open(
    file,
    constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
  ).catch(() => null);
  if (handle === null) return null;
  try {
    const facts = await handle.stat();
    if (!facts.isFile()) return null;
    const executable = (facts.mode & 0o100) !== 0;
    if (facts.size <= maxBytes) {
      const bytes = await handle.readFile();
      return { oid: blobId(bytes), size: bytes.length, executable, bytes };
    }
    if (facts.size !== (await sizeBefore()))
      return { oid: null, size: facts.size, executable, bytes: null };
    const hash = createHash('sha1').update(`blob ${facts.size}\0`);
    for await (const chunk of handle.createReadStream({ autoClose: false }))
      hash.update(chunk as Buffer);
    return { oid: hash.digest('hex'), size: facts.size, executable, bytes: null };
  } finally {
    await handle.close();
  }
}

const textBytes = 1 << 20;

/** UTF-8 text of at most 1 MiB; null for anything else. */
export function textOf(bytes: Buffer): string | null {
  if (bytes.length > textBytes || bytes.includes(0)) return null;
  const text = bytes.toString('utf8');
  return text.includes('\u{FFFD}') && !Buffer.from(text).equals(bytes) ? null : text;
}
