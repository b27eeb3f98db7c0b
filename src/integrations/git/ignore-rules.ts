import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Git } from './git.ts';
import type { TreeEntry } from './git-output.ts';
import type { ObjectReader } from './object-reader.ts';

/** What tools leave behind and no change means: dropped wherever the base commit does not track it. */
const leftovers = new Set(
  [
    'node_modules __pycache__ .venv .tox .nox .mypy_cache .pytest_cache .ruff_cache .hypothesis .eggs',
    '.claude-flow .hive-mind .swarm .gradle .terraform .yarn-cache .npm .pnpm-store .parcel-cache .turbo .nyc_output',
  ]
    .join(' ')
    .split(' '),
);
const leftoverFiles = /(^|\/)(\.DS_Store|Thumbs\.db|[^/]*\.py[co]|[^/]*\.sw[op]|\.coverage)$/u;

/** Whether the path lies in a folder, or is a file, that tools leave behind. */
export function isLeftover(place: string): boolean {
  return leftoverFiles.test(place) || place.split('/').some((part) => leftovers.has(part));
}

/**
 * Of the paths those that the base commit's own `.gitignore` files ignore. git reads the rules in a folder that holds
 * nothing but these files; the workspace is never its work tree.
 */
export async function ignoredByBase(
  deps: { readonly git: Git; readonly gitDir: string; readonly rulesFolder: string },
  objects: ObjectReader,
  base: readonly TreeEntry[],
  paths: readonly string[],
): Promise<ReadonlySet<string>> {
  const rules = base.filter(
    ({ mode, path: place, exact }) =>
      mode.startsWith('100') && exact && path.basename(place) === '.gitignore',
  );
  if (rules.length === 0 || paths.length === 0) return new Set();
  for (const rule of rules) {
    const content = (await objects.read(rule.oid))?.bytes ?? Buffer.alloc(0);
    const file = path.join(deps.rulesFolder, rule.path);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
  }
  try {
    const { stdout } = await deps.git.run(
      [
        `--git-dir=${deps.gitDir}`,
        `--work-tree=${deps.rulesFolder}`,
        '-c',
        'core.bare=false',
        'check-ignore',
        '--no-index',
        '--stdin',
        '-z',
      ],
      {
        input: paths.map((place) => `./${place}\0`).join(''),
        accept: [0, 1],
        cwd: deps.rulesFolder,
        // check-ignore knows no literal pathspecs; the leading ./ keeps a colon from being magic.
        env: { GIT_LITERAL_PATHSPECS: '0' },
      },
    );
    return new Set(
      stdout
        .toString('utf8')
        .split('\0')
        .filter(Boolean)
        .map((place) => place.slice(2)),
    );
  } finally {
    await rm(deps.rulesFolder, { recursive: true, force: true, maxRetries: 5 });
  }
}
