import type { ChangedFile } from '../../domain/ports/git.ts';
import { textBefore } from './text-before.ts';

const testPath =
  /(^|\/)(tests?|specs?|__tests__)\/|[._-](tests?|spec)\.[a-z]+$|(^|\/)tests?\.[a-z]+$|(^|\/)test_[^/]+$/iu;
const testClass = /(Tests?|Spec)\.(java|kts?|cs|fs|vb|php|swift|scala|groovy)$/u;

/** What became of a test that says nothing any more; null for everything else. */
export function endOfTest(file: ChangedFile, patch: string): 'deleted' | 'emptied' | null {
  if (!testPath.test(file.path) && !testClass.test(file.path)) return null;
  if (file.status === 'deleted') return 'deleted';
  return file.status === 'modified' && isEmptied(file, patch) ? 'emptied' : null;
}

/** A test of fewer lines may be written anew in one. */
const fewLines = 10;

/** Nothing but blanks and comments is left, or not a tenth of the lines that were neither. */
function isEmptied(file: ChangedFile, patch: string): boolean {
  if (file.text === null) return file.bytes === 0;
  const left = saying(file.text);
  const before = textBefore(file, patch);
  if (before === null) return left === 0;
  const had = saying(before);
  return left === 0 ? had > 0 || file.bytes === 0 : had >= fewLines && left * 10 < had;
}

const openings: readonly (readonly [begin: string, end: string])[] = [
  ['/*', '*/'],
  ['"""', '"""'],
  ["'''", "'''"],
  ['<!--', '-->'],
  ['{-', '-}'],
];

/** How many lines are neither blank nor begin as a comment, in the common languages. */
function saying(text: string): number {
  let count = 0;
  let end: string | null = null;
  for (const line of text.split('\n')) {
    const said = line.trim();
    if (end !== null) {
      if (said.includes(end)) end = null;
      continue;
    }
    const opening = openings.find(([begin]) => said.startsWith(begin));
    if (opening !== undefined) {
      if (!said.includes(opening[1], opening[0].length)) end = opening[1];
    } else if (said !== '' && !/^(?:\/\/|#|--|;|%)/u.test(said)) count += 1;
  }
  return count;
}
