import type { FileChoice } from '../../domain/ports/git.ts';
import { AppError } from '../../lib/app-error.ts';
import type { Git } from './git.ts';
import { parseNul } from './git-output.ts';
import { wordPatterns } from './word-pattern.ts';

/** What files are looked for by their content. */
export interface WordSearch {
  readonly spellings: readonly string[];
  readonly choice: FileChoice;
}

/** The same in one commit. */
export interface NameSearch extends WordSearch {
  readonly gitDir: string;
  readonly commit: string;
}

/** A search that was under way before it was asked for. */
export interface BegunSearch {
  /**
   * Names in the order of git; `ended` when these are all, `broken` when some may be missing. Null when another search
   * was begun than the one that is asked for, and the second time.
   */
  take(search: NameSearch): AsyncGenerator<string, 'ended' | 'broken'> | null;
}

/** The patterns that we give git are patterns. */
export const pathspecMagic = { env: { GIT_LITERAL_PATHSPECS: '0' } };

/** Lists the names of files that hold what is asked for. */
export const grepNames = [
  'grep',
  '-l',
  '-z',
  '--no-color',
  '--full-name',
  '--no-recurse-submodules',
];

/** What git is told behind the name of its folder, to be asked with `pathspecMagic`. */
export function searchArguments({ spellings, choice }: WordSearch, commit: string): string[] {
  return [...grepNames, '-P', ...eitherOf(wordPatterns(spellings)), ...within(choice, commit)];
}

/**
 * Names of files with one of the words, UTF-16 ones too, as `git grep` finds them. What a search that was begun before
 * names is taken from it; where it breaks off, what it did not come to is looked for anew.
 */
export async function* namesWith(
  git: Git,
  search: NameSearch,
  begun: BegunSearch | null,
): AsyncGenerator<string, void> {
  const stream = begun?.take(search) ?? null;
  if (stream === null) return yield* namesAsked(git, search);
  const told = new Set<string>();
  for (let next = await stream.next(); ; next = await stream.next()) {
    if (next.done !== true) {
      told.add(next.value);
      yield next.value;
    } else if (next.value === 'ended') return;
    else break;
  }
  for await (const name of namesAsked(git, search)) if (!told.has(name)) yield name;
}

async function* namesAsked(git: Git, search: NameSearch): AsyncGenerator<string, void> {
  const { gitDir, commit, spellings, choice } = search;
  const folder = `--git-dir=${gitDir}`;
  const child = git.start([folder, ...searchArguments(search, commit)], pathspecMagic);
  child.stdin.end();
  const prefix = commit.length + 1;
  let yielded = 0;
  try {
    for await (const name of parseNul(child.stdout)) {
      yielded++;
      yield name.slice(prefix);
    }
    const { code, stderr } = await child.done;
    if (code === 0 || code === 1) return;
    if (yielded > 0 || !stderr.includes('Perl-compatible')) throw searchFailed(stderr);
  } finally {
    child.kill();
  }
  const fixed = ['-I', '-w', '-F', ...eitherOf(spellings), ...within(choice, commit)];
  yield* namesWithFixed(git, [folder, ...grepNames, ...fixed], prefix);
}

/** For a git that was built without PCRE: the same words, without UTF-16 files. */
async function* namesWithFixed(
  git: Git,
  args: readonly string[],
  prefix: number,
): AsyncIterable<string> {
  const child = git.start(args, pathspecMagic);
  child.stdin.end();
  try {
    for await (const name of parseNul(child.stdout)) yield name.slice(prefix);
    const { code, stderr } = await child.done;
    if (code !== 0 && code !== 1) throw searchFailed(stderr);
  } finally {
    child.kill();
  }
}

/** Patterns as git is given them. */
function eitherOf(patterns: readonly string[]): string[] {
  return patterns.flatMap((pattern) => ['-e', pattern]);
}

/** Where a search looks, and what it leaves out, as git reads it. */
function within({ never, unlikely }: FileChoice, commit: string): string[] {
  return [
    commit,
    '--',
    ...unlikely.folders.map((name) => `:(exclude,glob)**/${name}/**`),
    ...[...unlikely.endings, ...never].map((ending) => `:(exclude)*${ending}`),
  ];
}

export function searchFailed(stderr: string): AppError {
  const said = stderr.trim().split('\n').at(-1) ?? '';
  return new AppError({
    kind: 'unavailable',
    code: 'git_tree_unreadable',
    message: `git could not read the tree: ${said || 'it said nothing'}`,
  });
}
