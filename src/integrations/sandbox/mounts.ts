import { dirname } from 'node:path';

/** One path of this machine that is seen inside under the same or another name. */
export interface Mount {
  readonly source: string;
  readonly target: string;
  readonly writable: boolean;
}

/**
 * Arguments of bwrap for the mounts. Outer paths come before inner ones, so that a writable folder inside a readable
 * one stays writable; parents are made by us because bwrap makes them for their owner only.
 */
export function mountArguments(mounts: readonly Mount[]): readonly string[] {
  const made = new Set(['/', '/tmp', '/etc', '/usr', '/dev', '/proc']);
  const result: string[] = [];
  const ordered = [...mounts].sort((a, b) => a.target.length - b.target.length);
  for (const { source, target, writable } of ordered) {
    const within = ordered.some(
      (other) => other.target !== target && isBelow(target, other.target),
    );
    if (!within) {
      for (const parent of parentsOf(target)) {
        if (made.has(parent)) continue;
        made.add(parent);
        result.push('--perms', '0755', '--dir', parent);
      }
    }
    result.push(writable ? '--bind' : '--ro-bind', source, target);
  }
  return result;
}

function isBelow(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}

function parentsOf(path: string): readonly string[] {
  const parents: string[] = [];
  for (let parent = dirname(path); parent !== '/'; parent = dirname(parent))
    parents.unshift(parent);
  return parents;
}
