import { type Kysely, sql } from 'kysely';
import type { Clock } from '../../lib/clock.ts';
import type { AnchorPlace } from './anchors.ts';
import type { NoteVerifier } from './signed-note.ts';
import type { AuditTables } from './tables.ts';
import { readWhole } from './verify-database.ts';

/** Named in the first line of a bundle and in docs/audit-format.md. */
const bundleFormat = 'claude-manager-audit/1';

/** One JSON object a line: header, notes, anchors, entries in order. What is damaged is told as it lies there. */
export async function* bundleLines(
  db: Kysely<AuditTables>,
  verifier: NoteVerifier,
  anchors: readonly AnchorPlace[],
  clock: Pick<Clock, 'now'>,
): AsyncIterable<string> {
  const { origin, verifierKey } = verifier;
  yield line({ type: 'header', format: bundleFormat, origin, verifierKey, at: clock.now() });
  // Anchors before entries: what is anchored was committed before, and entries are only ever added.
  for (const place of await Promise.all(anchors.map(readWhole))) {
    for await (const one of place.read()) {
      yield 'note' in one
        ? line({
            type: 'anchor',
            place: place.name,
            note: one.note,
            leaves: one.leaves.toString('base64'),
          })
        : line({ type: 'anchor', place: place.name, damagedLine: one.damagedLine });
    }
  }
  const notes = await db.selectFrom('audit_checkpoints').select('note').orderBy('id').execute();
  for (const { note } of notes) yield line({ type: 'note', note });
  for (let last = 0; ; ) {
    const { rows } = await sql<{ seq: number; hash: string; body: string }>`
      select seq, hash, body from audit_entries where seq > ${last} order by seq limit 2000`.execute(
      db,
    );
    if (rows.length === 0) return;
    last = rows.at(-1)?.seq ?? last;
    for (const { seq, hash, body } of rows) yield line({ type: 'entry', seq, hash, body });
  }
}

function line(value: object): string {
  return `${JSON.stringify(value)}\n`;
}
