/**
 * Text as PostgreSQL takes it: neither NUL nor a lone surrogate can be stored in text or jsonb,
 * so both become U+FFFD; everything else is kept byte for byte.
 */
export function storedText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD');
}

/** The same for text that may be missing. */
export function storedTextOrNull(text: string | null): string | null {
  return text === null ? null : storedText(text);
}

/** A value as the text of a jsonb column; names of members are made storable like their values. */
export function storedJson(value: unknown): string {
  const text = JSON.stringify(value);
  // JSON writes what cannot be stored as escapes, so a text without them is kept as it is.
  if (text === undefined || !/\\u(?:0000|d[89a-f])/.test(text)) return text;
  return JSON.stringify(value, (_key, member: unknown) => {
    if (typeof member === 'string') return storedText(member);
    return isRecord(member) && Object.keys(member).some(isOdd) ? withStoredNames(member) : member;
  });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isOdd(name: string): boolean {
  return storedText(name) !== name;
}

function withStoredNames(value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [storedText(name), member]),
  );
}
