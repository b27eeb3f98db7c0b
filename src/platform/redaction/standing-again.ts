import type { Looked } from './candidates.ts';
import { unitsIn } from './units.ts';

/** The least length of a secret that is looked for elsewhere in a text. */
export const shortestAgain = 16;

const letters = 4;
/** Of so many first letters of each is made use: more of them are more to note than is won. */
const longestStart = 48;
const hashes = 65_536;

/**
 * Which of these secrets, each of which stands in the text, may stand there more than once, in the order given. Looks at
 * few of the characters: a search for each of them would read all of the text as often.
 */
export function standingAgain(
  { text, units }: Looked,
  secrets: readonly string[],
): readonly string[] {
  if (secrets.length === 0) return [];
  const start = Math.min(longestStart, ...secrets.map(({ length }) => length));
  // Wherever such a secret stands, some letters at a multiple of this lie within its first ones.
  const stride = start - letters + 1;
  const marks = new Int32Array(hashes / 32);
  const parts = new Map<number, { readonly secret: string; readonly before: number }[]>();
  for (const secret of secrets) {
    const own = unitsIn(secret.slice(0, start));
    for (let before = 0; before < stride; before += 1) {
      const hash = hashAt(own, before);
      marks[hash >>> 5] = (marks[hash >>> 5] ?? 0) | (1 << hash);
      parts.set(hash, [...(parts.get(hash) ?? []), { secret, before }]);
    }
  }
  const places = new Map<string, number>();
  const again = new Set<string>();
  for (let at = 0; at <= text.length - letters; at += stride) {
    const hash = hashAt(units, at);
    if ((((marks[hash >>> 5] ?? 0) >>> hash) & 1) === 0) continue;
    for (const { secret, before } of parts.get(hash) ?? []) {
      const place = at - before;
      if (place < 0 || again.has(secret) || !text.startsWith(secret, place)) continue;
      if ((places.get(secret) ?? place) !== place) again.add(secret);
      places.set(secret, place);
    }
  }
  return secrets.filter((secret) => again.has(secret));
}

function hashAt(units: Uint16Array, at: number): number {
  const first = ((units[at] ?? 0) << 16) ^ ((units[at + 1] ?? 0) << 8) ^ (units[at + 2] ?? 0);
  return Math.imul(first ^ ((units[at + 3] ?? 0) << 21), 0x9e3779b1) >>> 16;
}
