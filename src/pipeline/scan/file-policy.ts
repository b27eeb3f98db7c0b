import type { FileChoice } from '../../domain/ports/git.ts';
import {
  BINARY_ENDINGS,
  isExcludedFolder,
  isExcludedName,
  isGeneratedContent,
  parseGitattributes,
  USUAL_EXCLUSIONS,
} from './scanners/todo/path-policy.ts';

type Attributes = ReturnType<typeof parseGitattributes>;
type Said = ReturnType<Attributes>;

const nothingSaid: Said = {};

/** Which files of one tree are reported from; it learns from the `.gitattributes` files it is shown on the way. */
export interface FilePolicy {
  /** Takes a `.gitattributes` file; it must come before the files below its folder. */
  learn(path: string, bytes: Uint8Array): void;
  /** Whether nothing is reported from the path, whatever its content. */
  excludesPath(path: string): boolean;
  excludesContent(path: string, bytes: Uint8Array): boolean;
  /** Whether an attribute that it learned says of some file that it is no generated or vendored one. */
  reopens(): boolean;
}

const REOPENING = /[-!]linguist-|linguist-(?:generated|vendored)=false/;

/** A new tree: nothing learned yet. */
export function createFilePolicy(): FilePolicy {
  const folders = new Map<string, Attributes>();
  const isExcluded = exclusion();
  let isReopening = false;
  let last: { readonly path: string; readonly said: Said } | undefined;
  const said = (path: string): Said => {
    if (folders.size === 0) return nothingSaid;
    if (last?.path !== path) last = { path, said: saidOf(folders, path) };
    return last.said;
  };
  return {
    reopens: () => isReopening,
    learn: (path, bytes) => {
      const text = Buffer.from(bytes).toString('utf8');
      if (!text.includes('linguist-')) return;
      isReopening ||= REOPENING.test(text);
      const folder = path.slice(0, path.length - '.gitattributes'.length);
      folders.set(folder, parseGitattributes(text));
      last = undefined;
    },
    excludesPath: (path) => {
      const { generated, vendored } = said(path);
      if (generated === true || vendored === true) return true;
      return generated !== false && vendored !== false && isExcluded(path);
    },
    excludesContent: (path, bytes) => {
      return said(path).generated !== false && isGeneratedContent(path, bytes);
    },
  };
}

/** What is excluded by its path; a folder is judged once for all its files. */
function exclusion(): (path: string) => boolean {
  let last = { folder: '', isExcluded: false };
  const known = new Map([[last.folder, last]]);
  const judged = (folder: string) => {
    const verdict = known.get(folder) ?? { folder, isExcluded: isExcludedFolder(folder) };
    known.set(folder, verdict);
    return verdict;
  };
  return (path) => {
    const at = path.lastIndexOf('/');
    if (isExcludedName(path.slice(at + 1))) return true;
    const folder = at === -1 ? '' : path.slice(0, at);
    if (folder !== last.folder) last = judged(folder);
    return last.isExcluded;
  };
}

/** Whether the path is a file of attributes. */
export function isAttributes(path: string): boolean {
  return path === '.gitattributes' || path.endsWith('/.gitattributes');
}

/** What is asked of a tree: attributes, and files that something may be reported from. */
export function isWanted(policy: FilePolicy): (path: string) => boolean {
  return (path) => !policy.excludesPath(path);
}

/** The same as a search is told it, which need not even look into what nothing is reported from. */
export function choiceOf(policy: FilePolicy): FileChoice {
  return {
    wanted: isWanted(policy),
    never: BINARY_ENDINGS,
    unlikely: USUAL_EXCLUSIONS,
    reopens: () => policy.reopens(),
  };
}

/** Outer folders speak first, inner ones have the last word. */
function saidOf(folders: ReadonlyMap<string, Attributes>, path: string): Said {
  const said: Said = { ...folders.get('')?.(path) };
  for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) {
    const attributes = folders.get(path.slice(0, at + 1));
    if (attributes !== undefined) Object.assign(said, attributes(path.slice(at + 1)));
  }
  return said;
}
