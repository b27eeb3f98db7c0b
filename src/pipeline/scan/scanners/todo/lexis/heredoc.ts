import { isWord, lineEnd, skipBlanks } from './places.ts';
import { NO_MATCH, type PendingHeredoc, type Rule, type Scan } from './scan.ts';

export interface HeredocOptions {
  /** How it opens: the groups are the sign of indentation, and the terminator as first, second or third of the rest. */
  readonly opener: RegExp;
  /** The sign that lets the terminator be indented; without it every terminator may be. */
  readonly indentedBy?: RegExp;
  /** The terminator may be followed by more code on its line (PHP). */
  readonly codeAfter?: boolean;
}

/** Opens a here-document whose text starts on the next line; pair it with `heredocBodies`. */
export function heredoc(options: HeredocOptions): Rule {
  const { opener, indentedBy, codeAfter = false } = options;
  return {
    first: '<',
    match(scan, pos) {
      // The rest of a longer operator, such as `<<<` of a here-string.
      if (scan.src.charCodeAt(pos - 1) === 60) return NO_MATCH;
      const match = opener.exec(scan.src.slice(pos, pos + 120));
      if (match === null) return NO_MATCH;
      const [all, sign = '', ...names] = match;
      const terminator = names.find((name) => name !== undefined);
      if (terminator === undefined) return NO_MATCH;
      const indented = indentedBy === undefined || indentedBy.test(sign);
      const pending = { terminator, indented, codeAfter };
      if (bodyEnd(scan, lineEnd(scan, pos) + 1, pending) < 0) return NO_MATCH;
      scan.heredocs.push(pending);
      return pos + all.length;
    },
  };
}

/** Steps over the bodies of the here-documents that the line before opened. */
export function heredocBodies(): Rule {
  return {
    first: '\n',
    match(scan, pos) {
      if (scan.heredocs.length === 0) return NO_MATCH;
      let at = pos + 1;
      for (const pending of scan.heredocs) {
        const end = bodyEnd(scan, at, pending);
        at = end < 0 ? at : end;
      }
      scan.heredocs = [];
      return at;
    },
  };
}

/** Offset after the line that holds the terminator, or -1 when there is none. */
function bodyEnd(scan: Scan, from: number, pending: PendingHeredoc): number {
  const { src } = scan;
  const { terminator, indented, codeAfter } = pending;
  const key = `heredoc ${terminator}`;
  if (scan.unclosed.has(key)) return -1;
  for (let pos = from; pos < scan.end; pos = lineEnd(scan, pos) + 1) {
    const at = indented ? skipBlanks(src, pos) : pos;
    if (!src.startsWith(terminator, at)) continue;
    const after = at + terminator.length;
    const code = src.charCodeAt(after);
    if (codeAfter && !isWord(code)) return after;
    if (after >= scan.end || code === 10 || code === 13)
      return Math.min(lineEnd(scan, after) + 1, scan.end);
  }
  if (scan.end === src.length) scan.unclosed.add(key);
  return -1;
}
