/** A kind of secret that begins with letters of its issuer's own choice. */
export interface PrefixedFormat {
  readonly kind: string;
  /** At least three characters each: that is what the scan looks at. */
  readonly prefixes: readonly string[];
  /** What stands in each of them, at most `within` characters behind the beginning: known sooner than by the pattern. */
  readonly holds?: string;
  readonly within?: number;
  /** What follows the prefix; sticky, every repetition bounded. */
  readonly body: RegExp;
  /** The prefix may be the end of an ordinary word or id, so none may stand before it. */
  readonly standsAlone?: boolean;
  /** What has the form and is none. */
  readonly leave?: (secret: string) => boolean;
}
