/** A secret in a text: which part of it is replaced, and from where the scan goes on. */
export interface Found {
  readonly kind: string;
  readonly start: number;
  readonly end: number;
  readonly after: number;
  readonly isLeft: boolean;
}

export type Nearness = (text: string, at: number, units: Uint16Array) => boolean;

export interface Reader {
  /** How what it reads begins, in whichever case. */
  readonly starts: readonly Uint16Array[];
  /** The characters one of which stands before it; null for any, and a text begins as if a line feed did. */
  readonly before: Uint8Array | null;
  /** The characters one of which stands behind the name of a secret; null when it does not look behind one. */
  readonly follows: Uint8Array | null;
  /** The characters one of which stands behind that one, blanks left out of account; null for any. */
  readonly later: Uint8Array | null;
  /** The characters none of which stands there when that one is `=` or a colon. */
  readonly never: Uint8Array | null;
  /** Whether what it needs further on stands near; null when it needs nothing. */
  readonly near: Nearness | null;
  /** `behind`: where the name ends. Asked only where all of that is so, but for the last letters of the start. */
  readonly read: (text: string, at: number, units: Uint16Array, behind: number) => Found | null;
}

/** All characters beyond ASCII count as this one where a table is asked. */
export const beyond = 128;

/** Many formats ask for the same characters. */
const sets = new Map<string, Uint8Array>();

export function setOf(characters: string): Uint8Array {
  const known = sets.get(characters);
  if (known !== undefined) return known;
  const set = new Uint8Array(beyond + 1);
  for (let at = 0; at < characters.length; at += 1) set[characters.charCodeAt(at)] = 1;
  sets.set(characters, set);
  return set;
}

/** The 0 behind the text is part of no start. */
export function beginsWith(units: Uint16Array, at: number, start: Uint16Array): boolean {
  for (let index = 0; index < start.length; index += 1)
    if (units[at + index] !== start[index]) return false;
  return true;
}

/** The same for any of them, without regard to the case of letters, as the hash has none. */
export function beginsLikeOne(
  units: Uint16Array,
  at: number,
  starts: readonly Uint16Array[],
): boolean {
  for (const start of starts) {
    // From behind, because those that are asked at one place begin alike.
    let index = start.length - 1;
    while (index >= 0 && isLike(units[at + index] ?? 0, start[index] ?? 0)) index -= 1;
    if (index < 0) return true;
  }
  return false;
}

function isLike(one: number, other: number): boolean {
  return (one | 0x20) === (other | 0x20);
}
