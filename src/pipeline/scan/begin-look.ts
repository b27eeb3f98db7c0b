import type {
  Candidate,
  FileChoice,
  FolderLook,
  FolderReader,
  TreeReader,
} from '../../domain/ports/git.ts';
import { choiceOf, createFilePolicy, type FilePolicy } from './file-policy.ts';
import { prefilterSpellings } from './scanners/todo/tags.ts';

/** A look at a folder that git has begun: what it finds in a bare repository is on its way. */
export interface BegunLook {
  readonly place: FolderLook;
  /** All candidates of the commit; null where files are read from the disk. */
  readonly found: FoundFiles | null;
}

export interface FoundFiles {
  readonly files: AsyncIterable<Candidate>;
  /** Asked by the search; it has to learn the attributes that `files` brings. */
  readonly policy: FilePolicy;
}

/** Looks what a path is, and begins to search when it is a bare repository. Errors are those of `FolderReader.look`. */
export async function beginLook(
  deps: { readonly trees: TreeReader; readonly folders: FolderReader },
  path: string,
  extraTags: readonly string[],
): Promise<BegunLook> {
  const place = await deps.folders.look(path);
  const { kind, gitDir, commit } = place;
  if (kind !== 'bare' || gitDir === null || commit === null) return { place, found: null };
  return { place, found: findFiles(deps.trees, gitDir, commit, extraTags) };
}

/** What is searched for where nothing else was asked for. */
export function usualSearch(): {
  readonly spellings: readonly string[];
  readonly choice: FileChoice;
} {
  return { spellings: prefilterSpellings([]), choice: choiceOf(createFilePolicy()) };
}

/** Starts the search at once, not when the first file is asked for. */
export function findFiles(
  trees: TreeReader,
  gitDir: string,
  commit: string,
  extraTags: readonly string[],
): FoundFiles {
  const policy = createFilePolicy();
  const spellings = prefilterSpellings(extraTags);
  const found = trees.candidates(gitDir, commit, spellings, choiceOf(policy));
  const stream = found[Symbol.asyncIterator]();
  const first = stream.next();
  // The rejection is seen by who reads the files.
  first.catch(() => undefined);
  return { files: goOn(first, stream), policy };
}

async function* goOn<T>(
  first: Promise<IteratorResult<T>>,
  stream: AsyncIterator<T>,
): AsyncIterable<T> {
  for (let next = await first; next.done !== true; next = await stream.next()) yield next.value;
}
