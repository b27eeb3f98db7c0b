import { worthKeeping } from './candidates.ts';
import type { Redactor } from './redactor.ts';

/** Where a secret of the line before goes on. */
const continued = '[REDACTED: goes on from the line before]';
const keyBegins =
  /(?:-{4,5} ?BEGIN (?:[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?|OpenVPN [A-Za-z0-9 -]{1,40}) ?-{4,5}|Private-Lines: [0-9]{1,4})/;
/** What the expression asks for, and what is sooner found. */
function mayBeginKey(line: string): boolean {
  return line.includes('BEGIN ') || line.includes('Private-Lines: ');
}
const lineFeed = 0x0a;
const keyEnds = /(?:-{4,5} ?END [A-Za-z0-9 ]{0,40}-{4,5}|Private-MAC:)/;
const keyBody = /^\s*(?:[A-Za-z0-9+/=]{1,80}|[A-Za-z-]{1,40}: .{0,200}|)\s*$/;
/** A whole line of a key, whatever stands round it: a comment's sign, quotes of a program, the time of a log. */
const keyLine = /(?<![A-Za-z0-9+/=])[A-Za-z0-9+/]{48,80}={0,2}(?![A-Za-z0-9+/=])/;
/** No known value is longer in any disguise than is worth looking for over a line's end. */
const tailLength = 2_000;

/**
 * Redacts a stream line by line, in which a secret may be spread over several lines: a private key, or a known value
 * with a line end inside. What was given out before cannot be taken back; its rest is.
 */
export function createLineRedactor(redactor: Redactor): (line: string) => string {
  let isInKey = false;
  // How many characters stand before the key on its first line; the last line is short, and only by this it is known.
  let indent = 0;
  let tail = '';
  // What the tail is without secrets, where that is known.
  let cleanTail: string | null = null;
  return (line) => {
    const before = tail;
    const cleanBefore = cleanTail;
    tail = line.slice(-tailLength);
    cleanTail = null;
    if (isInKey) {
      if (keyEnds.test(line)) {
        isInKey = false;
        return continued + redactor.redact(line.slice(line.search(keyEnds)).replace(keyEnds, ''));
      }
      if (keyBody.test(line) || keyLine.test(line) || isShortLine(line.slice(indent)))
        return continued;
      isInKey = false;
    }
    const begin = mayBeginKey(line) ? line.search(keyBegins) : -1;
    indent = Math.max(0, begin);
    isInKey = begin !== -1 && !keyEnds.test(line.slice(indent));
    if (before === '' || isInKey) {
      const clean = redactor.redact(line);
      if (line.length <= tailLength) cleanTail = clean;
      return clean;
    }
    // Both lines are read together alone: what stands behind the line before, when nothing goes over, is this one's.
    const text = `${before}\n${line}`;
    const joined = redactor.redact(text, before.length < worthKeeping ? undefined : before);
    const start = cleanBefore ?? redactor.redact(before);
    if (!joined.startsWith(start) || joined.charCodeAt(start.length) !== lineFeed)
      return restAfter(joined);
    const clean = joined === text && start === before ? line : joined.slice(start.length + 1);
    if (line.length <= tailLength) cleanTail = clean;
    return clean;
  };
}

/** The rest of a key before its end, perhaps with the quotes of a program behind it. */
function isShortLine(text: string): boolean {
  return /^[A-Za-z0-9+/=]{1,80}(?:\\n)?["']?[ ,;+)]{0,4}$/.test(text);
}

/** What follows the replacement that took the line end in. */
function restAfter(joined: string): string {
  const lines = joined.split('\n');
  const last = lines.at(-1) ?? '';
  return lines.length > 1 ? last : continued + last.slice(last.lastIndexOf(']') + 1);
}
