import { readBudgetsLeft } from '../../integrations/github/governor/budget-left.ts';
import type { StatusPorts } from '../../operations/service/handlers.ts';
import type { Database } from '../../platform/database/database.ts';

/** What the governor knows of each credential, as `status` tells it. */
export async function githubStanding(
  database: Pick<Database, 'kysely'>,
): ReturnType<StatusPorts['github']> {
  const budgets = await readBudgetsLeft(database);
  return budgets.map((left) => ({
    credential: left.name,
    pointsLeft: left.pointsThisMinute,
    contentLeft: left.contentThisHour,
    inFlight: left.inFlight,
    waiting: left.waiting,
    restingUntil: left.pausedUntil?.toISOString() ?? null,
    standing: left.suspendedSince !== null ? 'suspended' : left.refusals > 0 ? 'refused' : 'good',
    suspendedSince: left.suspendedSince?.toISOString() ?? null,
  }));
}
