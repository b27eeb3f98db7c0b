import type { Sighting } from '../finding.ts';
import type { RepositoryRef } from '../repository.ts';
import type { GitRemote } from './code-host.ts';

/** Bare mirrors: a cache of what the hosts have. */
export interface Mirrors {
  /**
   * Makes or refreshes the mirror and returns its folder and the commit of the branch. Nothing is fetched when the mirror
   * is at `head`, where the branch was seen a moment ago.
   */
  refresh(
    ref: RepositoryRef,
    remote: GitRemote,
    branch: string,
    head?: string | null,
  ): Promise<Mirror>;
}

export interface Mirror {
  readonly gitDir: string;
  readonly commit: string;
}

/** Workspaces: isolated work trees of runs, and what is taken out of them (integrations/git). */
export interface Workspaces {
  /** Raw checkout (no filters, no hooks) of the commit into a new folder; the agent gets a fresh clone without remotes. */
  create(request: { readonly runId: string; readonly mirror: Mirror }): Promise<Workspace>;
  /** Whether the commit of a finished run lies here; it does not when another machine made it. */
  holds(commit: { readonly gitDir: string; readonly sha: string }): Promise<boolean>;
  /** Folders of runs that are not in `live`, left by a dead service: removed. */
  sweep(live: ReadonlySet<string>): Promise<readonly string[]>;
}

export interface Workspace {
  readonly runId: string;
  /** What the agent sees. */
  readonly folder: string;
  readonly baseCommit: string;
  /**
   * After every process is dead: hashes the files raw into a clean clone, by our own walker, and returns the difference.
   * The agent's own `.git` is never read.
   */
  export(): Promise<ExportedChange>;
  remove(): Promise<void>;
}

export interface ExportedChange {
  /** Git folder of the clean clone; holds `tree` and after `commit` the commit. */
  readonly gitDir: string;
  readonly tree: string;
  readonly files: readonly ChangedFile[];
  /** Unified diff against the base commit; binary files as a line. */
  readonly patch: string;
  /** The patch has only the beginning of the difference. */
  readonly patchIsCut: boolean;
  /** The bytes of a changed file as they would be committed; AppError where it has none. */
  content(path: string): Promise<Uint8Array>;
  /** Links and submodules of the base commit with what the links say; null where that is not known. */
  readonly baseLinks: ReadonlyMap<string, string | null>;
  /** What was left out and why (sockets, devices, nested .git, too large). */
  readonly refused: readonly { readonly path: string; readonly why: string }[];
  /** Makes one commit on top of the base commit; same input, same id. */
  commit(message: string, author: { name: string; email: string; date: Date }): Promise<string>;
}

export interface ChangedFile {
  readonly path: string;
  readonly status: 'added' | 'modified' | 'deleted';
  /** Git file mode as six digits, for example `100644`, `120000`; null when deleted. */
  readonly mode: string | null;
  readonly bytes: number;
  readonly linkTarget: string | null;
  /** Content of text files up to 1 MiB, for the judgement; null otherwise. */
  readonly text: string | null;
}

/** One look of the TODO scanner at one commit, incremental where it can be (integrations/git + pipeline/scan). */
/** Which files of a tree are worth reading. */
export interface FileChoice {
  wanted(path: string): boolean;
  /** Ends of names that are never wanted, whatever an attribute says, such as `.png`. */
  readonly never: readonly string[];
  /** Not wanted unless an attribute says so: folders of these names at any depth, and ends of names. */
  readonly unlikely: { readonly folders: readonly string[]; readonly endings: readonly string[] };
  /** Whether an attribute that was taken says of any file that it is wanted after all; such files come whatever they hold. */
  reopens(): boolean;
}

