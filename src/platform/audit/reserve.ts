import { randomUUID } from 'node:crypto';
import { fstatSync } from 'node:fs';
import { type FileHandle, mkdir, open, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError } from '../../lib/app-error.ts';
import { type AuditEntry, asStored } from './audit-entry.ts';

/** An entry that waits beside the log until the log can be written again. */
export interface ReservedEntry {
  readonly id: string;
  readonly at: Date;
  readonly entry: AuditEntry;
  /** Of an end: the id of its beginning, which may wait here too. */
  readonly begunBy: string | null;
}

/** Room on the disk that is taken beforehand, so that acts that only reduce harm leave their trace on a full disk as well. */
export interface Reserve {
  /** Resolves with the id once it is on disk. Throws AppError `audit_reserve_full`. */
  append(entry: Omit<ReservedEntry, 'id'>): Promise<string>;
  /** What waits, in the order of time; it costs one look at the file's date when nothing does. */
  waiting(): Promise<readonly ReservedEntry[]>;
  /** Forgets what is in the log now. */
  clear(entries: readonly ReservedEntry[]): Promise<void>;
  close(): Promise<void>;
}

const slotBytes = 4096;
const slots = 2560;

/**
 * A file of 10 MB, mode 0600, made of slots of 4 KB that are overwritten in place. Processes take slots at random, so that no
 * lock is needed where no file could be made. Its date is 1970 while nothing waits. It stays open, so that no descriptor is needed.
 */
export async function openReserve(path: string, random: { fraction(): number }): Promise<Reserve> {
  const file = await openWhole(path);
  const places = new Map<string, number>();
  let isClosed = false;
  return {
    append: async (told) => {
      const id = randomUUID();
      const bytes = slotOf({ ...told, id });
      const first = Math.floor(random.fraction() * slots);
      for (let step = 0; step < slots; step += 1) {
        const place = ((first + step) % slots) * slotBytes;
        const begin = Buffer.alloc(1);
        await file.read(begin, 0, 1, place);
        if (begin[0] !== 0) continue;
        await file.write(bytes, 0, slotBytes, place);
        await file.datasync();
        return id;
      }
      throw full(path);
    },
    waiting: async () => {
      // Asked before each append; through the pool of threads it would take longer than what it asks.
      if (fstatSync(file.fd).mtimeMs === 0) return [];
      const all = Buffer.alloc(slotBytes * slots);
      await file.read(all, 0, all.length, 0);
      const found: ReservedEntry[] = [];
      for (let place = 0; place < all.length; place += slotBytes) {
        const entry = all[place] === 0 ? null : entryIn(all.subarray(place, place + slotBytes));
        if (entry === null) continue;
        places.set(entry.id, place);
        found.push(entry);
      }
      return found.toSorted((one, other) => one.at.getTime() - other.at.getTime());
    },
    clear: async (entries) => {
      for (const { id } of entries) {
        const place = places.get(id);
        if (place !== undefined) await file.write(Buffer.alloc(slotBytes), 0, slotBytes, place);
        places.delete(id);
      }
      await file.datasync();
      const rest = await file.stat();
      const all = Buffer.alloc(slotBytes * slots);
      await file.read(all, 0, all.length, 0);
      const isEmpty = all.every((byte) => byte === 0);
      // Something written meanwhile changes the date again, and is looked for the next time.
      if (isEmpty && (await file.stat()).mtimeMs === rest.mtimeMs) await file.utimes(0, 0);
    },
    close: async () => {
      if (isClosed) return;
      isClosed = true;
      await file.close();
    },
  };
}

async function openWhole(path: string): Promise<FileHandle> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const file = await open(path, 'a', 0o600);
  try {
    const { size } = await file.stat();
    if (size < slotBytes * slots) {
      await file.write(Buffer.alloc(slotBytes * slots - size));
      await file.sync();
      if (size === 0) await utimes(path, 0, 0);
    }
  } finally {
    await file.close();
  }
  return await open(path, 'r+');
}

/** A slot ends with zeros; what does not fit loses its facts, never who and what. */
function slotOf({ id, at, entry, begunBy }: ReservedEntry): Buffer {
  const whole = { id, at, begunBy, entry: asStored(entry) };
  const short = { ...whole, entry: { ...whole.entry, facts: { shortened: true } } };
  const text = [whole, short].map((one) => JSON.stringify(one)).find((one) => fits(one));
  const bytes = Buffer.alloc(slotBytes);
  bytes.write(text ?? JSON.stringify(short).slice(0, slotBytes - 1));
  return bytes;
}

function fits(text: string): boolean {
  return Buffer.byteLength(text) < slotBytes;
}

/** What a crash tore is no entry: the act behind it had not begun. */
function entryIn(slot: Buffer): ReservedEntry | null {
  try {
    const text = slot.subarray(0, slot.indexOf(0)).toString('utf8');
    const told = JSON.parse(text) as Omit<ReservedEntry, 'at'> & { readonly at: string };
    return { ...told, at: new Date(told.at) };
  } catch {
    return null;
  }
}

function full(path: string): AppError {
  return new AppError({
    kind: 'unavailable',
    code: 'audit_reserve_full',
    message: `The reserve of the audit log, ${path}, is full.`,
    next: 'Make the database writable again; what waits in the reserve is then taken over.',
    details: { path },
  });
}
