import { constants } from 'node:fs';
import { type FileHandle, link, lstat, mkdir, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError, messageOf } from '../../lib/app-error.ts';
import type { Random } from '../../lib/random.ts';

/**
 * The key by which markers are signed: 32 bytes as hex in a file of mode 0600 that belongs to us and is not a link; made when missing.
 * Two first starts at once end with one key. Throws AppError `key_file_unsafe`, `key_file_damaged`, `key_file_unreadable`.
 */
export async function loadOrCreateKey(
  path: string,
  random: Pick<Random, 'bytes'>,
): Promise<Buffer> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await createUnlessThere(path, random);
  const file = await openExisting(path);
  try {
    await requireSafe(path, file);
    return keyOf(path, (await file.readFile('latin1')).trim());
  } finally {
    await file.close();
  }
}

const keyBytes = 32;

// Written whole beside its place and then linked there, so that a kill never leaves half a key.
async function createUnlessThere(path: string, random: Pick<Random, 'bytes'>): Promise<void> {
  if (await isThere(path)) return;
  const draft = `${path}.${random.bytes(8).toString('hex')}`;
  try {
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(random.bytes(keyBytes).toString('hex'));
      await file.sync();
    } finally {
      await file.close();
    }
    await link(draft, path);
  } catch (cause) {
    if (codeOf(cause) !== 'EEXIST') throw unreadable(path, cause);
  } finally {
    await rm(draft, { force: true });
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return false;
    throw unreadable(path, cause);
  }
}

async function openExisting(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (cause) {
    if (codeOf(cause) === 'ELOOP') throw unsafe(path, 'it is a symbolic link');
    throw unreadable(path, cause);
  }
}

async function requireSafe(path: string, file: FileHandle): Promise<void> {
  const stat = await file.stat();
  if (!stat.isFile()) throw unsafe(path, 'it is not a plain file');
  if ((stat.mode & 0o077) !== 0) throw unsafe(path, 'others than its owner may use it');
  if (stat.uid !== process.getuid?.()) throw unsafe(path, 'it belongs to another user');
}

function keyOf(path: string, text: string): Buffer {
  if (/^[0-9a-f]{64}$/u.test(text)) return Buffer.from(text, 'hex');
  throw new AppError({
    kind: 'not_well',
    code: 'key_file_damaged',
    message: `The key file ${path} does not hold a key of ${keyBytes} bytes in hex.`,
    next: 'Put the key back from a backup. With a new key, what was published before is not recognized any more.',
    details: { path },
  });
}

function unsafe(path: string, why: string): AppError {
  return new AppError({
    kind: 'not_well',
    code: 'key_file_unsafe',
    message: `The key file ${path} is not used, because ${why}.`,
    next: `Make it a plain file of the user that runs the service, with mode 0600: chmod 600 '${path}'.`,
    details: { path },
  });
}

function unreadable(path: string, cause: unknown): AppError {
  return new AppError({
    kind: 'not_well',
    code: 'key_file_unreadable',
    message: `The key file ${path} cannot be opened: ${messageOf(cause)}.`,
    next: 'Give the user that runs the service access to the folder and the file.',
    details: { path },
    cause,
  });
}

function codeOf(thrown: unknown): unknown {
  return thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
}
