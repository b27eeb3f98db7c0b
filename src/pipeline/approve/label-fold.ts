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

/** How a label looks to a person: NFKD, lower case, look-alike letters folded, invisible characters gone. */
function looks(label: string): string {
  const folded = [...label.normalize('NFKD').toLowerCase()]
    .map((letter) => confusable.get(letter) ?? letter)
    .join('');
  return folded.replace(/[\p{Cf}\p{Mn}\s]/gu, '');
}

/**
 * Compares a label with the approval label. GitHub compares labels without regard to case, so case is folded;
 * a label that only looks the same is `lookalike` and never counts.
 */
export function compareLabel(label: string, wanted: string): 'same' | 'lookalike' | 'other' {
  if (isSame(label, wanted)) return 'same';
  return looks(label) === looks(wanted) ? 'lookalike' : 'other';
}

/** Equal but for case, letter by letter: the Kelvin sign is no `k`, although its lower case is one. */
function isSame(label: string, wanted: string): boolean {
  const [a, b] = [[...label], [...wanted]];
  return a.length === b.length && a.every((letter, index) => isSameLetter(letter, b[index] ?? ''));
}

function isSameLetter(a: string, b: string): boolean {
  if (a === b) return true;
  const isAscii = /[A-Za-z]/u.test(a) === /[A-Za-z]/u.test(b);
  return isAscii && a.toLowerCase() === b.toLowerCase();
}
