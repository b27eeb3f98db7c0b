/**
 * Blanks, line ends, control characters (the half of each letter in UTF-16 too), soft hyphens, zero-width characters,
 * direction marks, variation selectors, tags: a reader's eye or a copy takes them out again.
 */
export function isGap(character: number): boolean {
  if (character > 0x20 && character < 0x7f) return false;
  return (
    character <= 0xa0 ||
    character === 0xad ||
    character === 0x34f ||
    (character >= 0x2000 && character <= 0x200f) ||
    (character >= 0x2028 && character <= 0x202f) ||
    (character >= 0x205f && character <= 0x2064) ||
    character === 0x3000 ||
    (character >= 0xfe00 && character <= 0xfe0f) ||
    character === 0xfeff ||
    character === 0xdb40 ||
    (character >= 0xdc20 && character <= 0xdc7f)
  );
}
