/** One line of a text before and after a change. */
export interface DiffLine {
  readonly sign: ' ' | '+' | '-';
  readonly text: string;
  /** Number of the line after the change; before it, where it was taken out. */
  readonly number: number;
}

/** The lines of both texts in order, as few of them changed as can be (longest common subsequence). */
export function diffLines(before: string, after: string): readonly DiffLine[] {
  const old = before.split('\n');
  const now = after.split('\n');
  const common = commonLengths(old, now);
  const lines: DiffLine[] = [];
  let from = 0;
  let to = 0;
  while (from < old.length || to < now.length) {
    if (from < old.length && to < now.length && old[from] === now[to]) {
      lines.push({ sign: ' ', text: now[to] ?? '', number: to + 1 });
      from += 1;
      to += 1;
    } else if (
      to >= now.length ||
      (from < old.length && (common[from + 1]?.[to] ?? 0) >= (common[from]?.[to + 1] ?? 0))
    ) {
      lines.push({ sign: '-', text: old[from] ?? '', number: from + 1 });
      from += 1;
    } else {
      lines.push({ sign: '+', text: now[to] ?? '', number: to + 1 });
      to += 1;
    }
  }
  return lines;
}

/** How many lines the rests of both texts from each place on have in common. */
function commonLengths(old: readonly string[], now: readonly string[]): readonly number[][] {
  const lengths = Array.from({ length: old.length + 1 }, () =>
    Array.from({ length: now.length + 1 }, () => 0),
  );
  for (let from = old.length - 1; from >= 0; from -= 1) {
    for (let to = now.length - 1; to >= 0; to -= 1) {
      const row = lengths[from];
      const below = lengths[from + 1];
      if (row === undefined || below === undefined) continue;
      row[to] =
        old[from] === now[to]
          ? (below[to + 1] ?? 0) + 1
          : Math.max(below[to] ?? 0, row[to + 1] ?? 0);
    }
  }
  return lengths;
}
