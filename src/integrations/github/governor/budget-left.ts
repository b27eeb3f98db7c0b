import type { Database } from '../../../platform/database/database.ts';
import { type GithubTables, isBudget } from '../tables.ts';
import { githubLimits } from './limits.ts';

/** What one credential may still send; names the credential by its hash. */
export interface BudgetLeft {
  readonly credential: string;
  readonly pointsThisMinute: number;
  readonly contentThisHour: number;
  /** Seconds until GitHub lets it send again; 0 when it does now. */
  readonly pausedSeconds: number;
}

export async function readBudgetsLeft(
  database: Pick<Database, 'kysely'>,
  now: Date,
): Promise<readonly BudgetLeft[]> {
  const rows = await database
    .kysely<GithubTables>()
    .selectFrom('github_governor')
    .selectAll()
    .orderBy('credential')
    .limit(20)
    .execute();
  const at = now.getTime();
  return rows.flatMap(({ credential, budget }) => {
    if (!isBudget(budget)) return [];
    const points = budget.points
      .filter(([time]) => time > at - 60_000)
      .reduce((sum, [, weight]) => sum + weight, 0);
    const content = budget.content.filter((time) => time > at - 3_600_000).length;
    return [
      {
        credential,
        pointsThisMinute: Math.max(0, githubLimits.pointsPerMinute - points),
        contentThisHour: Math.max(0, githubLimits.contentPerHour - content),
        pausedSeconds: Math.max(0, (budget.pausedUntil - at) / 1000),
      },
    ];
  });
}
