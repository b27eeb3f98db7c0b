import { mkdir, readdir } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { processMark } from '../../integrations/git/process-mark.ts';
import { sweepLeftovers } from '../../integrations/sandbox/leftovers.ts';
import type { Clock } from '../../lib/clock.ts';
import { sha256 } from '../../lib/hash.ts';
import { removeTree } from '../../lib/remove-tree.ts';

/** Where one process keeps what must not be shared with another one on the same data folder. */
export interface ProcessSlot {
  /** `<machine>-<process id>-<when it began>`: letters, digits and `-`, never the same twice. */
  readonly name: string;
  /** Folder for agents at work; its path is short. */
  readonly folder: string;
  /** Ends what dead processes of this machine left at work, and removes their folders. */
  endLeftovers(): Promise<void>;
}

/** Made when `isWorking`; else only named. */
export async function openProcessSlot(
  dataDir: string,
  clock: Clock,
  isWorking: boolean,
): Promise<ProcessSlot> {
  const root = rootOf(dataDir);
  const name = await slotName(process.pid);
  const folder = join(root, name);
  if (isWorking) await mkdir(folder, { recursive: true, mode: 0o700 });
  let isRootSwept = false;
  return {
    name,
    folder,
    endLeftovers: async () => {
      // Folders lay in the root itself before processes shared a data folder. Nobody puts any there now, and a look for
      // processes reads the environment of all of this machine.
      if (!isRootSwept) await sweepLeftovers(root, clock);
      isRootSwept = true;
      for (const other of await readdir(root).catch(() => [])) {
        if (!(await isDead(other))) continue;
        await sweepLeftovers(join(root, other), clock);
        await removeTree(join(root, other));
      }
    },
  };
}

async function slotName(pid: number): Promise<string> {
  const [, began = ''] = (await processMark(pid)).split(' ');
  return `${machine()}-${pid}-${began === '?' ? '0' : began}`;
}

/** One of this machine, whose process has ended. Those of others, as on a shared disk, cannot be judged from here. */
async function isDead(name: string): Promise<boolean> {
  const [host, pid] = name.split('-');
  return host === machine() && Number(pid) > 0 && (await slotName(Number(pid))) !== name;
}

function machine(): string {
  return sha256(hostname()).slice(0, 6);
}

/** Sockets of the sandbox lie below the slot, so its path must be short (sockaddr_un, 107 bytes). */
function rootOf(dataDir: string): string {
  const near = join(dataDir, 'runs');
  return near.length <= 28 ? near : join(tmpdir(), `cms-${sha256(dataDir).slice(0, 12)}`);
}
