/** Must end words wherever the search column of tasks does (reading-migration.ts). */
const punctuation = /[\s/._:;#()[\]{}<>"'=,*`\-\\&|!\0]+/u;

/**
 * What a person typed as a query of PostgreSQL's text search: all words, the last one as a beginning.
 * Null when it holds no word.
 */
export function searchWords(text: string): string | null {
  const words = text
    .toWellFormed()
    .split(punctuation)
    .filter((word) => word !== '')
    .slice(0, 12);
  if (words.length === 0) return null;
  return `${words.map((word) => `'${word}'`).join(' & ')}:*`;
}
