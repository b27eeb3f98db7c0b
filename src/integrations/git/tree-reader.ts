import type {
  BlobAt,
  Candidate,
  FileChoice,
  TreeChange,
  TreeReader,
} from '../../domain/ports/git.ts';
import { attributesOfFolders } from './folder-attributes.ts';
import type { Git } from './git.ts';
import { parseRawDiff, parseTree } from './git-output.ts';
import {
  type BegunSearch,
  grepNames,
  type NameSearch,
  namesWith,
  pathspecMagic,
  searchFailed,
} from './name-search.ts';
import { type GitObject, type ObjectReader, openObjectReader } from './object-reader.ts';

export interface TreeReaderDeps {
  readonly git: Git;
  /** Blobs above this are left out; default 5 MB. */
  readonly maxFileBytes?: number;
  /** A search that is under way already. */
  readonly begun?: BegunSearch | null;
}

/** A TreeReader that holds one `cat-file` per git folder open between calls; `close` ends them. */
export interface OpenTreeReader extends TreeReader {
  /** Commit a name stands for, for example `HEAD`; null when there is none. */
  resolve(gitDir: string, name: string): Promise<string | null>;
  close(): void;
}

const objectReadersOpen = 16;
/**
 * Reads asked for ahead of the consumer; with 5 MB a file this bounds memory, and keeps git busy. While the names come from
 * a search that takes its time, what was asked for lies there; files that are all named are taken as they come.
 */
const ahead = { count: 32, countOfNamed: 128, bytes: 6 << 20 };

/** Builds the reader: `git grep` finds the files in C, one `cat-file` streams only those. */
export function createTreeReader({
  git,
  maxFileBytes = 5_000_000,
  begun = null,
}: TreeReaderDeps): OpenTreeReader {
  const open = new Map<string, ObjectReader>();
  const attributes = createAttributesIndex(git);
  const objects = (gitDir: string): ObjectReader => {
    const known = open.get(gitDir);
    if (known !== undefined && !known.closed) {
      open.delete(gitDir);
      open.set(gitDir, known);
      return known;
    }
    const reader = openObjectReader(git, gitDir, maxFileBytes);
    open.set(gitDir, reader);
    for (const [key, old] of open) {
      if (open.size <= objectReadersOpen) break;
      if (old.pending > 0) continue;
      old.close();
      open.delete(key);
    }
    return reader;
  };
  return {
    candidates: (gitDir, commit, spellings, choice = everything) =>
      hits({ git, begun, attributes, objects }, { gitDir, commit, spellings, choice }),
    read: (gitDir, commit, files, wanted = all) =>
      given(objects(gitDir), attributes, { gitDir, commit, files, wanted }),
    blob: async (gitDir, oid) => (await objects(gitDir).read(oid))?.bytes ?? null,
    changes: async (gitDir, from, to) => {
      const changes = await changesOf(git, gitDir, from, to);
      if (changes !== null) attributes.moved(gitDir, { from, to, changes });
      return changes;
    },
    resolve: async (gitDir, name) => await resolveCommit(git, gitDir, name),
    close: () => {
      for (const reader of open.values()) reader.close();
      open.clear();
    },
  };
}

async function resolveCommit(git: Git, gitDir: string, name: string): Promise<string | null> {
  const { code, stdout } = await git.run(
    [
      `--git-dir=${gitDir}`,
      'rev-parse',
      '--verify',
      '--quiet',
      '--end-of-options',
      `${name}^{commit}`,
    ],
    { accept: [0, 1, 128] },
  );
  return code === 0 ? stdout.toString().trim() : null;
}

const all = () => true;
const everything: FileChoice = {
  wanted: all,
  never: [],
  unlikely: { folders: [], endings: [] },
  reopens: () => false,
};
/** Ends the name of each file of attributes, in a list that is ended by NUL. */
const ATTRIBUTES = '.gitattributes\0';
/** What a file of attributes must hold to say something that we ask. */
const TELLING = 'linguist-';
/** So many files have so many folders that one walk over all names is cheaper than a question for each folder. */
const manyFiles = 200;

/**
 * Attributes first: only who knows them can say which files are wanted, and what is not wanted is never read. Where they
 * lie and all object ids come from one list of the tree, because git looks up each name that it is asked by from the root.
 */
