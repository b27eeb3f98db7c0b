import { AppError } from '../lib/app-error.ts';

/** The keys of the last row of a page. */
export type Cursor = readonly (string | number)[];

type KeyType = 'number' | 'date' | 'text';

/** The keys as opaque text; it names its order, so that a cursor of another list is refused. */
export function cursorText(list: string, keys: readonly unknown[]): string {
  return Buffer.from(JSON.stringify([list, ...keys])).toString('base64url');
}

/** Reads what `cursorText` wrote; AppError `invalid_input` names the field `after`. */
export function cursorOf(text: string, list: string, types: readonly KeyType[]): Cursor {
  const [name, ...keys] = parsed(text);
  const fits =
    name === list &&
    keys.length === types.length &&
    keys.every((key, index) => isOf(key, types[index] ?? 'text'));
  if (fits) return keys as unknown as Cursor;
  throw new AppError({
    kind: 'invalid_input',
    code: 'cursor_invalid',
    message: 'after: this is not the `next` of a page of this list.',
    next: 'Leave `after` out to begin at the first page.',
    details: { issues: [{ field: 'after', message: 'not a cursor of this list' }] },
  });
}

function parsed(text: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    return Array.isArray(value) ? value : [];
  } catch {
    return []; // whatever it is, it is no cursor
  }
}

function isOf(key: unknown, type: KeyType): boolean {
  if (type === 'number') return typeof key === 'number';
  if (typeof key !== 'string' || key.includes('\0')) return false;
  return type === 'text' || (/^\d{4}-/u.test(key) && !Number.isNaN(Date.parse(key)));
}
