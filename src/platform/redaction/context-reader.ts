import type { ContextFormat } from './context-format.ts';
import type { Nearnesses, NextOf, Pass } from './nearness.ts';
import { beginsLikeOne, type Reader } from './reader.ts';

/** From this length on it is worth knowing that a text is no secret. */
const long = 128;

/** What is left because of its words may still hold a secret by its letters, so the scan goes on behind the words. */
export function contextReader(
  pass: Pass,
  { nextDigit, endOfClear }: Nearnesses,
  format: ContextFormat,
  starts: readonly Uint16Array[],
  left: LeftAlone,
): Reader['read'] {
  const { kind, pattern, leave, isBehindName = false, isBarren, digitInWords = 0, isNone } = format;
  // Behind a name it was asked already how that begins.
  const asksStart = format.follows === undefined;
  let barren = { pass: 0, from: 0, to: 0 };
  return (text, at, units, behind) => {
    if (asksStart && !beginsLikeOne(units, at, starts)) return null;
    if (at > barren.from && at < barren.to && pass.number === barren.pass) return null;
    if (digitInWords > 0 && !mayHoldDigit(text, units, behind, digitInWords, nextDigit))
      return null;
    if (isNone?.(units, at, behind) === true) return null;
    const from = isBehindName ? behind : at;
    pattern.lastIndex = from;
    const match = pattern.exec(text);
    if (match === null) return null;
    const whole = match[0];
    const secret = match[1] ?? match[2] ?? whole;
    const start = from + whole.lastIndexOf(secret);
    const end = start + secret.length;
    if (secret.startsWith('[REDACTED:')) return null;
    const to = from + whole.length;
    if (leave !== undefined && isLeftAlone(leave, left, { secret, text, at, to, end })) {
      if (secret.length >= long && isBarren?.(secret) === true) {
        const clear = endOfClear(units, at) - farthest;
        barren = { pass: pass.number, from: at, to: Math.max(end - long / 2, clear) };
      }
      return null;
    }
    const last = secret.length >= longest ? endOfRun(text, end) : end;
    return { kind, start, end: last, after: last, isLeft: false };
  };
}

/** From this length on a value may have been longer than the repetition that found it. */
const longest = 1024;

function endOfRun(text: string, from: number): number {
  const rest = /[A-Za-z0-9+/=_.~%-]*/y;
  rest.lastIndex = from;
  rest.test(text);
  return rest.lastIndex;
}

/** No rule whose texts may be barren reads further from where it begins. */
const farthest = 1100;

/** So far is looked for a digit; where there is none yet, the pattern says what it has. */
const nearDigit = 64;

/** Further than this from a name no value reaches. */
const farDigit = 1200;

/** Whether a word behind this place may hold a digit, blanks between words, until the line or so many words end. */
function mayHoldDigit(
  text: string,
  units: Uint16Array,
  from: number,
  words: number,
  nextDigit: NextOf,
): boolean {
  const end = Math.min(text.length, from + nearDigit);
  const digit = nextDigit(text, from, units, nearDigit + farDigit);
  if (digit > end + farDigit) return false;
  let begun = 0;
  let isInWord = false;
  for (let at = from; at < Math.min(digit, end); at += 1) {
    const unit = units[at] ?? 0;
    if (unit >= 0x0a && unit <= 0x0d) return false;
    if (unit !== 0x20 && unit !== 0x09) isInWord = true;
    else if (isInWord) {
      isInWord = false;
      begun += 1;
      if (begun > words) return false;
    }
  }
  return true;
}

/** What was left alone last by each rule in this text: what is left alone often comes again at once. */
export type LeftAlone = Map<
  Leave,
  { readonly secret: string; readonly match: string; readonly next: string }
>;
type Leave = NonNullable<ContextFormat['leave']>;

function isLeftAlone(
  leave: Leave,
  left: LeftAlone,
  given: { secret: string; text: string; at: number; to: number; end: number },
): boolean {
  const { secret, text, at, to } = given;
  const next = text.charAt(given.end);
  const last = left.get(leave);
  if (
    last?.secret === secret &&
    last.next === next &&
    last.match.length === to - at &&
    text.startsWith(last.match, at)
  )
    return true;
  const match = text.slice(at, to);
  if (!leave(secret, match, next)) return false;
  if (match.length < long) left.set(leave, { secret, match, next });
  return true;
}
