import { constants } from 'node:fs';
import {
  type FileHandle,
  link,
  lstat,
  mkdir,
  open,
  readFile,
  realpath,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { messageOf } from '../../lib/app-error.ts';
import type { Random } from '../../lib/random.ts';
import { syncFolder } from '../../lib/sync-folder.ts';
import { type FernetKey, fernetKeyText, parseFernetKey } from './fernet.ts';
import { keyMalformed, keyUnsafe } from './vault-error.ts';

/** Keys as they were found, the newest first. */
export interface FoundKeys {
  readonly keys: readonly FernetKey[];
  /** Words for people: the file or the variable. */
  readonly place: string;
  /** Whether we can add a key there ourselves. */
  readonly writable: boolean;
}

/** Where the vault's keys come from: the first of environment, systemd credential, file that has any. */
export interface KeySource {
  /** What people are told to look at. */
  readonly place: string;
  /** Null when there is none anywhere. Throws AppError `vault_key_unsafe`, `vault_key_malformed`. */
  find(): Promise<FoundKeys | null>;
  /** Makes the first key, in the file; another process that was faster wins, and its key is found. */
  create(): Promise<FoundKeys>;
  /** Replaces the file as a whole: a new key before those kept, or only those kept. */
  write(change: { readonly add: boolean; readonly keep: ReadonlySet<string> }): Promise<FoundKeys>;
}

export interface KeySourceDeps {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute. */
  readonly file: string;
  /** The folder of the file is ours alone: what is in it is kept from git. */
  readonly ownFolder: boolean;
  /** Where backups are kept, absolute: a key beside them goes wherever they are carried. */
  readonly backups?: string;
  readonly random: Pick<Random, 'bytes'>;
  /** The user that we run as; undefined where there are none. */
  readonly userId: number | undefined;
}

const keyVariable = 'CMS_VAULT_KEY';
/** Names the key file, before the configuration does. */
export const keyFileVariable = 'CMS_VAULT_KEY_FILE';
const systemdCredential = 'cms-vault-key';
const maxBytes = 65_536;

export function createKeySource(deps: KeySourceDeps): KeySource {
  const { env, file } = deps;
  const given = env[keyVariable]?.trim() ?? '';
  const folder = env['CREDENTIALS_DIRECTORY'];
  const find = async (): Promise<FoundKeys | null> => {
    if (given !== '') {
      const place = `the environment variable ${keyVariable}`;
      return { keys: keysOf(place, given.split(/[\s,]+/u)), place, writable: false };
    }
    const unit =
      folder === undefined ? null : await systemdKeys(join(folder, systemdCredential), deps);
    return unit ?? (await fileKeys(file, deps));
  };
  return {
    place: file,
    find,
    create: async () => {
      await mkdir(dirname(file), { recursive: true, mode: 0o700 });
      if (deps.ownFolder) await writeFile(join(dirname(file), '.gitignore'), '*\n');
      await requireOutside(file, deps);
      await createUnlessThere(file, `${fernetKeyText(deps.random.bytes(32))}\n`, deps);
      const found = await fileKeys(file, deps);
      if (found === null) throw keyUnsafe(file, 'it went away while it was made', 'Try again.');
      return found;
    },
    write: async ({ add, keep }) => {
      const lines = (await readLines(file, deps)) ?? [];
      const kept = lines.filter((line) => keep.has(parseFernetKey(line)?.id ?? ''));
      const all = add ? [fernetKeyText(deps.random.bytes(32)), ...kept] : kept;
      await replaceFile(file, `${all.join('\n')}\n`, deps);
      return { keys: keysOf(file, all), place: file, writable: true };
    },
  };
}

async function systemdKeys(path: string, deps: KeySourceDeps): Promise<FoundKeys | null> {
  const place = `the systemd credential ${systemdCredential}`;
  const handle = await openPlain(path);
  if (handle === null) return null;
  try {
    const { mode, uid } = await handle.stat();
    // systemd may show its access list as group bits; it never lets others in.
    if ((mode & 0o007) !== 0) throw unsafe(path, 'everybody may use it');
    if (uid !== 0 && uid !== deps.userId) throw unsafe(path, 'it belongs to another user');
    return { keys: keysOf(place, await linesOf(path, handle)), place, writable: false };
  } finally {
    await handle.close();
  }
}

async function fileKeys(path: string, deps: KeySourceDeps): Promise<FoundKeys | null> {
  const lines = await readLines(path, deps);
  return lines === null ? null : { keys: keysOf(path, lines), place: path, writable: true };
}

/** Everything is asked of the descriptor that is then read, so that nothing can be put in its place in between. */
async function readLines(path: string, deps: KeySourceDeps): Promise<readonly string[] | null> {
  const handle = await openPlain(path);
  if (handle === null) return null;
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw unsafe(path, 'it is not a plain file');
    if ((stat.mode & 0o077) !== 0) throw unsafe(path, 'others than its owner may use it');
    if (stat.uid !== deps.userId) throw unsafe(path, 'it belongs to another user');
    if (stat.nlink > 1) throw unsafe(path, 'it has a second name (a hard link)');
    await requireOutside(path, deps);
    return await linesOf(path, handle);
  } finally {
    await handle.close();
  }
}

