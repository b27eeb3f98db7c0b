import type { Redactor } from './redactor.ts';

/** Where a secret of the line before goes on. */
const continued = '[REDACTED: goes on from the line before]';
const keyBegins = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/;
const keyEnds = /-----END [A-Z0-9 ]{0,40}-----/;
const keyBody = /^\s*(?:[A-Za-z0-9+/=]{1,80}|[A-Za-z-]{1,40}: .{0,200}|)\s*$/;
/** No known value is longer in any disguise than is worth looking for over a line's end. */
const tailLength = 2_000;

/**
 * Redacts a stream line by line, in which a secret may be spread over several lines: a private key, or a known value
 * with a line end inside. What was given out before cannot be taken back; its rest is.
 */
export function createLineRedactor(redactor: Redactor): (line: string) => string {
  let isInKey = false;
  let tail = '';
  return (line) => {
    const before = tail;
    tail = line.slice(-tailLength);
    if (isInKey) {
      if (keyEnds.test(line)) {
        isInKey = false;
        return continued + redactor.redact(line.slice(line.search(keyEnds)).replace(keyEnds, ''));
      }
      if (keyBody.test(line)) return continued;
      isInKey = false;
    }
    isInKey = keyBegins.test(line) && !keyEnds.test(line.slice(line.search(keyBegins)));
    const clean = redactor.redact(line);
    if (before === '') return clean;
    const joined = redactor.redact(`${before}\n${line}`);
    const goesOver = joined !== `${redactor.redact(before)}\n${clean}`;
    return goesOver && !isInKey ? restAfter(joined) : clean;
  };
}

/** What follows the replacement that took the line end in. */
function restAfter(joined: string): string {
  const lines = joined.split('\n');
  const last = lines.at(-1) ?? '';
  return lines.length > 1 ? last : continued + last.slice(last.lastIndexOf(']') + 1);
}
