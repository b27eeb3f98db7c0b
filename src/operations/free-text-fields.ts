import { z } from 'zod';
import type { Schema } from './operation.ts';

/** Paths of fields, list positions as `*`, by what their schema says of them (src/domain/input.ts). */
export interface FieldSorts {
  /** May say anything; everything that is in neither list has a grammar. */
  readonly freeText: ReadonlySet<string>;
  /** Goes in and never comes out: passwords, codes, tokens. */
  readonly secret: ReadonlySet<string>;
}

/** Reads the metas `freeText` and `writeOnly` from an input schema. */
export function fieldSorts(schema: Schema): FieldSorts {
  const found = { freeText: new Set<string>(), secret: new Set<string>() };
  const document = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    reused: 'inline',
  });
  collect(document, [], found);
  return found;
}

/** A path of a value in the form that `fieldSorts` has: positions in lists become `*`. */
export function fieldPattern(field: string): string {
  return field.replaceAll(/(?<=^|\.)\d+(?=\.|$)/gu, '*');
}

function collect(
  node: unknown,
  path: readonly string[],
  found: { freeText: Set<string>; secret: Set<string> },
): void {
  if (typeof node !== 'object' || node === null) return;
  if ('freeText' in node && node.freeText === true) found.freeText.add(path.join('.'));
  if ('writeOnly' in node && node.writeOnly === true) found.secret.add(path.join('.'));
  if ('properties' in node && typeof node.properties === 'object' && node.properties !== null) {
    for (const [name, inner] of Object.entries(node.properties))
      collect(inner, [...path, name], found);
  }
  if ('items' in node) collect(node.items, [...path, '*'], found);
  for (const key of ['anyOf', 'oneOf', 'allOf'] as const) {
    const branches: unknown = Reflect.get(node, key);
    if (Array.isArray(branches)) for (const branch of branches) collect(branch, path, found);
  }
}
