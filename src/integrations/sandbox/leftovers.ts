import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../lib/clock.ts';
import { removeTree } from '../../lib/remove-tree.ts';
import { ownerOf } from './bubblewrap.ts';
import { findControlGroups } from './control-group.ts';
import { killNow, markedProcesses } from './marked-processes.ts';

/** What an ended service left behind. */
export interface Leftovers {
  readonly processes: readonly number[];
  /** Folders removed from the temp root. */
  readonly folders: readonly string[];
}

/**
 * For the start of a service, before it runs anything: kills processes that an ended service with this temp root left,
 * and removes its control groups and folders. One service at a time owns a temp root.
 */
export async function sweepLeftovers(tempRoot: string, clock: Clock): Promise<Leftovers> {
  const owner = ownerOf(tempRoot);
  const processes = new Set<number>();
  for (
    let living = await findProcesses(owner);
    living.length > 0;
    living = await findProcesses(owner)
  ) {
    for (const pid of living) {
      processes.add(pid);
      killNow(pid);
    }
    await clock.sleep(20);
  }
  for (const group of await findControlGroups(`cms-${owner}.`)) await group.remove();
  const folders: string[] = [];
  for (const name of await readdir(tempRoot).catch(() => [])) {
    if (!/^(sb|probe|run|command)-/.test(name)) continue;
    await removeTree(join(tempRoot, name));
    folders.push(join(tempRoot, name));
  }
  return { processes: [...processes], folders };
}

async function findProcesses(owner: string): Promise<readonly number[]> {
  const marked = await markedProcesses(`${owner}.`);
  const groups = await findControlGroups(`cms-${owner}.`);
  const members = await Promise.all(groups.map((group) => group.members()));
  return [...new Set([...marked, ...members.flat()])];
}
