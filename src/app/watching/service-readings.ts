import { readBudgetsLeft } from '../../integrations/github/governor/budget-left.ts';
import { systemClock } from '../../lib/clock.ts';
import type { Config } from '../../platform/config/schema.ts';
import { countLeases, countOpenEffects } from '../../platform/effects/count-open.ts';
import { type BreakerTables, breakerStates } from '../../platform/resilience/breakers.ts';
import type { Reading } from '../../platform/telemetry/reading.ts';
import { countEndedRuns } from '../../storage/ended-runs.ts';
import { createTaskQueries } from '../../storage/task-queries.ts';
import type { StoreRooms } from '../store/open-store.ts';

const breakerLevel = { closed: 0, half_open: 0.5, open: 1 } as const;

/** One breaker a dependency and place; more than this would be series without a bound. */
const mostBreakers = 50;

/** What waits, what is spent and what may still be sent, read from where it is kept. */
export async function serviceReadings({
  config,
  store,
}: {
  readonly config: () => Config;
  readonly store: Pick<StoreRooms, 'database' | 'runs'>;
}): Promise<readonly Reading[]> {
  const now = systemClock.now();
  const day = new Date(now);
  day.setUTCHours(0, 0, 0, 0);
  const { database, runs } = store;
  // First, because what is asked below waits for a connection itself, and afterwards nobody may wait any more.
  const { totalCount, waitingCount } = database.pool;
  // One after the other: side by side they would need a new connection each, every minute.
  const { states } = await createTaskQueries(database, systemClock).counts({});
  const effects = await countOpenEffects(database);
  const budgets = await readBudgetsLeft(database);
  const spent = await runs.spentSince(day);
  const live = await runs.live();
  const breakers = await breakerStates(database.kysely<BreakerTables>(), now);
  const leases = await countLeases(database);
  const ended = await countEndedRuns(database, new Date(now.getTime() - 30 * 86_400_000));
  const gauge = (
    name: string,
    help: string,
    value: number | null,
    labels?: Reading['labels'],
  ): Reading => ({
    name: `claude_manager_${name}`,
    help,
    value,
    ...(labels === undefined ? {} : { labels }),
  });
  return [
    ...Object.entries(states).map(([state, count]) =>
      gauge('tasks', 'Tasks by state', count, { state }),
    ),
    ...effects.flatMap(({ status, count, oldestSeconds }) => [
      gauge('effects', 'Writes outside that are not final, by state', count, { status }),
      gauge('effect_oldest_seconds', 'Age of the oldest of them', oldestSeconds ?? 0, { status }),
    ]),
    gauge('leases_held', 'Writes outside that a living sender has', leases.held),
    gauge('leases_lost', 'Writes outside whose sender died with the lease', leases.lost),
    ...ended.flatMap(({ outcome, count, costUsd }) => [
      gauge('runs_ended_30d', 'Runs that ended within 30 days, by outcome', count, { outcome }),
      gauge('runs_cost_30d_usd', 'What they cost', costUsd, { outcome }),
    ]),
    gauge('runs_live', 'Agents at work', live.length),
    gauge('runs_limit', 'Agents that may work at a time', config().executor.maxConcurrent),
    gauge('spent_today_usd', 'Spent on runs since midnight UTC', spent),
    gauge('budget_today_usd', 'The budget of a day', config().executor.budget.perDayUsd),
    ...budgets.flatMap(({ name: credential, waiting, ...left }) => [
      gauge('github_points_left', 'Points of this minute that are left', left.pointsThisMinute, {
        credential,
      }),
      gauge('github_content_left', 'Creations of this hour that are left', left.contentThisHour, {
        credential,
      }),
      gauge('github_in_flight', 'Requests under way or lent to a process', left.inFlight, {
        credential,
      }),
      ...Object.entries(waiting).map(([lane, count]) =>
        gauge('github_waiting', 'Requests that wait for their turn', count, { credential, lane }),
      ),
      gauge('github_paused_seconds', 'Time until GitHub is asked again', left.pausedSeconds, {
        credential,
      }),
      gauge(
        'github_suspended',
        'Whether GitHub refused the credential so often that it is not used',
        left.suspendedSince === null ? 0 : 1,
        { credential },
      ),
    ]),
    ...breakers.slice(0, mostBreakers).map(({ name, state }) =>
      gauge(
        'breaker_open',
        'Whether a dependency is left alone: 0 no, 0.5 one probe, 1 yes',
        breakerLevel[state],
        {
          dependency: name,
        },
      ),
    ),
    gauge('database_connections', 'Connections of this process', totalCount),
    gauge('database_waiting', 'Queries that wait for a connection', waitingCount),
  ];
}
