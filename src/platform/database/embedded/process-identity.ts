import { readFile } from 'node:fs/promises';
import { execa } from 'execa';

/** A process that may be gone: its id alone can be reused, so the moment of its birth goes with it. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Boot id and start time; opaque, compared for equality. */
  readonly birth: string;
}

/** Who this process is. */
export async function ownIdentity(): Promise<ProcessIdentity> {
  return { pid: process.pid, birth: (await birthOf(process.pid)) ?? 'unknown' };
}

/** True while that very process lives; a zombie and a reused id count as dead. */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  return (await birthOf(identity.pid)) === identity.birth;
}

/** When the process was born, undefined when there is none (or only its zombie). */
export async function birthOf(pid: number): Promise<string | undefined> {
  return process.platform === 'linux' ? await birthOnLinux(pid) : await birthByPs(pid);
}

/** proc(5): after the parenthesized name come state (field 3) and, as field 22, start time in ticks since boot. */
async function birthOnLinux(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
    return `${boot.trim()}/${fields[19]}`;
  } catch {
    return undefined; // no such process
  }
}

async function birthByPs(pid: number): Promise<string | undefined> {
  const answer = await execa('ps', ['-o', 'lstart=', '-p', String(pid)], { reject: false });
  const text = answer.stdout.trim();
  return text === '' ? undefined : text;
}
