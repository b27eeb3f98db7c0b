/**
 * Finds whether `one` stands before `other` with at most `within` characters and nothing of `stops` between them: what
 * `one[^…]{0,80}other` says, in a time that grows with the length alone, however often both are found. Only the next
 * `other` behind each `one` is looked at, which is the nearest.
 */
export function follows(
  text: string,
  one: RegExp,
  other: RegExp,
  { within, stops }: { readonly within: number; readonly stops: RegExp },
): boolean {
  one.lastIndex = 0;
  other.lastIndex = 0;
  let next = -1;
  for (let found = one.exec(text); found !== null; found = one.exec(text)) {
    const end = found.index + found[0].length;
    if (next < end) {
      other.lastIndex = end;
      next = other.exec(text)?.index ?? -1;
      if (next < 0) return false;
    }
    if (next - end <= within && !stops.test(text.slice(end, next))) return true;
    if (found[0] === '') one.lastIndex += 1;
  }
  return false;
}
