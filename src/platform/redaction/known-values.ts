interface Needle {
  readonly text: string;
  readonly replacement: string;
}

/** Finds registered values in one pass over the text, however many there are. */
export interface KnownValues {
  add(text: string, replacement: string): void;
  replaceIn(text: string): string;
}

const slots = 65_536;
/** Characters that the rolling hash below looks at: each shift of four bits pushes the oldest of four out. */
const looked = 4;

export function createKnownValues(): KnownValues {
  const buckets = new Map<number, Needle[]>();
  const filled = new Uint8Array(slots);
  return {
    add: (text, replacement) => {
      const slot = slotOf(text);
      const bucket = buckets.get(slot) ?? [];
      if (bucket.some((needle) => needle.text === text)) return;
      bucket.push({ text, replacement });
      bucket.sort((a, b) => b.text.length - a.text.length);
      buckets.set(slot, bucket);
      filled[slot] = 1;
    },
    replaceIn: (text) => (buckets.size === 0 ? text : replaced(text, filled, buckets)),
  };
}

function replaced(
  text: string,
  filled: Uint8Array,
  buckets: ReadonlyMap<number, readonly Needle[]>,
): string {
  let result = '';
  let copied = 0;
  let slot = 0;
  for (let index = 0; index < text.length; index += 1) {
    slot = ((slot << 4) ^ text.charCodeAt(index)) & (slots - 1);
    if (filled[slot] === 0) continue;
    const start = index - looked + 1;
    if (start < copied) continue;
    const needle = buckets.get(slot)?.find((one) => text.startsWith(one.text, start));
    if (needle === undefined) continue;
    result += text.slice(copied, start) + needle.replacement;
    copied = start + needle.text.length;
    index = copied - 1;
  }
  return copied === 0 ? text : result + text.slice(copied);
}

function slotOf(text: string): number {
  let slot = 0;
  for (let index = 0; index < looked; index += 1)
    slot = ((slot << 4) ^ text.charCodeAt(index)) & (slots - 1);
  return slot;
}
