import { fingerprintOf, normalizeText, type Rule } from '../../domain/finding.ts';
import type { RepositoryRef } from '../../domain/repository.ts';

interface Numbered {
  readonly rule: Rule;
  readonly path: string;
  readonly line: number;
  readonly text: string;
}

/** Gives each its fingerprint: equal texts are numbered from 1 in path and line order. The answer is in that order. */
export function withFingerprints<T extends Numbered>(
  repository: RepositoryRef,
  items: readonly T[],
): (T & { readonly fingerprint: string })[] {
  const counts = new Map<string, number>();
  return [...items].sort(byPlace).map((item) => {
    const key = `${item.rule}\0${normalizeText(item.text)}`;
    const occurrence = (counts.get(key) ?? 0) + 1;
    counts.set(key, occurrence);
    return { ...item, fingerprint: fingerprintOf(repository, item.rule, item.text, occurrence) };
  });
}

/** Path by code unit, then line. */
function byPlace(a: Omit<Numbered, 'rule' | 'text'>, b: Omit<Numbered, 'rule' | 'text'>): number {
  if (a.path !== b.path) return a.path < b.path ? -1 : 1;
  return a.line - b.line;
}
