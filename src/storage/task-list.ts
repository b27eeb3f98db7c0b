import type { Kysely, RawBuilder, Selectable } from 'kysely';
import { sql } from 'kysely';
import type { PublishedTask, TaskQuery } from '../domain/ports/stores.ts';
import type { RepositoryRef } from '../domain/repository.ts';
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
        and ${unpublished(query)} and ${approved(query)} and ${delivered(query)} ${inOrder(query)}
    ) as listed ${inOrder(query)}`;
}

/** In the order of the list. */
export async function publishedTasks(
  db: Kysely<StorageTables>,
  query: TaskQuery,
): Promise<readonly PublishedTask[]> {
  const { rows } = await sql<PublishedTask>`
    select id, target, issue_number as "issueNumber" from tasks
    where state = any(${[...(query.states ?? taskStates)]}::text[]) and issue_number is not null
      and ${inTarget(query)} and ${approved(query)} ${inOrder(query)}`.execute(db);
  return rows;
}

/** An issue stands in the manager repository: a folder is its own, all of GitHub has one. */
export function issuesIn(manager: RepositoryRef): RawBuilder<boolean> {
  return manager.host === 'local'
    ? sql`target_key = ${repositoryKey(manager)}`
    : sql`target_key like 'github:%'`;
}

function inTarget({ target, manager }: TaskQuery): RawBuilder<unknown> {
  const ofTarget = target === undefined ? sql`true` : sql`target_key = ${repositoryKey(target)}`;
  return manager === undefined ? ofTarget : sql`${ofTarget} and ${issuesIn(manager)}`;
}

function unpublished(query: TaskQuery): RawBuilder<unknown> {
  return query.unpublished === true ? sql`issue_number is null` : sql`true`;
}

function approved(query: TaskQuery): RawBuilder<unknown> {
  if (query.approved !== true) return sql`true`;
  return sql`exists (select from approvals where task_id = tasks.id and voided_at is null)`;
}

function delivered(query: TaskQuery): RawBuilder<unknown> {
  return query.delivered === true ? sql`pull_request is not null` : sql`true`;
}

function inOrder(query: TaskQuery): RawBuilder<unknown> {
  const order = sql`order by -rank, created_at, id`;
  return query.limit === undefined ? order : sql`${order} limit ${query.limit}`;
}