async function* hits(
  deps: {
    readonly git: Git;
    readonly begun: BegunSearch | null;
    readonly attributes: AttributesIndex;
    readonly objects: (gitDir: string) => ObjectReader;
  },
  search: NameSearch,
): AsyncIterable<Candidate> {
  const { git, attributes } = deps;
  const { gitDir, commit, choice } = search;
  // The search takes longest: it is started before all else.
  const names = namesWith(git, search, deps.begun);
  const first = names.next();
  first.catch(() => undefined);
  const list = git.run([`--git-dir=${gitDir}`, 'ls-tree', '-r', '-z', '--full-tree', commit], {
    maxBytes: 512 << 20,
    accept: [0, 128],
  });
  list.catch(() => undefined);
  const reader = deps.objects(gitDir);
  try {
    const { stdout } = await list;
    const telling: string[] = [];
    for await (const file of stream(reader, commit, attributesIn(stdout))) {
      if (!Buffer.from(file.bytes).includes(TELLING)) continue;
      telling.push(file.path);
      yield file;
    }
    attributes.learn(gitDir, commit, telling);
    yield* stream(reader, commit, resumed(first, names, choice, idsIn(stdout)));
    if (choice.reopens()) yield* stream(reader, commit, reopened(stdout, choice));
  } finally {
    await names.return(undefined);
  }
}

async function* resumed(
  first: Promise<IteratorResult<string, void>>,
  names: AsyncGenerator<string, void>,
  choice: FileChoice,
  idOfPath: (path: string) => string | null,
): AsyncIterable<BlobAt> {
  for (let next = await first; next.done !== true; next = await names.next()) {
    const path = next.value;
    if (choice.wanted(path)) yield { path, oid: idOfPath(path) };
  }
}

/** Finds paths in what `git ls-tree -z` wrote; paths that come in its order are found in one pass over it. */
function idsIn(list: Buffer): (path: string) => string | null {
  let from = 0;
  return (path) => {
    const entry = `\t${path}\0`;
    let at = list.indexOf(entry, from);
    if (at === -1) at = list.indexOf(entry);
    if (at === -1) return null;
    from = at + 1;
    return list.toString('latin1', list.lastIndexOf(' ', at) + 1, at);
  };
}

/** The `.gitattributes` of all folders, in what `git ls-tree -z` wrote. */
function attributesIn(list: Buffer): BlobAt[] {
  const entries: Buffer[] = [];
  for (let at = list.indexOf(ATTRIBUTES); at !== -1; at = list.indexOf(ATTRIBUTES, at + 1))
    entries.push(list.subarray(list.lastIndexOf(0, at) + 1, at + ATTRIBUTES.length));
  return parseTree(Buffer.concat(entries)).filter(
    ({ mode, path, exact }) => exact && mode.startsWith('100') && isAttributes(path),
  );
}

/** The files that the search passed over and that an attribute asks for all the same: few, so all of them are read. */
function reopened(list: Buffer, choice: FileChoice): BlobAt[] {
  const { folders, endings } = choice.unlikely;
  const names = new Set(folders);
  const isUnlikely = (path: string) =>
    endings.some((ending) => path.endsWith(ending)) ||
    path
      .split('/')
      .slice(0, -1)
      .some((folder) => names.has(folder));
  return parseTree(list)
    .filter(({ mode, path }) => mode.startsWith('100') && isUnlikely(path) && choice.wanted(path))
    .filter(({ path }) => !choice.never.some((ending) => path.endsWith(ending)));
}

async function* given(
  reader: ObjectReader,
  attributes: AttributesIndex,
  request: Pick<NameSearch, 'gitDir' | 'commit'> & {
    readonly files: readonly BlobAt[];
    readonly wanted: (path: string) => boolean;
  },
): AsyncIterable<Candidate> {
  const { gitDir, commit, files, wanted } = request;
  if (files.length <= manyFiles) {
    const folders = attributesOfFolders();
    const near = files.flatMap(({ path }) => folders(path));
    yield* stream(reader, commit, near);
  } else yield* stream(reader, commit, await attributes.at(gitDir, commit));
  yield* stream(
    reader,
    commit,
    files.filter(({ path }) => wanted(path)),
    ahead.countOfNamed,
  );
}

