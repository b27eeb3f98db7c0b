/**
 * Perl-compatible patterns that together find the words in one byte code unit, or with a NUL between the letters as
 * UTF-16 has them in either order. Words that are not in upper case stand in prose all the time: of these only what a
 * colon, a bracket, other punctuation or nothing follows.
 *
 * All spellings of a word are one pattern that begins with its letters in either case, and each pattern is searched for
 * apart: PCRE then compares two letters with sixteen or more bytes at once, and a file that is read once for each word is
 * searched in less than half of the time that it takes to look at each byte once for all of them.
 */
export function wordPatterns(spellings: readonly string[]): string[] {
  const words = [...Map.groupBy(spellings, asciiLower)].map(([letters, same]) =>
    anyOf(letters, same),
  );
  const wide = spellings.filter((word) => /^[\x20-\x7e]+$/u.test(word)).map(wideWord);
  return wide.length === 0 ? words : [...words, wide.join('|')];
}

/** The spellings of one word, which differ only in the case of letters; looked back for from their end. */
function anyOf(letters: string, spellings: readonly string[]): string {
  const bytes = Buffer.byteLength(letters);
  const { upper = [], other = [] } = Object.groupBy(spellings, (word) =>
    word === word.toUpperCase() ? 'upper' : 'other',
  );
  const behind = [
    ...(upper.length === 0 ? [] : [String.raw`(?<=${choice(upper)})(?!\w)`]),
    ...(other.length === 0 ? [] : [`(?<=${choice(other)})${signOrSigil(bytes)}`]),
  ];
  return String.raw`(?i:${escaped(letters)})(?<!\w.{${bytes}})(?:${behind.join('|')})`;
}

function choice(words: readonly string[]): string {
  return `(?:${words.map(escaped).join('|')})`;
}

/** Letters beyond ASCII have no case where bytes are searched. */
function asciiLower(word: string): string {
  return word.replace(/[A-Z]/gu, (letter) => letter.toLowerCase());
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

function escaped(text: string): string {
  return text.replace(/[^\w]/gu, String.raw`\$&`);
}
