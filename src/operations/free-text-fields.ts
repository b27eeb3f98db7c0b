import { z } from 'zod';

/**
 * Paths of the fields that hold free text, list positions as `*`: whatever their schema carries the meta `freeText`
 * (src/domain/free-text.ts). Everything else has a grammar.
 */
export function freeTextFields(schema: z.ZodType): ReadonlySet<string> {
  const found = new Set<string>();
  const document = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    reused: 'inline',
  });
  collect(document, [], found);
  return found;
}

/** A path of a value in the form that `freeTextFields` has: positions in lists become `*`. */
export function fieldPattern(field: string): string {
  return field.replaceAll(/(?<=^|\.)\d+(?=\.|$)/gu, '*');
}

function collect(node: unknown, path: readonly string[], found: Set<string>): void {
  if (typeof node !== 'object' || node === null) return;
  if ('freeText' in node && node.freeText === true) found.add(path.join('.'));
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
