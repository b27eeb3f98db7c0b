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

/** A value as the text of a jsonb column. */
export function storedJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    typeof member === 'string' ? storedText(member) : member,
  );
}
