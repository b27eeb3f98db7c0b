import type { ChangedFile, ExportedChange } from '../../domain/ports/git.ts';
import { folded } from './protected-paths.ts';

/** As many links on one way as Linux follows (path_resolution(7)). */
const mostLinks = 40;

/** Links by their folded path, as the tree has them after the change; null where it is not known what stands there. */
type Links = ReadonlyMap<string, { readonly target: string | null; readonly isNew: boolean }>;

/**
 * Links whose way, followed over the other links of the tree, leads out of it, into a folder of git or to where nobody can
 * tell: the changed ones, and those of the base that come over a changed one. Paths, in order.
 */
export function strayLinks(
  change: Pick<ExportedChange, 'files' | 'baseLinks'>,
): readonly { readonly path: string; readonly target: string }[] {
  const changed = change.files.filter(isLink);
  if (changed.length === 0) return [];
  const links = linksAfter(change);
  const gone = new Set(change.files.map(({ path }) => path));
  const kept = [...change.baseLinks].flatMap(([path, target]) =>
    target === null || gone.has(path) ? [] : [{ path, target }],
  );
  const astray = changed.filter(({ path, linkTarget }) => wayOf(path, linkTarget, links).isOut);
  const turned = kept.filter(({ path, target }) => {
    const { isOut, isNew } = wayOf(path, target, links);
    return isOut && isNew;
  });
  return [...astray.map(({ path, linkTarget }) => ({ path, target: linkTarget })), ...turned];
}

/** The changed paths that a link of such a path leads to, itself or by a folder above. */
export function behindLinks(
  change: Pick<ExportedChange, 'files' | 'baseLinks'>,
  isSuch: (path: string) => boolean,
): readonly { readonly path: string; readonly link: string }[] {
  const links = linksAfter(change);
  const ends = [...change.baseLinks].flatMap(([link, target]) => {
    if (target === null || isAbsolute(target) || !isSuch(link)) return [];
    const { isOut, place } = wayOf(link, target, links);
    return isOut ? [] : [{ link, end: `${folded(place)}/` }];
  });
  return change.files.flatMap(({ path }) => {
    const over = ends.find(({ end }) => `${folded(path)}/`.startsWith(end));
    return over === undefined ? [] : [{ path, link: over.link }];
  });
}

function isLink(file: ChangedFile): file is ChangedFile & { readonly linkTarget: string } {
  return file.linkTarget !== null;
}

function linksAfter({ files, baseLinks }: Pick<ExportedChange, 'files' | 'baseLinks'>): Links {
  const gone = new Set(files.map(({ path }) => path));
  const links = new Map<string, { target: string | null; isNew: boolean }>();
  const add = (path: string, target: string | null, isNew: boolean): void => {
    const key = folded(path);
    // A disk without case has only one of the two, and nobody knows which.
    links.set(key, links.has(key) ? { target: null, isNew: true } : { target, isNew });
  };
  for (const [path, target] of baseLinks) if (!gone.has(path)) add(path, target, false);
  for (const { path, linkTarget } of files.filter(isLink)) add(path, linkTarget, true);
  return links;
}

/** Follows a link as an operating system would, to its `place`; `isNew` when the way comes over a changed link. */
function wayOf(
  path: string,
  target: string,
  links: Links,
): { readonly isOut: boolean; readonly isNew: boolean; readonly place: string } {
  const place = path.split('/').slice(0, -1);
  let left = partsOf(target);
  let isNew = false;
  for (let followed = 0; ; ) {
    const part = left.shift();
    if (part === undefined) return { isOut: false, isNew, place: place.join('/') };
    if (part === '..') {
      if (place.pop() === undefined) return { isOut: true, isNew, place: '' };
      continue;
    }
    if (isGitFolder(part)) return { isOut: true, isNew, place: '' };
    place.push(part);
    const next = links.get(folded(place.join('/')));
    if (next === undefined) continue;
    followed += 1;
    isNew ||= next.isNew;
    if (next.target === null || isAbsolute(next.target) || followed > mostLinks)
      return { isOut: true, isNew, place: '' };
    place.pop();
    left = [...partsOf(next.target), ...left];
  }
}

function partsOf(target: string): string[] {
  return target.split('/').filter((part) => part !== '' && part !== '.');
}

/** From the root of a disk, or in the words of another system. */
export function isAbsolute(target: string): boolean {
  return /^([a-z]:|\/|$)/iu.test(target) || target.includes('\\');
}

/** `.git` in every spelling that some file system takes for it. */
export function isGitFolder(name: string): boolean {
  return ['.git', 'git~1'].includes(folded(name));
}
