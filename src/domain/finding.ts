import { idOf } from '../lib/hash.ts';
import type { RepositoryRef } from './repository.ts';
import { repositoryKey } from './repository.ts';

/** The kinds of evidence that scanners bring. */
export type Rule = 'todo' | 'stale-issue';

/** What a scanner saw in one look, before it is matched with what was known. */
export interface Sighting {
  readonly rule: Rule;
  /** Path relative to the repository root; for a stale issue `issues/<number>`. */
  readonly path: string;
  /** 1-based; 0 where there is no line. */
  readonly line: number;
  readonly endLine: number;
  readonly tag: string | null;
  readonly text: string;
  readonly owner: string | null;
  readonly issue: string | null;
  /** 0 to 1. */
  readonly confidence: number;
  readonly url: string | null;
  /** Lines round the place, with the line that is marked; empty when unknown. */
  readonly context: readonly string[];
  /** Line number of the first context line. */
  readonly contextStart: number;
}

/** Evidence of work at a place, known over time. */
export interface Finding extends Sighting {
  /** From birth; survives moves, renames and edits (pipeline/scan/identity). */
  readonly id: string;
  readonly repository: RepositoryRef;
  /** Changes with the text; goes into the hidden marker. */
  readonly fingerprint: string;
  /** Commit at which it was last seen. */
  readonly commit: string | null;
  readonly firstSeen: Date;
  readonly status: 'open' | 'fixed' | 'suppressed';
}

/** Repository, rule, normalized text and occurrence (1-based, in path and line order): equal after a lost database. */
export function fingerprintOf(
  repository: RepositoryRef,
  rule: Rule,
  text: string,
  occurrence: number,
): string {
  return idOf(repositoryKey(repository), rule, normalizeText(text), String(occurrence));
}

/** ASCII words with one space between them: nearly every text, and nothing is to be changed in it. */
const isNormal = /^[!-~]+(?: [!-~]+)*$/u;

/** Text without what a re-indentation or line ending changes: white space folded, trimmed, case kept. */
export function normalizeText(text: string): string {
  if (isNormal.test(text)) return text;
  return text.normalize('NFC').replace(/\s+/gu, ' ').trim();
}
