import { AppError } from './app-error.ts';
import type { Json } from './json.ts';

const deepest = 8;
const mostValues = 5000;
const mostMembers = 200;
const longestText = 32_768;

interface Walk {
  readonly above: Set<object>;
  values: number;
}

/**
 * Turns anything into plain JSON data for logs and audit: errors keep kind, code, details and causes; circles, getters
 * that throw, maps, sets and bytes are made harmless. Bounded in depth and size; never throws.
 */
export function plainValue(value: unknown): Json {
  return plain(value, { above: new Set(), values: 0 });
}

function plain(value: unknown, walk: Walk): Json {
  walk.values += 1;
  if (walk.values > mostValues) return '[more]';
  switch (typeof value) {
    case 'string':
      return value.length > longestText ? `${value.slice(0, longestText)}[cut]` : value;
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'bigint':
      return String(value);
    case 'object':
      return value === null ? null : plainObject(value, walk);
    case 'undefined':
      return null;
    default:
      return `[${typeof value}]`;
  }
}

function plainObject(value: object, walk: Walk): Json {
  if (walk.above.has(value)) return '[circular]';
  if (walk.above.size >= deepest) return '[deeper]';
  walk.above.add(value);
  try {
    return byClass(value, walk);
  } catch {
    return '[unreadable]';
  } finally {
    walk.above.delete(value);
  }
}

function byClass(value: object, walk: Walk): Json {
  if (value instanceof Error) return plainError(value, walk);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof URL) return value.href;
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  if (value instanceof Map)
    return members(
      [...value].map(([key, inner]) => [textOf(key), () => inner] as const),
      walk,
    );
  if (value instanceof Set) return list([...value], walk);
  if (Array.isArray(value)) return list(value, walk);
  return members(ownMembers(value), walk);
}

function plainError(error: Error, walk: Walk): Json {
  const own = error instanceof AppError ? ['kind', 'code', 'next', 'details'] : Object.keys(error);
  const names = ['name', 'message', ...own, 'stack', 'cause', 'errors'].filter(
    (name, index, all) => name in error && all.indexOf(name) === index,
  );
  const readers = names.map((name) => [name, () => Reflect.get(error, name) as unknown] as const);
  return members(readers, walk);
}

function ownMembers(value: object): readonly (readonly [string, () => unknown])[] {
  return Object.keys(value).map(
    (name) => [name, () => (value as Record<string, unknown>)[name]] as const,
  );
}

function members(readers: readonly (readonly [string, () => unknown])[], walk: Walk): Json {
  const entries = readers.slice(0, mostMembers).flatMap(([name, read]): [string, Json][] => {
    const value = attempt(read);
    return value === undefined ? [] : [[name, plain(value, walk)]];
  });
  if (readers.length > mostMembers) entries.push(['[more]', readers.length - mostMembers]);
  return Object.fromEntries(entries);
}

function list(values: readonly unknown[], walk: Walk): Json {
  const first = values.slice(0, mostMembers).map((value) => plain(value, walk));
  return values.length > mostMembers ? [...first, `[${values.length - mostMembers} more]`] : first;
}

function attempt(read: () => unknown): unknown {
  try {
    return read();
  } catch {
    return '[unreadable]';
  }
}

function textOf(key: unknown): string {
  return typeof key === 'string' || typeof key === 'number' ? String(key) : `[${typeof key}]`;
}
