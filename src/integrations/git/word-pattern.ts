/** Letters from the most frequent to the rarest in English and in code. */
const byFrequency = 'etaoinsrlcdpumhgyfbwvkxjqz';

/**
 * A Perl-compatible pattern that finds the words in one byte code unit, or with a NUL between the letters as UTF-16 has
 * them in either order. Words that are not in upper case stand in prose all the time: of these only what a colon, a
 * bracket, other punctuation or nothing follows.
 *
 * Each word is entered at its rarest letter and looked back from there: a search stops at every letter that some word
 * is entered at, and stopping at `x` instead of at the `f` of `fixme` makes it a fifth faster over a whole tree.
 */
export function wordPattern(spellings: readonly string[]): string {
  const entries = Map.groupBy(spellings, (word) => word.charAt(rarest(word)));
  const plain = [...entries].map(
    ([letter, words]) => `${escaped(letter)}(?:${[...sameEnds(words)].join('|')})`,
  );
  const wide = spellings.filter((word) => /^[\x20-\x7e]+$/u.test(word)).map(wideWord);
  return [...plain, ...wide].join('|');
}

/** What stands after the letter at which the words are entered: words of one ending are looked back for together. */
function* sameEnds(words: readonly string[]): Iterable<string> {
  const rest = (word: string) => word.slice(rarest(word) + 1);
  const isUpper = (word: string) => word === word.toUpperCase();
  const alike = Map.groupBy(
    words,
    (word) => `${Buffer.byteLength(word)}:${isUpper(word)}:${rest(word)}`,
  );
  for (const same of alike.values()) {
    const [word = ''] = same;
    const choices = same.map(escaped).join('|');
    const after = isUpper(word) ? String.raw`(?!\w)` : signOrSigil(Buffer.byteLength(word));
    yield String.raw`${escaped(rest(word))}(?<=(?<!\w)(?:${choices}))${after}`;
  }
}

function signOrSigil(bytes: number): string {
  const sign = String.raw`(?=[\s.,;]*(?:[^\w\s.,;]|$))`;
  return String.raw`(?:${sign}|(?<=[@\\].{${bytes}})(?!\w))`;
}

/** Text has no NUL: entered there, a search for UTF-16 costs text nothing. */
function wideWord(word: string): string {
  const letters = Array.from(word, escaped);
  const nul = String.raw`\x00`;
  if (letters.length === 1) return letters.join('');
  return `${nul}${letters.slice(1).join(nul)}(?<=${letters.join(nul)})`;
}

function rarest(word: string): number {
  let best = 0;
  for (let at = 1; at < word.length; at += 1) {
    if (rarity(word.charAt(at)) > rarity(word.charAt(best))) best = at;
  }
  return best;
}

function rarity(character: string): number {
  return byFrequency.indexOf(character.toLowerCase());
}

function escaped(text: string): string {
  return text.replace(/[^\w]/gu, String.raw`\$&`);
}
