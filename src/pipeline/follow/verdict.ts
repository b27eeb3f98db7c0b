import type { HostCheck } from '../../domain/ports/code-review.ts';

/** What the checks of one commit say together; it is red only when all have spoken. */
export type Verdict =
  | { readonly says: 'nothing' | 'pending' | 'green' }
  | { readonly says: 'red'; readonly failed: readonly HostCheck[] };

export function verdictOf(checks: readonly HostCheck[]): Verdict {
  if (checks.length === 0) return { says: 'nothing' };
  if (checks.some(({ state }) => state === 'pending')) return { says: 'pending' };
  const failed = checks.filter(({ state }) => state === 'failed');
  return failed.length === 0 ? { says: 'green' } : { says: 'red', failed };
}

/** Pipelines of the failed checks that can be run again, each once. */
export function rerunsOf(failed: readonly HostCheck[]): readonly string[] {
  return [...new Set(failed.flatMap(({ rerun }) => (rerun === null ? [] : [rerun])))];
}
