import type { FieldKind } from './field-kind.ts';

/** What was typed for some keys, not yet written; undefined for a key that is to get its default back. */
export type Draft = ReadonlyMap<string, string | undefined>;

/** A value as it stands in its box. */
export function boxText(kind: FieldKind, value: unknown): string {
  if (value === null || value === undefined) return kind.kind === 'json' ? 'null' : '';
  if (kind.kind === 'lines' && Array.isArray(value)) return value.map(String).join('\n');
  if (kind.kind === 'json' || typeof value === 'object') return JSON.stringify(value, null, 2);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

export interface Parsed {
  /** As JSON, for the service to judge; null when not even that. */
  readonly json: string | null;
  readonly fault: string | null;
}

/** What a box says, as JSON. What does not fit the key goes to the service as it is: its words are the better ones. */
export function parseBox(kind: FieldKind, text: string): Parsed {
  const trimmed = text.trim();
  switch (kind.kind) {
    case 'truth':
      return fine(trimmed === 'true');
    case 'number':
      if (trimmed === '' && kind.mayBeNull) return fine(null);
      return fine(trimmed !== '' && Number.isFinite(Number(trimmed)) ? Number(trimmed) : text);
    case 'text':
    case 'choice':
      return fine(trimmed === '' && kind.mayBeNull ? null : text);
    case 'lines':
      return fine(
        text
          .split('\n')
          .map((line) => line.trim())
          .filter((line) => line !== ''),
      );
    case 'json':
      try {
        return { json: JSON.stringify(JSON.parse(text)), fault: null };
      } catch {
        return { json: null, fault: 'This is no JSON yet.' };
      }
  }
}

function fine(value: unknown): Parsed {
  return { json: JSON.stringify(value), fault: null };
}
