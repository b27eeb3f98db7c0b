import { readdir, readFile } from 'node:fs/promises';
import type { Clock } from '../../lib/clock.ts';

const lookEveryMs = 250;
const shortestPauseMs = 10;
const pageBytes = 4096;

/**
 * Where no control group limits memory: adds up what a process and its descendants hold for themselves, several times
 * a second and more often the sooner it would be full at its pace, and calls `onExceeded` once it is too much. Slower
 * than the kernel: what grows suddenly overshoots.
 */
export async function guardMemory(
  pid: number,
  limitBytes: number,
  clock: Clock,
  over: AbortSignal,
  onExceeded: () => void,
): Promise<void> {
  let last = { bytes: 0, atMs: clock.monotonicMs() };
  while (!over.aborted) {
    const bytes = await memoryOfTree(pid);
    if (bytes > limitBytes) return onExceeded();
    const atMs = clock.monotonicMs();
    const pace = (bytes - last.bytes) / Math.max(1, atMs - last.atMs);
    last = { bytes, atMs };
    const untilHalfWay = pace > 0 ? (limitBytes - bytes) / pace / 2 : lookEveryMs;
    const pauseMs = Math.max(shortestPauseMs, Math.min(lookEveryMs, untilHalfWay));
    // The end of the process wakes us; that is no failure.
    await clock.sleep(pauseMs, over).catch(() => undefined);
  }
}

interface ProcessMemory {
  readonly pid: number;
  readonly parent: number;
  /** Held for itself alone. */
  readonly bytes: number;
}

async function memoryOfTree(root: number): Promise<number> {
  const tree = await processTree(root);
  return tree.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** A process and its descendants, as far as their parents live. */
export async function processTree(root: number): Promise<readonly ProcessMemory[]> {
  const names = await readdir('/proc').catch(() => []);
  const all = await Promise.all(names.filter((name) => /^\d+$/.test(name)).map(readProcess));
  const tree = new Set([root]);
  const found: ProcessMemory[] = [];
  // Children come after their parents except when ids wrapped round; those are caught by the next look.
  for (const one of all.filter((entry) => entry !== null).sort((a, b) => a.pid - b.pid)) {
    if (!tree.has(one.pid) && !tree.has(one.parent)) continue;
    tree.add(one.pid);
    found.push(one);
  }
  return found;
}

/** `/proc/pid/stat` and `statm`, proc(5); null for what is gone meanwhile. */
async function readProcess(name: string): Promise<ProcessMemory | null> {
  try {
    const stat = await readFile(`/proc/${name}/stat`, 'latin1');
    const [, parent = '0'] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [, resident = '0', shared = '0'] = (
      await readFile(`/proc/${name}/statm`, 'latin1')
    ).split(' ');
    const bytes = (Number(resident) - Number(shared)) * pageBytes;
    return { pid: Number(name), parent: Number(parent), bytes };
  } catch {
    return null;
  }
}
