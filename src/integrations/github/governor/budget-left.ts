import type { Clock } from '../../../lib/clock.ts';
import type { Database } from '../../../platform/database/database.ts';
import { type GithubTables, readBudget } from '../tables.ts';
import { databaseMs } from './database-state.ts';
import { type Lane, lanes } from './lanes.ts';
import { forgotten, githubLimits, underWay } from './limits.ts';

/** What one credential may still send, and who waits for it. */
export interface BudgetLeft {
  /** Hash that names it. */
  readonly credential: string;
  /** For people: `GITHUB_TOKEN`, `app 123 on acme`; the hash when it is not known. */
  readonly name: string;
  readonly pointsThisMinute: number;
  readonly contentThisMinute: number;
  readonly contentThisHour: number;
  /** Requests under way, and those that processes were lent and may begin at any moment. */
  readonly inFlight: number;
  readonly waiting: Readonly<Record<Lane, number>>;
  /** Seconds until GitHub lets it send again; 0 when it does now. */
  readonly pausedSeconds: number;
  readonly pausedUntil: Date | null;
  /** Whether GitHub takes it: refusals in a row, and since when it is not used any more. */
  readonly refusals: number;
  readonly suspendedSince: Date | null;
}

/** Judged by the database's clock, as they are written, unless another one is handed in. */
export async function readBudgetsLeft(
  database: Pick<Database, 'kysely'>,
  clock: Clock | null = null,
): Promise<readonly BudgetLeft[]> {
  const db = database.kysely<GithubTables>();
  // One after the other, as few need it at once: side by side they would need two connections.
  const rows = await db
    .selectFrom('github_governor')
    .select(['credential', 'name', 'budget', databaseMs.as('now')])
    .orderBy('credential')
    .limit(20)
    .execute();
  if (rows.length === 0) return [];
  const standings = await db.selectFrom('github_standing').selectAll().execute();
  return rows.flatMap(({ credential, name, budget: row, now }) => {
    const at = clock === null ? now : clock.now().getTime();
    const kept = readBudget(row);
    if (kept === null) return [];
    const budget = forgotten(kept, at);
    const points = budget.points.reduce((sum, [, weight]) => sum + weight, 0);
    const minute = budget.content.filter((time) => time > at - 60_000).length;
    const standing = standings.find((one) => one.credential === name);
    const { pausedUntil } = budget;
    return [
      {
        credential,
        name: name ?? credential,
        pointsThisMinute: Math.max(0, githubLimits.pointsPerMinute - points),
        contentThisMinute: Math.max(0, githubLimits.contentPerMinute - minute),
        contentThisHour: Math.max(0, githubLimits.contentPerHour - budget.content.length),
        inFlight: underWay(budget),
        waiting: waitingByLane(budget.waiting),
        pausedSeconds: Math.max(0, (pausedUntil - at) / 1000),
        pausedUntil: pausedUntil > at ? new Date(pausedUntil) : null,
        refusals: standing?.refusals ?? 0,
        suspendedSince: standing?.suspended_at ?? null,
      },
    ];
  });
}

function waitingByLane(
  waiting: ReturnType<typeof forgotten>['waiting'],
): Readonly<Record<Lane, number>> {
  const counts = lanes.map((lane) => {
    const here = waiting.filter((one) => one.lane === lane);
    return [lane, here.reduce((sum, { count }) => sum + count, 0)];
  });
  return Object.fromEntries(counts) as Record<Lane, number>;
}
