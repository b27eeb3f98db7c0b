import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Limits of memory, processes and processor time by the kernel's control groups, version 1 or 2. */
export interface ControlGroup {
  /** Files that take the id of a process which joins. */
  readonly joinFiles: readonly string[];
  /** The share of the processors that was asked for holds; false where none was asked for. */
  readonly sharesProcessors: boolean;
  /** Ids of all processes in it, descendants in other sessions too. */
  members(): Promise<readonly number[]>;
  remove(): Promise<void>;
}

export interface ControlGroupLimits {
  readonly memoryBytes: number;
  readonly processes: number;
  /** Of how many processors it gets the time; all of them when null or left out. */
  readonly cpus?: number | null;
}

/** Processor time is handed out by the period, in microseconds. */
const cpuPeriod = 100_000;

const root = '/sys/fs/cgroup';

/** Makes a group below our own; null where this user may not (the usual case without root). */
export async function createControlGroup(
  name: string,
  limits: ControlGroupLimits,
): Promise<ControlGroup | null> {
  const own = await ownGroups();
  const made: string[] = [];
  try {
    if (own.unified !== null && (await offers(own.unified))) {
      const folder = join(own.unified, name);
      await makeGroup(folder, made, {
        'memory.max': limits.memoryBytes,
        'memory.swap.max': 0,
        'pids.max': limits.processes,
        ...(limits.cpus == null
          ? {}
          : { 'cpu.max': `${Math.round(limits.cpus * cpuPeriod)} ${cpuPeriod}` }),
      });
    } else if (own.memory !== null && own.pids !== null) {
      await makeGroup(join(own.memory, name), made, {
        'memory.limit_in_bytes': limits.memoryBytes,
      });
      await makeGroup(join(own.pids, name), made, { 'pids.max': limits.processes });
      if (limits.cpus != null && own.cpu !== null) {
        await makeGroup(join(own.cpu, name), made, {
          'cpu.cfs_period_us': cpuPeriod,
          'cpu.cfs_quota_us': Math.round(limits.cpus * cpuPeriod),
        });
      }
    } else return null;
  } catch {
    // Not permitted here; the caller falls back to limits by process.
    for (const folder of made) await rmdir(folder).catch(() => undefined);
    return null;
  }
  return groupOf(made, limits.cpus != null && (await isShared(made, limits.cpus)));
}

/** Reads the share back: not everywhere is the processor handed on. */
async function isShared(folders: readonly string[], cpus: number): Promise<boolean> {
  const quota = String(Math.round(cpus * cpuPeriod));
  for (const folder of folders) {
    for (const file of ['cpu.max', 'cpu.cfs_quota_us']) {
      const held = await readFile(join(folder, file), 'utf8').catch(() => '');
      if (held.trim().split(' ')[0] === quota) return true;
    }
  }
  return false;
}

/** Groups of our name that an ended service left behind. */
export async function findControlGroups(prefix: string): Promise<readonly ControlGroup[]> {
  const own = await ownGroups();
  const found: ControlGroup[] = [];
  for (const parent of [own.unified, own.memory, own.pids, own.cpu]) {
    if (parent === null) continue;
    const names = await readdir(parent).catch(() => []);
    for (const name of names)
      if (name.startsWith(prefix)) found.push(groupOf([join(parent, name)]));
  }
  return found;
}

function groupOf(folders: readonly string[], sharesProcessors = false): ControlGroup {
  const first = folders[0] ?? '';
  return {
    sharesProcessors,
    joinFiles: folders.map((folder) => join(folder, 'cgroup.procs')),
    members: async () => {
      const text = await readFile(join(first, 'cgroup.procs'), 'utf8').catch(() => '');
      return text.split('\n').filter(Boolean).map(Number);
    },
    remove: async () => {
      for (const folder of folders) await rmdir(folder).catch(() => undefined);
    },
  };
}

async function makeGroup(
  folder: string,
  made: string[],
  values: Readonly<Record<string, number | string>>,
): Promise<void> {
  await mkdir(folder);
  made.push(folder);
  for (const [file, value] of Object.entries(values)) {
    // Not everywhere is swap counted, or the processor handed on.
    const optional = ['memory.swap.max', 'cpu.max'].includes(file);
    await writeFile(join(folder, file), String(value)).catch((cause: unknown) => {
      if (!optional) throw cause;
    });
  }
}

async function offers(folder: string): Promise<boolean> {
  const handed = await readFile(join(folder, 'cgroup.subtree_control'), 'utf8').catch(() => '');
  return ['memory', 'pids'].every((controller) => handed.split(/\s+/).includes(controller));
}

/** Where we are ourselves: `/proc/self/cgroup`, see cgroups(7). */
async function ownGroups(): Promise<{
  unified: string | null;
  memory: string | null;
  pids: string | null;
  cpu: string | null;
}> {
  const text = await readFile('/proc/self/cgroup', 'utf8').catch(() => '');
  const path = (controller: string) =>
    text
      .split('\n')
      .map((line) => line.split(':'))
      .find(([, names]) => (names ?? '').split(',').includes(controller))?.[2];
  const below = (folder: string, controller: string) => {
    const found = path(controller);
    return found === undefined ? null : join(folder, found);
  };
  return {
    unified: below(root, ''),
    memory: below(join(root, 'memory'), 'memory'),
    pids: below(join(root, 'pids'), 'pids'),
    cpu: below(join(root, 'cpu'), 'cpu'),
  };
}
