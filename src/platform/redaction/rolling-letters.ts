/**
 * Finds where one of many texts may begin, in one pass: a rolling hash over the last three characters, upper and lower
 * case alike, of which each shift of five bits pushes the oldest out.
 */
export const letters = 3;
export const slots = 32_768;
/** The hash is shifted by so many bits for each character. */
export const letterBits = 5;

/** The hash after one more character. */
export function rolled(slot: number, character: number): number {
  return ((slot << letterBits) ^ (character | 0x20)) & (slots - 1);
}

/** The slot of a text: that of its first three characters. */
export function slotOf(text: string): number {
  let slot = 0;
  for (let index = 0; index < letters; index += 1) slot = rolled(slot, text.charCodeAt(index));
  return slot;
}
