import type { RawBuilder } from 'kysely';
import { sql } from 'kysely';

/** Whether the repository of a key (`github:owner/name`) matches one of the patterns of names: `*`, `?`, `**`. */
export function inPatterns(
  key: RawBuilder<unknown>,
  patterns: readonly string[],
): RawBuilder<unknown> {
  const expressions = patterns.map((pattern) => `^${expressionOf(pattern.toLowerCase())}$`);
  return sql`lower(substr(${key}, strpos(${key}, ':') + 1)) ~ any(${expressions}::text[])`;
}

function expressionOf(pattern: string): string {
  return pattern
    .split(/(\*\*|\*|\?)/u)
    .map((part) => {
      if (part === '**') return '.*';
      if (part === '*') return '[^/]*';
      if (part === '?') return '[^/]';
      return part.replaceAll(/[^\w/-]/gu, '\\$&');
    })
    .join('');
}
