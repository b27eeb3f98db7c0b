import { sql } from 'kysely';
import { AppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { AnchorLine } from './anchors.ts';
import type { Chain } from './chain.ts';
import { nodesFrom } from './log-tail.ts';
import { rootOf } from './merkle.ts';

/** What pruning removed. */
export interface Pruned {
  /** The last entry that was removed. */
  readonly until: number;
  readonly lines: readonly AnchorLine[];
}

/**
 * Removes the entries before the moment, up to the last checkpoint among them, by a signed statement: what is left still
 * verifies, and proofs stay possible. The entry `audit.prune` is written first. Throws AppError `audit_tampered` when the log
 * is not well.
 */
export async function pruneLog(
  { chain, clock }: { readonly chain: Chain; readonly clock: Pick<Clock, 'now'> },
  before: Date,
): Promise<Pruned | null> {
  return await chain.alone(async (open, tail) => {
    if (tail.fault !== null) {
      throw new AppError({
        kind: 'conflict',
        code: tail.fault.code,
        message: `Nothing was pruned, because the audit log is not well: ${tail.fault.message}.`,
        next: 'See `claude-manager security verify`.',
      });
    }
    const youngest = await open
      .selectFrom('audit_entries')
      .select('seq')
      .where('at', '>=', before)
      .orderBy('seq')
      .limit(1)
      .executeTakeFirst();
    const last = await open
      .selectFrom('audit_checkpoints as c')
      .innerJoin('audit_entries as e', 'e.seq', 'c.size')
      .select(['c.size', 'c.frontier', 'e.hash'])
      .where('c.kind', '=', 'checkpoint')
      .where('c.size', '<', youngest?.seq ?? tail.head.seq)
      .orderBy('c.size', 'desc')
      .limit(1)
      .executeTakeFirst();
    if (last === undefined) return null;
    const { size, frontier, hash } = last;
    const nodes = nodesFrom(frontier);
    const at = clock.now();
    const statement = { kind: 'prune', size, root: rootOf(nodes), at, hash } as const;
    const note = await chain.state(open, { ...statement, frontier: { size, nodes } }, frontier);
    const placed = await chain.place(open, tail, [
      {
        at,
        begun: null,
        entry: {
          event: 'audit.prune',
          outcome: 'ok',
          actor: { kind: 'system', name: 'audit' },
          target: null,
          correlationId: 'audit',
          facts: { removedUntil: size, before, statement: note },
        },
      },
    ]);
    const signed = await chain.sign(open, placed.tail);
    await sql`select audit_remove_until(${size})`.execute(open);
    return { until: size, lines: [{ note, leaves: Buffer.alloc(0) }, signed.line] };
  });
}
