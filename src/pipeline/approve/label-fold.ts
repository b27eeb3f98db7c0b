/** Letters of other scripts that look like Latin ones (Unicode TR 39, the ones that can stand in a label of ours). */
const confusable: ReadonlyMap<string, string> = new Map(
  Object.entries({
    а: 'a',
    е: 'e',
    о: 'o',
    р: 'p',
    с: 'c',
    х: 'x',
    у: 'y',
    і: 'i',
    ј: 'j',
    ѕ: 's',
    ԁ: 'd',
    ո: 'n',
    α: 'a',
    ο: 'o',
    ρ: 'p',
    ν: 'v',
    ι: 'i',
    κ: 'k',
    ε: 'e',
    τ: 't',
    '‐': '-',
    '‑': '-',
    '–': '-',
    '—': '-',
    '−': '-',
  }),
);

/** How a label looks to a person: NFKC, lower case, look-alike letters folded, invisible characters gone. */
function looks(label: string): string {
  const folded = [...label.normalize('NFKC').toLowerCase()]
    .map((letter) => confusable.get(letter) ?? letter)
    .join('');
  return folded.replace(/[\p{Cf}\p{Mn}\s]/gu, '');
}

/**
 * Compares a label with the approval label. GitHub compares labels without regard to case, so case is folded;
 * a label that only looks the same is `lookalike` and never counts.
 */
export function compareLabel(label: string, wanted: string): 'same' | 'lookalike' | 'other' {
  if (label.toLowerCase() === wanted.toLowerCase()) return 'same';
  return looks(label) === looks(wanted) ? 'lookalike' : 'other';
}
