import { afterTypeArguments, isWord } from './places.ts';
import { addComment, NO_MATCH, type Scan, scanNested } from './scan.ts';

/**
 * Reads one JSX element with all it holds: its text is no code, `{…}` is code again.
 * Returns the offset after it, or `NO_MATCH` when it is not an element after all (a comparison, a type).
 */
export function readElement(scan: Scan, from: number): number {
  const { src } = scan;
  let depth = 0;
  let pos = from;
  while (pos < scan.end && pos < scan.limit) {
    const character = src[pos];
    if (character === '<') {
      const closing = src[pos + 1] === '/';
      const tag = readTag(scan, closing ? pos + 2 : pos + 1);
      if (tag === undefined) return pos === from ? NO_MATCH : pos + 1;
      if (closing) depth--;
      else if (!tag.empty) depth++;
      pos = tag.end;
      if (depth <= 0) return pos;
    } else if (character === '{') {
      pos = scanNested(scan, pos + 1, '{', '}');
    } else pos++;
  }
  return pos;
}

/** The tag whose name starts at `from`; undefined when this cannot be a tag. */
function readTag(scan: Scan, from: number): { end: number; empty: boolean } | undefined {
  const { src } = scan;
  let pos = from;
  while (isWord(src.charCodeAt(pos)) || /[-.:$]/.test(src[pos] ?? '')) pos++;
  if (src[pos] === '<') pos = afterTypeArguments(src, pos, scan.end);
  while (pos < scan.end) {
    const character = src[pos] ?? '';
    if (character === '>') return { end: pos + 1, empty: false };
    if (character === '/' && src[pos + 1] === '>') return { end: pos + 2, empty: true };
    if (character === '"' || character === "'") {
      const close = src.indexOf(character, pos + 1);
      pos = close < 0 ? scan.end : close + 1;
    } else if (character === '{') pos = scanNested(scan, pos + 1, '{', '}');
    else if (character === '/' && (src[pos + 1] === '*' || src[pos + 1] === '/'))
      pos = commentInTag(scan, pos);
    else if (/[\s=\-.:$]/.test(character) || isWord(src.charCodeAt(pos))) pos++;
    else return undefined;
  }
  return { end: scan.end, empty: true };
}

function commentInTag(scan: Scan, pos: number): number {
  const block = scan.src[pos + 1] === '*';
  const at = scan.src.indexOf(block ? '*/' : '\n', pos + 2);
  const end = at < 0 ? scan.end : Math.min(at, scan.end);
  addComment(scan, pos + 2, end, block ? null : '//');
  return block ? Math.min(end + 2, scan.end) : end;
}
