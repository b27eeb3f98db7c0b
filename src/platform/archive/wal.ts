import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../lib/app-error.ts';
import { formatLsn, segmentName, segmentStart } from './lsn.ts';

/** How the log of a server is cut into files. */
export interface WalShape {
  readonly timeline: number;
  readonly segmentBytes: number;
}

const chunkBytes = 256 * 1024;
const pageBytes = 8192;

/**
 * The bytes of the write-ahead log from `from` up to, not including, `until`, from the server's own files. All of it must be
 * flushed, and held by a slot. Throws AppError `archive_wal_gone` when a file is not there or holds another part of the log.
 */
export async function* readWal(
  folder: string,
  { timeline, segmentBytes }: WalShape,
  from: number,
  until: number,
): AsyncGenerator<Buffer> {
  for (let at = from; at < until; ) {
    const begins = segmentStart(at, segmentBytes);
    const ends = Math.min(until, begins + segmentBytes);
    const name = segmentName(timeline, at, segmentBytes);
    const handle = await open(join(folder, name), 'r').catch((cause: unknown) => {
      throw gone(name, at, cause);
    });
    try {
      while (at < ends) {
        const wanted = Math.min(chunkBytes, ends - at);
        const { buffer, bytesRead } = await handle.read(
          Buffer.alloc(wanted),
          0,
          wanted,
          at - begins,
        );
        const bytes = buffer.subarray(0, bytesRead);
        if (bytesRead === 0 || !isThatPart(bytes, at)) throw gone(name, at);
        yield bytes;
        at += bytesRead;
      }
    } finally {
      await handle.close();
    }
  }
}

/** Every page says where it stands (xlp_pageaddr); after a forced end of a segment there are zeros. */
function isThatPart(bytes: Buffer, at: number): boolean {
  const first = (pageBytes - (at % pageBytes)) % pageBytes;
  for (let page = first; page + 16 <= bytes.length; page += pageBytes) {
    const stands = Number(bytes.readBigUInt64LE(page + 8));
    const isUnused = bytes.readUInt16LE(page) === 0 && stands === 0;
    if (!isUnused && stands !== at + page) return false;
  }
  return true;
}

function gone(name: string, at: number, cause?: unknown): AppError {
  return new AppError({
    kind: 'not_well',
    code: 'archive_wal_gone',
    message: `The write-ahead log at ${formatLsn(at)} (${name}) is not there any more.`,
    next: 'Nothing: a new base is written, and what lies between cannot be restored.',
    details: { name, at: formatLsn(at) },
    ...(cause === undefined ? {} : { cause }),
  });
}
