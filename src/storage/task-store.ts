import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import type { Transaction } from '../domain/ports/effects.ts';
import type { TaskAtWork, TaskStore } from '../domain/ports/stores.ts';
import type { RepositoryRef } from '../domain/repository.ts';
import { repositoryKey } from '../domain/repository.ts';
import type { Task, TaskState } from '../domain/task.ts';
import { AppError } from '../lib/app-error.ts';
import type { Database } from '../platform/database/database.ts';
import { createApprovals } from './approvals.ts';
import type { StorageTables } from './tables.ts';
import { issuesIn, listTasks, publishedTasks } from './task-list.ts';
import { createTaskNotes } from './task-notes.ts';
import { taskOf, taskRow } from './task-rows.ts';
import { inTransaction, transact } from './transaction.ts';

/** Tasks, their approvals and notes in PostgreSQL. */
export function createTaskStore(database: Pick<Database, 'kysely'>): TaskStore {
  const db = database.kysely<StorageTables>();
  return {
    transact: async (work) => await transact(db, work),
    get: async (id) => await taskById(db, id),
    byIssue: async (manager, number) => await taskByIssue(db, manager, number),
    byFinding: async (findingId) => await taskByFinding(db, findingId),
    list: async (query) => await listTasks(db, query),
    published: async (query) => await publishedTasks(db, query),
    countByState: async () => await countByState(db),
    atWork: async (transaction) => {
      if (transaction === null) return await tasksAtWork(db);
      await sql`select pg_advisory_xact_lock(hashtextextended('claude-manager starts', 0))`.execute(
        inTransaction(transaction),
      );
      return await tasksAtWork(inTransaction(transaction));
    },
    insert: insertTask,
    update: updateTask,
    ...createApprovals(db),
    ...createTaskNotes(db),
  };
}

async function tasksAtWork(db: Kysely<StorageTables>): Promise<readonly TaskAtWork[]> {
  return await db
    .selectFrom('tasks')
    .select(['id', 'target_key as targetKey', 'agent'])
    .where('state', '=', 'running')
    .execute();
}

async function countByState(
  db: Kysely<StorageTables>,
): Promise<Readonly<Partial<Record<TaskState, number>>>> {
  const { rows } = await sql<{ state: TaskState; count: number }>`
    select state, count(*)::int as count from tasks group by state`.execute(db);
  return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
}

async function taskById(db: Kysely<StorageTables>, id: string): Promise<Task | null> {
  const row = await db.selectFrom('tasks').selectAll().where('id', '=', id).executeTakeFirst();
  return row === undefined ? null : taskOf(row);
}

/** An issue is either the one we published for the task, or the one that a person wrote and that became the task. */
async function taskByIssue(
  db: Kysely<StorageTables>,
  manager: RepositoryRef,
  number: number,
): Promise<Task | null> {
  const row = await db
    .selectFrom('tasks')
    .selectAll()
    .where((is) =>
      is.or([
        is.and([is('issue_number', '=', number), issuesIn(manager)]),
        is.and([
          is('origin_repository', '=', repositoryKey(manager)),
          is('origin_number', '=', number),
        ]),
      ]),
    )
    .orderBy('created_at')
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? null : taskOf(row);
}

/** The newest one, as a text that changed can lead to a second task for the same finding. */
async function taskByFinding(db: Kysely<StorageTables>, findingId: string): Promise<Task | null> {
  const row = await db
    .selectFrom('tasks')
    .selectAll()
    .where('finding_id', '=', findingId)
    .orderBy('created_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? null : taskOf(row);
}

async function insertTask(transaction: Transaction, task: Task): Promise<Task> {
  const db = inTransaction(transaction);
  const made = await db
    .insertInto('tasks')
    .values(taskRow(task))
    .onConflict((conflict) => conflict.column('id').doNothing())
    .returningAll()
    .executeTakeFirst();
  if (made !== undefined) return taskOf(made);
  const standing = await db
    .selectFrom('tasks')
    .selectAll()
    .where('id', '=', task.id)
    .executeTakeFirstOrThrow();
  return taskOf(standing);
}

async function updateTask(
  transaction: Transaction,
  task: Task,
  change: Partial<Task>,
): Promise<Task> {
  const row = taskRow({ ...task, ...change, id: task.id, version: task.version + 1 });
  const written = await inTransaction(transaction)
    .updateTable('tasks')
    .set({ ...row, updated_at: change.updatedAt ?? sql<Date>`now()` })
    .where('id', '=', task.id)
    .where('version', '=', task.version)
    .returningAll()
    .executeTakeFirst();
  if (written === undefined) throw taskChanged(task);
  return taskOf(written);
}

function taskChanged(task: Task): AppError {
  return new AppError({
    kind: 'conflict',
    code: 'task_changed',
    message: `Task ${task.id} was changed by somebody else in the meantime.`,
    next: 'Look at the task again, then repeat what you did if it still applies.',
    details: { taskId: task.id, version: task.version },
  });
}