/** Without following a link and without waiting for the other end of a pipe; null when nothing is there. */
async function openPlain(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (cause) {
    const code = codeOf(cause);
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    if (code === 'ELOOP') throw unsafe(path, 'it is a symbolic link');
    throw unsafe(path, `it cannot be opened: ${messageOf(cause)}`);
  }
}

async function linesOf(path: string, handle: FileHandle): Promise<readonly string[]> {
  const buffer = Buffer.alloc(maxBytes);
  try {
    const { bytesRead } = await handle.read(buffer, 0, maxBytes, 0);
    if (bytesRead === maxBytes) throw keyMalformed(path, 'it is larger than any list of keys');
    const lines = buffer.toString('utf8', 0, bytesRead).split('\n');
    return lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'));
  } finally {
    buffer.fill(0);
  }
}

function keysOf(place: string, texts: readonly string[]): readonly FernetKey[] {
  const keys = texts
    .filter((text) => text !== '')
    .map((text, index) => {
      const key = parseFernetKey(text);
      if (key === null) throw keyMalformed(place, `key ${index + 1} is not 32 bytes as base64url`);
      return key;
    });
  if (keys.length === 0) throw keyMalformed(place, 'it holds no key');
  return keys;
}

/** Not among the backups, which are worth nothing to a thief without it, and in no work tree. */
async function requireOutside(file: string, { backups }: KeySourceDeps): Promise<void> {
  const folder = await realpath(dirname(file));
  const kept = backups === undefined ? null : await realpath(backups).catch(() => null);
  if (kept !== null && (folder === kept || folder.startsWith(`${kept}${sep}`))) {
    throw keyUnsafe(
      file,
      `it lies among the backups in ${kept}`,
      'Keep it apart from what it protects, and name its place in security.vault.keyFile or CMS_VAULT_KEY_FILE.',
    );
  }
  await requireNoRepository(file, folder);
}

/**
 * A key inside a work tree is one `git add` away from everybody. A folder that keeps everything from git (`*` in its
 * own .gitignore, as we write it into the data folder) is none.
 */
async function requireNoRepository(file: string, from: string): Promise<void> {
  let folder = from;
  for (;;) {
    if (await isClosedToGit(folder)) return;
    if (await isThere(join(folder, '.git'))) {
      throw keyUnsafe(
        file,
        `it lies inside the git repository ${folder}`,
        'Move it out of the repository and name its place in security.vault.keyFile or CMS_VAULT_KEY_FILE.',
      );
    }
    const parent = dirname(folder);
    if (parent === folder) return;
    folder = parent;
  }
}

async function isClosedToGit(folder: string): Promise<boolean> {
  try {
    const lines = (await readFile(join(folder, '.gitignore'), 'utf8')).split('\n');
    return lines.some((line) => line.trim() === '*') && !lines.some((line) => line.startsWith('!'));
  } catch (cause) {
    if (['ENOENT', 'EISDIR', 'EACCES'].includes(String(codeOf(cause)))) return false;
    throw cause;
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return false;
    throw cause;
  }
}

/** Written whole beside its place and then linked there: a kill leaves no half a key, and an existing one stays. */
async function createUnlessThere(path: string, text: string, deps: KeySourceDeps): Promise<void> {
  const draft = await writeDraft(path, text, deps);
  try {
    await link(draft, path);
  } catch (cause) {
    if (codeOf(cause) !== 'EEXIST') throw unsafe(path, `it cannot be made: ${messageOf(cause)}`);
  } finally {
    await rm(draft, { force: true });
  }
  await syncFolder(dirname(path));
}

async function replaceFile(path: string, text: string, deps: KeySourceDeps): Promise<void> {
  const draft = await writeDraft(path, text, deps);
  try {
    await rename(draft, path);
  } catch (cause) {
    await rm(draft, { force: true });
    throw cause;
  }
  await syncFolder(dirname(path));
}

async function writeDraft(path: string, text: string, { random }: KeySourceDeps): Promise<string> {
  const draft = `${path}.${random.bytes(8).toString('hex')}`;
  const file = await open(draft, 'wx', 0o600);
  try {
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (cause) {
    // A full disk took half of it, or nobody knows whether it is there.
    await rm(draft, { force: true });
    throw cause;
  }
  return draft;
}

function unsafe(path: string, why: string): Error {
  return keyUnsafe(
    path,
    why,
    `Make it a plain file of the user that runs the service, with mode 0600: chmod 600 '${path}'.`,
  );
}

function codeOf(thrown: unknown): unknown {
  return thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
}
