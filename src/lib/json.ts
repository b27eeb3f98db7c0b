export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

/**
 * JSON with keys in code-point order and no white space, so that equal values have equal bytes
 * (the idea of RFC 8785; numbers as JSON.stringify writes them). Members that are undefined are left out.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  return JSON.stringify(sorted(value)) ?? 'null';
}

function sorted(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  const from = value as Readonly<Record<string, unknown>>;
  const made: Record<string, unknown> = {};
  // Without a function sorts by code units.
  for (const name of Object.keys(from).sort()) {
    const member = from[name];
    if (member === undefined) continue;
    // Set as a member, it would become what the object inherits from.
    if (name === '__proto__') Object.defineProperty(made, name, { ...own, value: sorted(member) });
    else made[name] = sorted(member);
  }
  return made;
}

const own = { enumerable: true, configurable: true, writable: true };
