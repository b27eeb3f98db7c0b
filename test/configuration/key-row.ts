import type { Look } from './looks.ts';

/** How one key is seen to change what the program does. */
export interface KeyRow {
  /** A value that is not the default. */
  readonly other: unknown;
  /** What else the file says, before and after; keys by their path. */
  readonly base?: Readonly<Record<string, unknown>>;
  /** Asked before and after: the answers differ. */
  readonly look?: Look;
  /** Else the test that sees it, by its whole title and what it gives there, and the place where the key gets there. */
  readonly seenIn?: readonly [file: string, title: string, gives: string];
  readonly wiredIn?: readonly [file: string, text: string];
}

export const seen = (look: Look, other: unknown, base?: KeyRow['base']): KeyRow => ({
  other,
  look,
  ...(base === undefined ? {} : { base }),
});
export const told = (
  other: unknown,
  seenIn: readonly [string, string, string],
  wiredIn: readonly [string, string],
  base?: KeyRow['base'],
): KeyRow => ({ other, seenIn, wiredIn, ...(base === undefined ? {} : { base }) });
