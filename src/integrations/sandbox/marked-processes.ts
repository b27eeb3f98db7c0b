import { readdirSync, readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';

/** The environment variable by which we know our processes again; its value is `<owner>.<id>`. */
export const processMark = 'CMS_PROCESS';

/** Ids of living processes whose environment has the mark with a value that starts so (proc(5), `/proc/pid/environ`). */
export async function markedProcesses(valuePrefix: string): Promise<readonly number[]> {
  const names = await readdir('/proc').catch(() => []);
  const found: number[] = [];
  for (const name of names) {
    if (!/^\d+$/.test(name)) continue;
    // Gone meanwhile, or of another user: not ours to judge.
    const environment = await readFile(`/proc/${name}/environ`, 'latin1').catch(() => '');
    if (isMarked(environment, valuePrefix)) found.push(Number(name));
  }
  return found;
}

/** The same without letting anything else go on meanwhile, for a process that ends. */
export function markedNow(valuePrefix: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && isMarked(environmentNow(name), valuePrefix))
    .map(Number);
}

function environmentNow(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1');
  } catch {
    return '';
  }
}

function isMarked(environment: string, valuePrefix: string): boolean {
  const needle = `${processMark}=${valuePrefix}`;
  return environment.split('\0').some((entry) => entry.startsWith(needle));
}

/** SIGKILL; a process that is gone already is fine. */
export function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ESRCH') throw cause;
  }
}
