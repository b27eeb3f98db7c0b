import { readFile, readlink } from 'node:fs/promises';

/**
 * A process as the kernel names it: boot, process namespace, user, id, start. No other one is ever called the same, so that
 * one of this machine can be proven to have ended. Only where there is `/proc`, and only of the own user: mounted with
 * `hidepid` it does not show those of others (proc(5)).
 */
export interface SenderProcesses {
  /** The name of this process; null where none can be given. */
  self(): Promise<string | null>;
  /** Whether the named process is proven to have ended: false for one that lives, that is stopped, or that cannot be seen. */
  isGone(name: string): Promise<boolean>;
}

export function createSenderProcesses(): SenderProcesses {
  let own: Promise<string | null> | null = null;
  const self = async (): Promise<string | null> => (own ??= nameOfSelf());
  return {
    self,
    isGone: async (name) => {
      const [boot, space, user, pid = '', started] = name.split(' ');
      const [ownBoot, ownSpace, ownUser] = (await self())?.split(' ') ?? [];
      const isNear = boot === ownBoot && space === ownSpace && user === ownUser;
      if (!isNear || !/^\d+$/u.test(pid)) return false;
      const found = await statOf(pid);
      return found === 'gone' || (found !== null && (found.isOver || found.started !== started));
    },
  };
}

async function nameOfSelf(): Promise<string | null> {
  const found = await statOf('self');
  if (found === null || found === 'gone') return null;
  try {
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
    const space = await readlink('/proc/self/ns/pid');
    return [boot.trim(), space, process.geteuid?.(), process.pid, found.started].join(' ');
  } catch {
    return null;
  }
}

/** From proc_pid_stat(5); null when it cannot be read. */
async function statOf(
  pid: string,
): Promise<{ readonly started: string; readonly isOver: boolean } | 'gone' | null> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold anything.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const [state = '', started] = [fields[0], fields[19]];
    return started === undefined ? null : { started, isOver: ['Z', 'X', 'x'].includes(state) };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    return code === 'ENOENT' || code === 'ESRCH' ? 'gone' : null;
  }
}
