import { sql } from 'kysely';
import { AppError } from '../../lib/app-error.ts';

/** The keys of the last row of a page. */
export type Cursor = readonly (string | number)[];

type KeyType = 'number' | 'date' | 'text';

/** The keys as opaque text; it names its order, so that a cursor of another list is refused. */
function cursorText(list: string, keys: readonly unknown[]): string {
  return Buffer.from(JSON.stringify([list, ...keys])).toString('base64url');
}

/** Rows of a list, and where it goes on; null at its end. */
export interface Page<Row> {
  readonly items: readonly Row[];
  readonly next: string | null;
}

/** A page of rows that were read one further than `limit`; `keysOf` gives what the list is ordered by. */
export function pageOf<Row>(
  rows: readonly Row[],
  { list, limit }: { readonly list: string; readonly limit: number },
  keysOf: (row: Row) => readonly unknown[],
): Page<Row> {
  const items = rows.slice(0, limit);
  const last = rows.length > limit ? items.at(-1) : undefined;
  return { items, next: last === undefined ? null : cursorText(list, keysOf(last)) };
}

/** Where a list in the order of a moment, newest first, and then of `id` goes on; every row without a cursor. */
export function olderThan(column: string, list: string, after: string | undefined) {
  if (after === undefined) return sql<boolean>`true`;
  const [at, id] = cursorOf(after, list, ['date', 'text']);
  const moment = sql.ref(column);
  return sql<boolean>`(${moment} <= ${at}::timestamptz and (${moment} < ${at}::timestamptz or id > ${id}))`;
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