export interface TreeReader {
  /**
   * Blobs at the commit whose bytes contain one of the spellings as a word (one that is not in upper case only where punctuation or nothing follows it); streamed, regular files only, at most 5 MB each.
   * The `.gitattributes` that say something of linguist come first; `choice` is asked after they were taken, and files
   * that are not wanted are never read.
   */
  candidates(
    gitDir: string,
    commit: string,
    spellings: readonly string[],
    choice?: FileChoice,
  ): AsyncIterable<Candidate>;
  /** Paths that changed between two commits; null when `from` is not known any more. */
  changes(gitDir: string, from: string, to: string): Promise<readonly TreeChange[] | null>;
  /** The blobs of the given paths (regular files, as `changes` names them) at the commit, in that order, with the `.gitattributes` of their folders first; missing and not wanted ones are left out. */
  read(
    gitDir: string,
    commit: string,
    files: readonly BlobAt[],
    wanted?: (path: string) => boolean,
  ): AsyncIterable<Candidate>;
  /** Text of a blob by its id; null when gone. */
  blob(gitDir: string, oid: string): Promise<Uint8Array | null>;
}

/** A file by path and, when known, blob id (which spares git the way through the trees). */
export interface BlobAt {
  readonly path: string;
  readonly oid: string | null;
}

export interface Candidate {
  readonly path: string;
  /** Blob id. */
  readonly oid: string;
  readonly bytes: Uint8Array;
}

export interface TreeChange {
  readonly status: 'added' | 'modified' | 'deleted' | 'renamed';
  readonly path: string;
  readonly oldPath: string | null;
  readonly oldOid: string | null;
  readonly newOid: string | null;
}

/** A sighting with the blob it was seen in: what identity matching works on. */
export interface LocatedSighting extends Sighting {
  readonly oid: string;
}

/** Pushing and reading branches of a remote (integrations/git); the app hands it to the code hosts. */
export interface GitPush {
  /**
   * Pushes one commit as a branch, only when the branch still is at `expected` (null = must be new).
   * `adopted`: it already was at `sha`. Moved by somebody else: AppError `conflict` code `branch_moved`.
   * An answer that was lost and cannot be read back: AppError `unknown_outcome`.
   */
  push(request: BranchPush): Promise<'pushed' | 'adopted'>;
  /** Commit of the branch at the remote; null when there is none. */
  remoteRef(remote: GitRemote, branch: string): Promise<string | null>;
  /** All branches of the remote by name. */
  branches(remote: GitRemote): Promise<ReadonlyMap<string, string>>;
  /**
   * Merges `head` into `base` inside a local repository by plumbing and returns the merge commit. Never moves a branch
   * that is checked out: AppError `conflict` code `branch_checked_out`, with the commands a person types; `merge_conflict` when the texts clash.
   */
  merge(request: LocalMerge): Promise<string>;
  /** The first commit of the branch of a local repository with which it had the commit; null when it has it not. */
  containedBy(request: {
    readonly folder: string;
    readonly commit: string;
    readonly branch: string;
  }): Promise<string | null>;
}

export interface BranchPush {
  readonly gitDir: string;
  readonly sha: string;
  readonly branch: string;
  readonly expected: string | null;
  readonly remote: GitRemote;
}

export interface LocalMerge {
  /** Folder of the repository: a work tree or a bare repository. */
  readonly folder: string;
  readonly base: string;
  /** Branch or commit that is merged in. */
  readonly head: string;
  readonly message: string;
  readonly author: { readonly name: string; readonly email: string; readonly date: Date };
}

/** Files of a folder that is scanned as it lies on the disk, with or without git. */
export interface FolderReader {
  /** What stands at the path; AppError `not_found` when nothing does. */
  look(path: string): Promise<FolderLook>;
  /** Regular files below the path that are not ignored, links and submodules left out, by path; `skip` prunes folders. */
  files(look: FolderLook, options: FolderWalk): AsyncIterable<FolderFile>;
  /** Content of a file; null when it is gone, no regular file, or larger than the limit. */
  read(look: FolderLook, file: string): Promise<Uint8Array | null>;
}

export interface FolderLook {
  readonly kind: 'bare' | 'work-tree' | 'folder';
  /** Absolute path of the folder, links resolved. */
  readonly root: string;
  readonly gitDir: string | null;
  /** Commit of HEAD; null without git or before the first commit. */
  readonly commit: string | null;
}

export interface FolderWalk {
  readonly skip: (folder: string) => boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface FolderFile {
  readonly path: string;
  readonly size: number;
  /** Changes whenever the content may have changed (size, times, inode). */
  readonly version: string;
}
