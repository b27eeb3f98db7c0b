import type { Kysely, RawBuilder, Selectable } from 'kysely';
import { sql } from 'kysely';
import type { TaskQuery } from '../domain/ports/stores.ts';
import { repositoryKey } from '../domain/repository.ts';
import type { Task } from '../domain/task.ts';
import { taskStates } from '../domain/task.ts';
import type { StorageTables, TaskRow } from './tables.ts';
import { taskOf } from './task-rows.ts';

/** Tasks that match, highest rank first, then oldest. Without a limit all of them. */
export async function listTasks(
  db: Kysely<StorageTables>,
  query: TaskQuery,
): Promise<readonly Task[]> {
  if (query.states?.length === 0) return [];
  const { rows } = await listOfStates(query, query.states ?? taskStates).execute(db);
  return rows.map(taskOf);
}

// One ordered index read per state, merged: the cost follows the limit, not the number of tasks.
function listOfStates(
  query: TaskQuery,
  states: readonly string[],
): RawBuilder<Selectable<TaskRow>> {
  return sql`
    select listed.* from unnest(${[...new Set(states)]}::text[]) as wanted(state)
    cross join lateral (
      select * from tasks where tasks.state = wanted.state and ${inTarget(query)}
        and ${published(query)} ${inOrder(query)}
    ) as listed ${inOrder(query)}`;
}

function inTarget(query: TaskQuery): RawBuilder<unknown> {
  return query.target === undefined ? sql`true` : sql`target_key = ${repositoryKey(query.target)}`;
}

function published(query: TaskQuery): RawBuilder<unknown> {
  return query.unpublished === true ? sql`issue_number is null` : sql`true`;
}

function inOrder(query: TaskQuery): RawBuilder<unknown> {
  const order = sql`order by -rank, created_at, id`;
  return query.limit === undefined ? order : sql`${order} limit ${query.limit}`;
}
