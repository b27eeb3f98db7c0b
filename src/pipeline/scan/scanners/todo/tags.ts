/** A place in the source where a tag is spelled as a word of its own; whether it is meant is decided later. */
export interface Candidate {
  /** Upper case. */
  readonly tag: string;
  /** Offset of the word itself, after a leading `@` or `\`. */
  readonly start: number;
  readonly end: number;
  /** Upper case counts anywhere; `@todo` and `\todo` at the start of a line; other case only with a colon, an owner, or alone. */
  readonly spelling: 'upper' | 'sigil' | 'other';
}

const TAGS = ['TODO', 'FIXME', 'HACK', 'XXX', 'BUG'];
const CAMEL = new Map([
  ['TODO', 'ToDo'],
  ['FIXME', 'FixMe'],
]);
/** Tags that documentation tools know as `@todo`, `\todo`. */
const SIGIL_TAGS = new Set(['TODO', 'FIXME']);

/** The spellings of the tags, as fixed strings that a word search must look for. */
export function prefilterSpellings(extraTags: readonly string[] = []): string[] {
  return [...new Set(tagsWith(extraTags).flatMap(spellingsOf))];
}

/** Finds the candidates of a source text, in order. */
export function candidateFinder(extraTags: readonly string[] = []): (src: string) => Candidate[] {
  const words = prefilterSpellings(extraTags).map((word) =>
    word.replace(/[^\w]/gu, String.raw`\$&`),
  );
  const pattern = new RegExp(words.join('|'), 'g');
  return (src) => {
    const found: Candidate[] = [];
    pattern.lastIndex = 0;
    for (let hit = pattern.exec(src); hit !== null; hit = pattern.exec(src)) {
      const candidate = candidateAt(src, hit.index, hit[0]);
      if (candidate !== undefined) found.push(candidate);
    }
    return found;
  };
}

function tagsWith(extraTags: readonly string[]): string[] {
  const extra = extraTags.map((tag) => tag.trim().toUpperCase()).filter((tag) => tag !== '');
  return [...new Set([...TAGS, ...extra])];
}

function spellingsOf(tag: string): string[] {
  const lower = tag.toLowerCase();
  const camel = CAMEL.get(tag);
  const capital = `${tag.slice(0, 1)}${lower.slice(1)}`;
  return [tag, capital, lower, ...(camel === undefined ? [] : [camel])];
}

function candidateAt(src: string, start: number, word: string): Candidate | undefined {
  const end = start + word.length;
  if (isWordByte(src, start - 1, false) || isWordByte(src, end, true)) return undefined;
  const tag = word.toUpperCase();
  if (word === tag) return { tag, start, end, spelling: 'upper' };
  const before = src[start - 1];
  if ((before === '@' || before === '\\') && SIGIL_TAGS.has(tag)) {
    return { tag, start, end, spelling: 'sigil' };
  }
  return { tag, start, end, spelling: 'other' };
}

/** Letters of Latin script join words; a tag may touch a character of another script or punctuation. */
function isWordByte(src: string, at: number, after: boolean): boolean {
  const code = src.charCodeAt(at);
  if (code < 0x80) return /\w/.test(src[at] ?? '');
  if (!(code >= 0x80)) return false;
  // UTF-8 lead bytes 0xC3 to 0xC9 spell the accented Latin letters (U+00C0 to U+024F).
  const lead = after ? code : src.charCodeAt(at - 1);
  return lead >= 0xc3 && lead <= 0xc9;
}
