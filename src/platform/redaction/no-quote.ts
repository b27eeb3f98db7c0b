import { beyond, setOf } from './reader.ts';

/** The plain form of no value in quotes: another sign than a quote, or a quote that ends at once or behind a blank. */
export function isNoQuote(units: Uint16Array, _: number, behind: number): boolean {
  let at = behind;
  if (isQuote[Math.min(units[at] ?? 0, beyond)] === 1) at += 1;
  at = behindBlanks(units, at);
  if (units[at] === colon && units[at + 1] === equals) at += 2;
  else if (units[at] === equals && units[at + 1] === greater) at += 2;
  else at += 1;
  at = behindBlanks(units, at);
  const quote = units[at] ?? 0;
  if (isQuote[Math.min(quote, beyond)] !== 1) return true;
  const begin = at + 1;
  at = begin;
  while (isInQuotes[Math.min(units[at] ?? 0, beyond)] === 1) at += 1;
  const end = units[at] ?? 0;
  return end === quote ? at - begin < 6 : isNeverInQuotes[Math.min(end, beyond)] === 1;
}

function behindBlanks(units: Uint16Array, from: number): number {
  let at = from;
  while (units[at] === 0x20 || units[at] === 0x09) at += 1;
  return at;
}

const colon = 0x3a;
const equals = 0x3d;
const greater = 0x3e;
const isQuote = setOf(`"'`);
const isInQuotes = setOf('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-:.');
const isNeverInQuotes = setOf(' \t\n\r\\');
