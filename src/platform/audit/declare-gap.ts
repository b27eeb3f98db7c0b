import type { Kysely } from 'kysely';
import { AppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { AnchorLine, AnchorPlace } from './anchors.ts';
import type { AuditActor } from './audit-entry.ts';
import type { Chain } from './chain.ts';
import { isSuperseded, readGaps } from './log-tail.ts';
import { rootOf } from './merkle.ts';
import type { NoteSigner } from './signed-note.ts';
import { readStatement } from './statement.ts';
import type { AuditTables } from './tables.ts';

/** Why entries are given up. */
export interface GapFacts {
  readonly actor: AuditActor;
  readonly correlationId: string;
  readonly reason: string;
  /** For example the backup that was restored. */
  readonly facts: Readonly<Record<string, unknown>>;
}

export interface GapDeps {
  readonly db: Kysely<AuditTables>;
  readonly clock: Pick<Clock, 'now'>;
  readonly signer: NoteSigner;
  readonly anchors: readonly AnchorPlace[];
  readonly chain: Chain;
}

/**
 * Signs that the log goes on after its last checkpoint though the anchors know of more, and writes the entry `audit.restored`.
 * What was written since the restore stays. Throws AppError `audit_tampered` when the log is not well for another reason,
 * `audit_nothing_lost`.
 */
export async function declareGap(
  { clock, signer, anchors, chain }: GapDeps,
  told: GapFacts,
): Promise<{ after: number; until: number; lines: readonly AnchorLine[] }> {
  return await chain.alone(async (open, tail) => {
    if (tail.fault !== null && tail.fault.code !== 'audit_behind_anchor') {
      throw new AppError({
        kind: 'conflict',
        code: tail.fault.code,
        message: `The restored audit log is not well: ${tail.fault.message}.`,
        next: 'Restore another backup; see `claude-manager security verify`.',
      });
    }
    const at = clock.now();
    const { size: after, note: lastNote } = tail.signed;
    const last = lastNote === null ? null : readStatement(signer, lastNote);
    const gaps = await readGaps(open, signer);
    let until = after;
    for (const place of anchors)
      for await (const line of place.read()) {
        const said = 'note' in line ? readStatement(signer, line.note) : null;
        if (said !== null && !isSuperseded(said, gaps)) until = Math.max(until, said.size);
      }
    if (until <= after) throw nothingLost();
    const gap = { kind: 'gap', size: after, root: last?.root ?? rootOf([]), at, until } as const;
    const note = await chain.state(open, gap, '');
    const placed = await chain.place(open, { ...tail, fault: null }, [
      {
        at,
        begun: null,
        entry: {
          event: 'audit.restored',
          outcome: 'ok',
          actor: told.actor,
          target: null,
          correlationId: told.correlationId,
          reason: told.reason,
          facts: { ...told.facts, lostFrom: after + 1, lostUntil: until, statement: note },
        },
      },
    ]);
    const signed = await chain.sign(open, placed.tail);
    return { after, until, lines: [{ note, leaves: Buffer.alloc(0) }, signed.line] };
  });
}

function nothingLost(): AppError {
  return new AppError({
    kind: 'conflict',
    code: 'audit_nothing_lost',
    message: 'No anchor knows of entries that the audit log does not have.',
    next: 'See `claude-manager security verify`.',
  });
}
