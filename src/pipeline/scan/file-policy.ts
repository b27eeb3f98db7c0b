import type { FileChoice } from '../../domain/ports/git.ts';
import {
  BINARY_ENDINGS,
  isExcludedPath,
  isGeneratedContent,
  parseGitattributes,
  USUAL_EXCLUSIONS,
} from './scanners/todo/path-policy.ts';

type Attributes = ReturnType<typeof parseGitattributes>;

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
  let isReopening = false;
  return {
    reopens: () => isReopening,
    learn: (path, bytes) => {
      const text = Buffer.from(bytes).toString('utf8');
      if (!text.includes('linguist-')) return;
      isReopening ||= REOPENING.test(text);
      const folder = path.slice(0, path.length - '.gitattributes'.length);
      folders.set(folder, parseGitattributes(text));
    },
    excludesPath: (path) => {
      const said = folders.size === 0 ? {} : saidOf(folders, path);
      if (said.generated === true || said.vendored === true) return true;
      return said.generated !== false && said.vendored !== false && isExcludedPath(path);
    },
    excludesContent: (path, bytes) => {
      const said = folders.size === 0 ? {} : saidOf(folders, path);
      return said.generated !== false && isGeneratedContent(path, bytes);
    },
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
function saidOf(folders: ReadonlyMap<string, Attributes>, path: string): ReturnType<Attributes> {
  const said: ReturnType<Attributes> = { ...folders.get('')?.(path) };
  for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) {
    const attributes = folders.get(path.slice(0, at + 1));
    if (attributes !== undefined) Object.assign(said, attributes(path.slice(at + 1)));
  }
  return said;
}
