import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { AppError } from '../../../lib/app-error.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { Random } from '../../../lib/random.ts';
import { isAlive, ownIdentity, type ProcessIdentity } from './process-identity.ts';

export interface FileLockDeps {
  readonly clock: Clock;
  readonly random: Random;
}

const deadlineMs = 180_000;

/**
 * Runs `work` while holding a lock file that names its holder. The lock of a dead process is taken over.
 * Throws `database_busy` when a living process keeps it for three minutes.
 */
export async function withFileLock<T>(
  path: string,
  deps: FileLockDeps,
  work: () => Promise<T>,
): Promise<T> {
  const text = JSON.stringify({ ...(await ownIdentity()), token: deps.random.uuid() });
  const own = `${path}.${process.pid}.${deps.random.bytes(6).toString('hex')}`;
  await writeFile(own, text, { mode: 0o600 });
  try {
    await acquire(path, own, deps);
  } finally {
    await rm(own, { force: true });
  }
  try {
    return await work();
  } finally {
    if ((await textOf(path)) === text) await rm(path, { force: true });
  }
}

/** Whether the lock names a holder that is dead; false when nobody holds it. */
export async function isStaleLock(path: string): Promise<boolean> {
  const seen = await textOf(path);
  return seen !== undefined && !(await holderLives(seen));
}

/** A hard link appears whole or not at all, so no reader meets a half-written lock. */
async function acquire(path: string, own: string, { clock }: FileLockDeps): Promise<void> {
  const end = clock.monotonicMs() + deadlineMs;
  while (!(await linked(own, path))) {
    const seen = await textOf(path);
    if (seen !== undefined && !(await holderLives(seen))) {
      await removeStale(path, seen, `${own}.stale`);
      continue;
    }
    if (clock.monotonicMs() > end) throw busy(path, seen);
    await clock.sleep(25);
  }
}

async function linked(own: string, path: string): Promise<boolean> {
  try {
    await link(own, path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Moved aside and looked at again: if another took the lock meanwhile, it is put back. */
async function removeStale(path: string, seen: string, aside: string): Promise<void> {
  if ((await textOf(path)) !== seen) return;
  try {
    await rename(path, aside);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  if ((await textOf(aside)) !== seen) await linked(aside, path);
  await rm(aside, { force: true });
}

async function holderLives(text: string): Promise<boolean> {
  const holder = identityIn(text);
  return holder !== undefined && (await isAlive(holder));
}

/** Reads a record that this room wrote; anything else is nobody's. */
export function identityIn(text: string): ProcessIdentity | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    const { pid, birth } = value as Partial<ProcessIdentity>;
    return typeof pid === 'number' && typeof birth === 'string' ? { pid, birth } : undefined;
  } catch {
    return undefined;
  }
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** The errno name of a file-system error, for example ENOENT. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}

function busy(path: string, seen: string | undefined): AppError {
  const holder = seen === undefined ? undefined : identityIn(seen);
  return new AppError({
    kind: 'unavailable',
    code: 'database_busy',
    message: `Another process${holder === undefined ? '' : ` (${holder.pid})`} has been starting or stopping the database for minutes.`,
    next: `Wait for it, or end it; the lock is ${path}.`,
    details: { lock: path, pid: holder?.pid },
  });
}
