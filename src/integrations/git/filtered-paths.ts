import path from 'node:path';
import type { Git } from './git.ts';

/** First line of a pointer of git LFS (https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md). */
const pointerHead = 'version https://git-lfs.github.com/spec/';
const pointerBytes = 1024;

/**
 * Why a file may not be committed as it lies in the folder: the base commit's attributes put it through a filter (git
 * LFS, encryption) on its way in, and filters are programs that never run on an agent's work. A pointer of git LFS is
 * what the filter would make, so it passes. Answers the reasons by path.
 */
export async function filteredPaths(
  deps: {
    readonly git: Git;
    readonly gitDir: string;
    readonly scratch: string;
    readonly baseCommit: string;
  },
  files: readonly { readonly path: string; readonly text: string | null }[],
): Promise<ReadonlyMap<string, string>> {
  if (files.length === 0) return new Map();
  const { git, gitDir, scratch, baseCommit } = deps;
  const env = { GIT_INDEX_FILE: path.join(scratch, 'attributes-index') };
  await git.run([`--git-dir=${gitDir}`, 'read-tree', baseCommit], { env });
  const { stdout } = await git.run(
    [`--git-dir=${gitDir}`, 'check-attr', '--cached', '--stdin', '-z', 'filter'],
    { env, input: files.map((file) => `${file.path}\0`).join('') },
  );
  const fields = stdout.toString('utf8').split('\0');
  const texts = new Map(files.map((file) => [file.path, file.text]));
  const reasons = new Map<string, string>();
  for (let at = 0; at + 2 < fields.length; at += 3) {
    const [place = '', , filter = ''] = fields.slice(at, at + 3);
    if (filter === 'unspecified' || filter === 'unset' || filter === '') continue;
    if (filter === 'lfs' && isPointer(texts.get(place) ?? null)) continue;
    reasons.set(
      place,
      filter === 'lfs'
        ? 'git LFS keeps this file, and the change holds its content where a pointer belongs'
        : `the filter "${filter}" would have to run on it, and no filter runs on an agent's work`,
    );
  }
  return reasons;
}

function isPointer(text: string | null): boolean {
  return (
    text !== null &&
    text.length <= pointerBytes &&
    text.startsWith(pointerHead) &&
    /^oid sha256:[0-9a-f]{64}$/mu.test(text) &&
    /^size \d{1,15}$/mu.test(text)
  );
}
