import type { Looked, Marks, Replaced } from './candidates.ts';
import type { Marker } from './marker.ts';
import { letters } from './rolling-letters.ts';

const dash = 0x2d;
const blank = 0x20;
const beginning =
  /-{4,5} ?BEGIN (?:[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?|OpenVPN [A-Za-z0-9 -]{1,40}) ?-{4,5}/y;
const ending = /-{4,5} ?END [A-Za-z0-9 ]{0,40}-{4,5}/y;

export function markPrivateKeys(marks: Marks): void {
  for (const start of ['-BEGIN ', '- BEGIN ', '-END ', '- END ']) marks.addFormat(start, true);
}

/** Private keys in PEM (RFC 7468) or as SSH2 (RFC 4716), also with escaped line ends; one that is cut off is taken to the end of the text. */
export function privateKeysIn(seen: Looked, marker: Marker): readonly Replaced[] {
  const { text } = seen;
  const begins = boundaries(seen, beginning, 'B');
  let begin = begins(0);
  if (begin === null) return [];
  const ends = boundaries(seen, ending, 'E');
  const keys: Replaced[] = [];
  for (let after = 0; begin !== null; begin = begins(after)) {
    after = ends(begin.end)?.end ?? endOfBody(text, begin.end);
    const replacement = marker('private-key', text.slice(begin.start, after));
    keys.push({ start: begin.start, end: after, replacement });
  }
  return keys;
}

interface Boundary {
  readonly start: number;
  readonly end: number;
}

/** The first line of a kind from a place on, which is never before that of the call before; null when there is none. */
function boundaries(
  { text, units, formats }: Looked,
  line: RegExp,
  letter: string,
): (from: number) => Boundary | null {
  const first = letter.charCodeAt(0);
  let index = 0;
  return (from) => {
    for (; index < formats.length; index += 1) {
      const last = (formats.items[index] ?? 0) - letters + 1;
      if (units[last] !== dash) continue;
      if (units[units[last + 1] === blank ? last + 2 : last + 1] !== first) continue;
      for (const start of [last - 4, last - 3]) {
        if (start < from) continue;
        line.lastIndex = start;
        if (line.test(text)) return { start, end: line.lastIndex };
      }
    }
    return null;
  };
}

function endOfBody(text: string, from: number): number {
  const body = /[A-Za-z0-9+/=\s\\:,-]*/y;
  body.lastIndex = from;
  return body.test(text) ? body.lastIndex : from;
}
