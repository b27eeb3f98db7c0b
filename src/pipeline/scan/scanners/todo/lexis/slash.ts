import { isWord, previousSignificant, wordEndingAt } from './places.ts';
import type { Scan } from './scan.ts';

/** Whether what follows at `pos` is an operand (a regular expression, an element) rather than an operator. */
export function expectsOperand(scan: Scan, pos: number, keywords: ReadonlySet<string>): boolean {
  const { src } = scan;
  const last = previousSignificant(scan, pos);
  if (last < 0) return true;
  const code = src.charCodeAt(last);
  if (isWord(code)) {
    const word = wordEndingAt(src, last);
    const before = src[last - word.length];
    return keywords.has(word) && before !== '.' && before !== '$' && before !== '@';
  }
  const character = src[last] ?? '';
  if (character === ')') return closesCondition(scan, last);
  if (character === '}') return src.slice(last, pos).includes('\n');
  if (character === ']' || character === '"' || character === "'" || character === '`')
    return false;
  if (character === '!' && isPostfix(src, last, keywords)) return false;
  if ((character === '+' || character === '-') && src[last - 1] === character) return false;
  return true;
}

/** Whether the exclamation mark belongs to the operand before it (`a!` of TypeScript). */
function isPostfix(src: string, mark: number, keywords: ReadonlySet<string>): boolean {
  const before = src[mark - 1] ?? '';
  if (before === ')' || before === ']') return true;
  const word = wordEndingAt(src, mark - 1);
  return word !== '' && !keywords.has(word);
}

/** Whether this parenthesis closes the head of `if (…)`, `while (…)`, `for (…)`. */
function closesCondition({ src }: Scan, close: number): boolean {
  let depth = 0;
  for (let at = close; at >= 0 && close - at < 400; at--) {
    if (src[at] === ')') depth++;
    else if (src[at] === '(' && --depth === 0) {
      let last = at - 1;
      while (last >= 0 && src.charCodeAt(last) <= 32) last--;
      return /^(?:if|while|for|with)$/.test(wordEndingAt(src, last));
    }
  }
  return false;
}

/** Offset after the regular expression that opens at `pos`, or -1 when its line has no end to it. */
export function regexEnd({ src, end }: Scan, pos: number, close = '/'): number {
  let inClass = false;
  for (let at = pos + 1; at < end; at++) {
    const character = src[at];
    if (character === '\n') return -1;
    if (character === '\\' && src[at + 1] !== '\n' && src[at + 1] !== '\r') at++;
    else if (character === '[') inClass = true;
    else if (character === ']') inClass = false;
    else if (character === close && !inClass) return at + 1;
  }
  return -1;
}
