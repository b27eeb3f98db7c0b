import { readFile } from 'node:fs/promises';

/** `<pid> <start time>` of a live process, so that a reused pid is told apart; only `gone` when it does not run. */
export async function processMark(pid: number): Promise<string> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? 'gone' : `${pid} ${fields[19] ?? ''}`;
  } catch {
    return isAlive(pid) ? `${pid} ?` : 'gone';
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
