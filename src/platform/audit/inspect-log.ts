import type { Kysely } from 'kysely';
import type { AnchorPlace } from './anchors.ts';
import { loadTail, type TailFault } from './log-tail.ts';
import type { NoteVerifier } from './signed-note.ts';
import { readStatement } from './statement.ts';
import type { AuditTables } from './tables.ts';
import { inSnapshot } from './verify-database.ts';

/** How the end of the log is. */
export interface LogState {
  readonly entries: number;
  readonly signedUntil: number;
  readonly signedAt: Date | null;
  /** Entries the places outside know of; null when there is no such place. */
  readonly anchoredUntil: number | null;
  readonly fault: TailFault | null;
}

export async function inspectLog(
  db: Kysely<AuditTables>,
  verifier: NoteVerifier,
  anchors: readonly AnchorPlace[],
): Promise<LogState> {
  const anchoredUntil = await leastAnchored(verifier, anchors);
  // Read before the snapshot: what is signed meanwhile would look like entries that the database has lost.
  const before = await Promise.all(
    anchors.map(async (place) => {
      const lines = await place.tail();
      return { ...place, tail: async () => lines };
    }),
  );
  const tail = await inSnapshot(db, async (open) => await loadTail(open, verifier, before));
  return {
    entries: tail.head.seq,
    signedUntil: tail.signed.size,
    signedAt: tail.signed.at,
    anchoredUntil,
    fault: tail.fault,
  };
}

async function leastAnchored(
  verifier: NoteVerifier,
  anchors: readonly AnchorPlace[],
): Promise<number | null> {
  let least: number | null = null;
  for (const place of anchors) {
    const lines = await place.tail();
    const last = lines
      .flatMap((line) => ('note' in line ? (readStatement(verifier, line.note) ?? []) : []))
      .findLast(({ kind }) => kind === 'checkpoint');
    least = Math.min(least ?? Infinity, last?.size ?? 0);
  }
  return least;
}
