/** The known word that was probably meant; null when none is near. Case, `_` and `-` do not count. */
export function nearestWord(word: string, known: readonly string[]): string | null {
  if (word.length > 100) return null;
  let best: string | null = null;
  let least = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const edits = distance(folded(word), folded(candidate));
    if (edits < least) {
      least = edits;
      best = candidate;
    }
  }
  return best;
}

function folded(word: string): string {
  return word.replaceAll(/[_-]/g, '').toLowerCase();
}

/** Levenshtein's distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, change));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
