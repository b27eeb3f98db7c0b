import type { Kysely } from 'kysely';
import { toAppError } from '../../lib/app-error.ts';
import type { AnchorLine, AnchorPlace } from './anchors.ts';
import { leafHash } from './merkle.ts';
import type { NoteVerifier } from './signed-note.ts';
import { readStatement } from './statement.ts';
import type { AuditTables } from './tables.ts';

/** Carries what was signed to the places outside the database, one line after the other. */
export interface Anchoring {
  /** Takes what was committed; what a place refuses waits for the next time. */
  add(lines: readonly AnchorLine[]): void;
  /** Resolves when everything so far has been tried. */
  done(): Promise<void>;
}

export interface AnchoringDeps {
  readonly db: Kysely<AuditTables>;
  readonly verifier: NoteVerifier;
  readonly anchors: readonly AnchorPlace[];
  readonly onFault: (fault: { readonly code: string; readonly message: string }) => void;
}

/** More waits for a place that cannot be written only in the database. */
const waitingAtMost = 1000;

export function createAnchoring(deps: AnchoringDeps): Anchoring {
  const places = deps.anchors.map((place) => ({
    place,
    waiting: [] as AnchorLine[],
    isCaughtUp: place.isWriteOnly === true,
  }));
  let work = Promise.resolve();
  const flush = async (): Promise<void> => {
    for (const state of places) {
      const { place, waiting } = state;
      try {
        if (!state.isCaughtUp) {
          const before = waiting.length;
          const missed = await missedLines(deps, place);
          for (const line of missed) await place.append(line);
          state.isCaughtUp = true;
          // What came while the database was read was seen there or not; what was seen is not carried over twice.
          const carried = new Set(missed.map(({ note }) => note));
          const later = waiting.splice(0).slice(before);
          waiting.push(...later.filter(({ note }) => !carried.has(note)));
        }
        for (let line = waiting[0]; line !== undefined; line = waiting[0]) {
          await place.append(line);
          waiting.shift();
        }
      } catch (thrown) {
        const { code, message } = toAppError(thrown);
        deps.onFault({ code, message });
      }
    }
  };
  return {
    add: (lines) => {
      for (const state of places) {
        state.waiting.push(...lines);
        if (state.waiting.length <= waitingAtMost) continue;
        state.waiting.length = 0;
        state.isCaughtUp = state.place.isWriteOnly === true;
      }
      work = work.then(flush);
    },
    done: () => work,
  };
}

/**
 * What the database has and the place has not: a process died between commit and anchor, or the place could not be written.
 * Every statement is carried over, with the leaves of the entries since the last that the place knows.
 */
async function missedLines(
  { db, verifier }: AnchoringDeps,
  place: AnchorPlace,
): Promise<readonly AnchorLine[]> {
  const known = new Set<string>();
  let size = 0;
  for (const line of await place.tail()) {
    if (!('note' in line)) continue;
    known.add(line.note);
    const said = readStatement(verifier, line.note);
    if (said?.kind === 'checkpoint') ({ size } = said);
  }
  const rows = await db
    .selectFrom('audit_checkpoints')
    .select(['kind', 'size', 'note'])
    .orderBy('id', 'desc')
    .limit(waitingAtMost * 5)
    .execute();
  const lines: AnchorLine[] = [];
  for (const { kind, note, ...row } of rows.toReversed()) {
    if (known.has(note) || row.size < size) continue;
    if (kind !== 'checkpoint') {
      lines.push({ note, leaves: Buffer.alloc(0) });
      continue;
    }
    lines.push({ note, leaves: await leavesBetween(db, size, row.size) });
    ({ size } = row);
  }
  return lines;
}

async function leavesBetween(
  db: Kysely<AuditTables>,
  after: number,
  until: number,
): Promise<Buffer> {
  const rows = await db
    .selectFrom('audit_entries')
    .select('body')
    .where('seq', '>', after)
    .where('seq', '<=', until)
    .orderBy('seq')
    .execute();
  const isWhole = rows.length === until - after;
  return isWhole ? Buffer.concat(rows.map(({ body }) => leafHash(body))) : Buffer.alloc(0);
}
