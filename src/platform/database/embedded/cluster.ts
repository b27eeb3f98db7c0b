import {
  access,
  chown,
  open,
  readdir,
  readFile,
  rename,
  rm,
  statfs,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { AppError } from '../../../lib/app-error.ts';
import type { Random } from '../../../lib/random.ts';
import { syncFolder } from '../../../lib/sync-folder.ts';
import type { Binaries } from './binaries.ts';
import { type Layout, ownFolder } from './layout.ts';
import { serverFailure } from './server-failure.ts';

/** The one role and the one database of an embedded server. */
export const ownerRole = 'cms_owner';
export const databaseName = 'cms';

const neededBytes = 300 * 1024 * 1024;

/**
 * Runs initdb when there is no cluster yet; the lock is held. It works in a folder of its own that is renamed when whole,
 * so that a killed initdb leaves nothing half-made. Data checksums on, SCRAM only.
 * Throws `disk_full`, `database_start_failed`.
 */
export async function ensureCluster(
  layout: Layout,
  binaries: Binaries,
  random: Random,
): Promise<void> {
  if (await hasCluster(layout)) return;
  await removeLeftovers(layout.home);
  await requireSpace(layout.home);
  const secret = await ensureSecret(layout, random);
  const suffix = random.bytes(6).toString('hex');
  const folder = join(layout.home, `initdb-${suffix}`);
  const passwordFile = join(layout.home, `initdb-${suffix}.password`);
  try {
    await ownFolder(folder, layout.account);
    await writeFile(passwordFile, secret, { mode: 0o600 });
    if (layout.account !== undefined) {
      await chown(passwordFile, layout.account.uid, layout.account.gid);
    }
    await runInitdb(binaries, layout, folder, passwordFile);
    await rename(folder, layout.cluster);
    await syncFolder(layout.home);
  } finally {
    await rm(passwordFile, { force: true });
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

export async function hasCluster(layout: Layout): Promise<boolean> {
  return await isThere(layout.cluster);
}

/** The owner's password. Throws `database_secret_missing` when the cluster is there without it. */
export async function readSecret(layout: Layout): Promise<string> {
  try {
    return (await readFile(layout.secretFile, 'utf8')).trim();
  } catch (cause) {
    throw new AppError({
      kind: 'not_well',
      code: 'database_secret_missing',
      message: `The password of the embedded database cannot be read from ${layout.secretFile}.`,
      next: 'Restore that file from a backup of the data folder, and make it readable for this user only.',
      details: { path: layout.secretFile },
      cause,
    });
  }
}

async function ensureSecret(layout: Layout, random: Random): Promise<string> {
  if (!(await isThere(layout.secretFile))) {
    const half = `${layout.secretFile}.half`;
    const handle = await open(half, 'w', 0o600);
    try {
      await handle.writeFile(random.bytes(24).toString('hex'));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(half, layout.secretFile);
  }
  return await readSecret(layout);
}

async function runInitdb(
  binaries: Binaries,
  layout: Layout,
  folder: string,
  passwordFile: string,
): Promise<void> {
  const locale =
    binaries.major >= 17
      ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C']
      : ['--locale=C'];
  const result = await execa(
    binaries.initdb,
    [
      `--pgdata=${folder}`,
      `--username=${ownerRole}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--data-checksums',
      '--encoding=UTF8',
      ...locale,
    ],
    {
      ...layout.account,
      cwd: '/',
      env: { LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/bin:/bin' },
      extendEnv: false,
      reject: false,
      all: true,
    },
  );
  if (result.failed) throw serverFailure('PostgreSQL could not make its folder', result.all);
}

/** What an earlier, killed initdb left. */
async function removeLeftovers(home: string): Promise<void> {
  for (const name of await readdir(home)) {
    if (name.startsWith('initdb-')) {
      await rm(join(home, name), { recursive: true, force: true, maxRetries: 5 });
    }
  }
}

async function requireSpace(home: string): Promise<void> {
  const { bavail, bsize } = await statfs(home);
  const free = bavail * bsize;
  if (free >= neededBytes) return;
  throw new AppError({
    kind: 'unavailable',
    code: 'disk_full',
    message: `A new database needs 300 MB, and the disk of ${dirname(home)} has ${Math.floor(free / 1024 / 1024)} MB free.`,
    next: 'Free some space on that disk, or choose another data folder.',
    details: { path: home, freeBytes: free, neededBytes },
  });
}

async function isThere(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
