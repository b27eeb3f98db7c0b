import { open, readFile, rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../lib/app-error.ts';

/** Runs the work while holding a lock file (O_EXCL); a lock left by a dead process or by an earlier boot is taken over. */
export async function withLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  await take(file, Date.now() + 120_000);
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

/** Whether a process is alive, be it ours or not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Changes with each boot, so that a process number of an earlier boot is not mistaken for a live one. */
export async function bootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => 'unknown')).trim();
}

async function take(file: string, until: number): Promise<void> {
  const boot = await bootId();
  while (Date.now() < until) {
    try {
      const handle = await open(file, 'wx', 0o600);
      await handle.writeFile(JSON.stringify({ pid: process.pid, boot }));
      await handle.close();
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    if (await isStale(file, boot)) await rm(file, { force: true });
    else await delay(50);
  }
  throw new AppError({
    kind: 'timeout',
    code: 'folder_locked',
    message: `The lock ${file} is held by another process for two minutes.`,
    next: 'See which process holds it (the file names its number); end that process, then try again.',
  });
}

async function isStale(file: string, boot: string): Promise<boolean> {
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return false;
  if (text === '') {
    // Its maker may be between making and writing: look again before calling it dead.
    await delay(1000);
    return (await readFile(file, 'utf8').catch(() => 'gone')) === '';
  }
  const held = JSON.parse(text) as { pid: number; boot: string };
  return held.boot !== boot || !isAlive(held.pid);
}
