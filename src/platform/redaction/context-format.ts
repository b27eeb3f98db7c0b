/** A kind of secret that is known by the words before it. */
export interface ContextFormat {
  readonly kind: string;
  /** How those words may begin, in lower case, at least three characters each. */
  readonly starts: readonly string[];
  /** Their letters are to have the case they have there. */
  readonly isExact?: boolean;
  /** The characters one of which stands before them; a text begins as if a line feed did. */
  readonly before?: string;
  /** Where they are the name of a secret: the characters one of which stands behind it, none of them part of a name. */
  readonly follows?: string;
  /** The characters one of which stands behind that one, blanks left out of account; any character when not given. */
  readonly later?: string;
  /** Those none of which does when that one is `=` or a colon: known sooner than by the pattern. */
  readonly never?: string;
  /** What stands in each of them, at most `within` characters behind the beginning: known sooner than by the pattern. */
  readonly holds?: string;
  /** The same of characters one of which stands there. */
  readonly holdsOneOf?: string;
  readonly within?: number;
  /** A digit stands in one of so many words behind the name, or the value would be left alone: asked before the pattern. */
  readonly digitInWords?: number;
  /** From that beginning on; sticky, every repetition bounded. Group 1, or 2 where 1 is empty, is the secret. */
  readonly pattern: RegExp;
  /** Whether the pattern surely does not match here, or behind that name, where that is sooner seen than by it. */
  readonly isNone?: (units: Uint16Array, at: number, behind: number) => boolean;
  /** The pattern begins behind the name that `follows` speaks of. */
  readonly isBehindName?: boolean;
  /** What is left alone though it matches, `next` being the character behind it: rules that go by words are guesses. */
  readonly leave?: (secret: string, match: string, next: string) => boolean;
  /** A long text that is so is not looked at again from within, or each name in it would have it read once more. */
  readonly isBarren?: (secret: string) => boolean;
}
