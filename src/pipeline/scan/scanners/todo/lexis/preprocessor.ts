import { blockComment, lineComment } from './comment-rules.ts';
import { isFirstOnLine, lineEnd, skipBlanks } from './places.ts';
import { NO_MATCH, type Rule, type Scan } from './scan.ts';

/** Directives of C, C# and Swift: what `#if 0` or `#if false` hides is no code, and the text of `#error` is prose. */
export function preprocessor(): Rule {
  return {
    first: '#',
    match(scan, pos) {
      if (!isFirstOnLine(scan.src, pos)) return NO_MATCH;
      const end = lineEnd(scan, pos);
      const line = scan.src.slice(pos + 1, Math.min(end, pos + 120)).trim();
      if (/^(?:error|warning|region|endregion)\b/.test(line)) return end;
      if (/^if\s+(?:0|false|FALSE|\(0\))(?![\w.])\s*(?:$|\/|&&)/.test(line))
        return hiddenEnd(scan, commentEnd(scan, pos, end));
      return NO_MATCH;
    },
  };
}

const BLOCK = blockComment('/*', '*/');
const LINE = lineComment('//', { continued: true });

/** Reads the comment on the directive's own line, which hides nothing; offset of the end of the comment's last line. */
function commentEnd(scan: Scan, pos: number, end: number): number {
  const offset = scan.src.slice(pos, end).search(/\/[/*]/);
  if (offset < 0) return end;
  const at = pos + offset;
  const rule = scan.src[at + 1] === '*' ? BLOCK : LINE;
  return lineEnd(scan, rule.match(scan, at));
}

/** Offset of the `#else`, `#elif` or `#endif` that ends the hidden part. */
function hiddenEnd(scan: Scan, from: number): number {
  const { src } = scan;
  let depth = 0;
  for (let pos = from + 1; pos < scan.end; pos = lineEnd(scan, pos) + 1) {
    const at = skipBlanks(src, pos);
    if (src[at] !== '#') continue;
    const word = skipBlanks(src, at + 1);
    if (src.startsWith('if', word)) depth++;
    else if (src.startsWith('endif', word) && --depth < 0) return word;
    else if (depth === 0 && /^(?:else|elif|elseif)/.test(src.slice(word, word + 8))) return word;
  }
  return scan.end;
}
