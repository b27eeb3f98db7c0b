/** A JSON object read from foreign output, whose members are unknown until looked at. */
export type Members = Readonly<Record<string, unknown>>;

/** The object on a line; null for anything else. */
export function parseObject(line: string): Members | null {
  if (!line.startsWith('{')) return null;
  try {
    return membersOf(JSON.parse(line));
  } catch {
    return null;
  }
}

export function membersOf(value: unknown): Members | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Members)
    : null;
}

export function listOf(value: unknown): readonly Members[] {
  return Array.isArray(value) ? value.map(membersOf).filter((entry) => entry !== null) : [];
}

export function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

export function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** At most this many characters of a text, with an ellipsis where it was cut. */
export function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