/** Knows where the attributes of a repository lie at the commit that was looked at last. */
interface AttributesIndex {
  /** Paths of the `.gitattributes` at the commit that say something of linguist. */
  at(gitDir: string, commit: string): Promise<readonly string[]>;
  learn(gitDir: string, commit: string, paths: readonly string[]): void;
  /** A branch moved: where no such file changed, they lie where they lay, and no tree need be searched again. */
  moved(
    gitDir: string,
    move: { readonly from: string; readonly to: string; readonly changes: readonly TreeChange[] },
  ): void;
}

const indexesKept = 1000;

function createAttributesIndex(git: Git): AttributesIndex {
  const known = new Map<string, { readonly commit: string; readonly paths: readonly string[] }>();
  const learn = (gitDir: string, commit: string, paths: readonly string[]) => {
    known.delete(gitDir);
    known.set(gitDir, { commit, paths });
    const [oldest] = known.keys();
    if (known.size > indexesKept && oldest !== undefined) known.delete(oldest);
  };
  return {
    learn,
    at: async (gitDir, commit) => {
      const last = known.get(gitDir);
      if (last?.commit === commit) return last.paths;
      const paths = await attributesAt(git, gitDir, commit);
      learn(gitDir, commit, paths);
      return paths;
    },
    moved: (gitDir, { from, to, changes }) => {
      const last = known.get(gitDir);
      if (last?.commit !== from) return;
      if (changes.some(({ path }) => path.endsWith('.gitattributes'))) known.delete(gitDir);
      else learn(gitDir, to, last.paths);
    },
  };
}

/** The `.gitattributes` of all folders that say what linguist is to think of a file. */
async function attributesAt(git: Git, gitDir: string, commit: string): Promise<string[]> {
  const { code, stdout, stderr } = await git.run(
    [`--git-dir=${gitDir}`, ...grepNames, '-F', '-e', TELLING, commit, '--', '*.gitattributes'],
    { accept: [0, 1, 128], ...pathspecMagic },
  );
  if (code !== 0 && code !== 1) throw searchFailed(stderr);
  const names = stdout.toString('utf8').split('\0').filter(Boolean);
  return names.map((name) => name.slice(commit.length + 1)).filter(isAttributes);
}

function isAttributes(path: string): boolean {
  return /(?:^|\/)\.gitattributes$/u.test(path);
}

/** Asks for each path; hands out what comes, in order. */
async function* stream(
  reader: ObjectReader,
  commit: string,
  files: AsyncIterable<string | BlobAt> | Iterable<string | BlobAt>,
  count = ahead.count,
): AsyncIterable<Candidate> {
  const waiting: { path: string; object: Promise<GitObject | null> }[] = [];
  let held = 0;
  const take = async (): Promise<Candidate | undefined> => {
    const next = waiting.shift();
    const object = await next?.object;
    if (next === undefined || !object?.bytes) return undefined;
    // The largest of late: one large file must not slow down thousands of small ones after it.
    held = Math.max(held * 0.9, object.size);
    return { path: next.path, oid: object.oid, bytes: object.bytes };
  };
  const ask = (path: string, oid: string | null) => {
    const object = reader.read(oid ?? `${commit}:${path}`);
    // The rejection is seen when its turn comes.
    object.catch(() => undefined);
    waiting.push({ path, object });
  };
  for await (const file of files) {
    const { path, oid } = typeof file === 'string' ? { path: file, oid: null } : file;
    ask(path, oid);
    const most = Math.max(4, Math.min(count, ahead.bytes / Math.max(held, 1)));
    if (waiting.length <= most) continue;
    // Half of them, so that the next are asked for together: a question for each wakes git each time.
    while (waiting.length > most / 2) {
      const candidate = await take();
      if (candidate !== undefined) yield candidate;
    }
  }
  while (waiting.length > 0) {
    const candidate = await take();
    if (candidate !== undefined) yield candidate;
  }
}

async function changesOf(
  git: Git,
  gitDir: string,
  from: string,
  to: string,
): Promise<readonly TreeChange[] | null> {
  const { code, stdout, stderr } = await git.run(
    [
      `--git-dir=${gitDir}`,
      'diff-tree',
      '-r',
      '-z',
      '--raw',
      '--no-renames',
      '--no-abbrev',
      '--no-ext-diff',
      from,
      to,
    ],
    { accept: [0, 128], maxBytes: 512 << 20 },
  );
  if (code === 0) return parseRawDiff(stdout);
  if (/bad object|unknown revision|bad tree|unable to read|ambiguous argument/u.test(stderr))
    return null;
  throw searchFailed(stderr);
}
