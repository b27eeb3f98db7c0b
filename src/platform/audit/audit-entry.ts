import { sha256 } from '../../lib/hash.ts';
import { canonicalJson } from '../../lib/json.ts';
import { storedJson } from '../../lib/stored-text.ts';

export type AuditOutcome = 'begun' | 'ok' | 'refused' | 'failed';

/** Who did it; more members say more about them. */
export interface AuditActor {
  readonly kind: string;
  readonly name: string;
}

/** What is told to the audit; never a secret. */
export interface AuditEntry {
  /** For example `tasks.approve`. */
  readonly event: string;
  readonly outcome: AuditOutcome;
  readonly actor: AuditActor;
  readonly target: string | null;
  readonly correlationId: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** An entry in its place in the chain. */
export interface ChainedEntry extends AuditEntry {
  /** 1-based, without gaps. */
  readonly seq: number;
  readonly at: Date;
  /** Of an entry that tells how something ended: the `seq` at which it began. */
  readonly begun: number | null;
  /** Hash of the entry before; 64 zeros for the first. */
  readonly previousHash: string;
  readonly hash: string;
}

/** What stands before the first entry. */
export const chainStart = { seq: 0, hash: '0'.repeat(64) } as const;

/**
 * SHA-256 over the canonical JSON (keys in code-point order, no white space) of all members but the hash itself,
 * with `at` as RFC 3339 in UTC with milliseconds. Anybody with the rows can check it.
 */
export function entryHash(entry: Omit<ChainedEntry, 'hash'>): string {
  const { seq, at, event, outcome, actor, target, correlationId, facts, begun, previousHash } =
    entry;
  return sha256(
    canonicalJson({
      seq,
      at,
      event,
      outcome,
      actor,
      target,
      correlationId,
      facts,
      begun,
      previousHash,
    }),
  );
}

/** The entry as the database gives it back, so that its hash is the same before and after. */
export function asStored(entry: AuditEntry): AuditEntry {
  const { event, outcome, actor, target, correlationId, facts } = entry;
  const text = storedJson({ event, outcome, actor, target, correlationId, facts });
  return JSON.parse(text) as AuditEntry;
}
