import type { Selectable } from 'kysely';
import type { Suppression, SuppressionStore } from '../domain/ports/page-queries.ts';
import type { RepositoryRef } from '../domain/repository.ts';
import { repositoryKey } from '../domain/repository.ts';
import { storedJson, storedText, storedTextOrNull } from '../lib/stored-text.ts';
import type { Database } from '../platform/database/database.ts';
import type { StorageTables, SuppressionRow } from './tables.ts';

/** What is never proposed, in PostgreSQL. */
export function createSuppressionStore(database: Pick<Database, 'kysely'>): SuppressionStore {
  const db = database.kysely<StorageTables>();
  return {
    list: async () =>
      (await db.selectFrom('suppressions').selectAll().orderBy('at', 'desc').execute()).map(
        suppressionOf,
      ),
    has: async (target, rule) => {
      const row = await db
        .selectFrom('suppressions')
        .select('id')
        .where('repository_key', '=', repositoryKey(target))
        .where('rule', '=', rule)
        .executeTakeFirst();
      return row !== undefined;
    },
    add: async ({ id, rule, target, by, reason, taskId, at }) => {
      await db
        .insertInto('suppressions')
        .values({
          id,
          rule,
          repository: storedJson(target),
          repository_key: repositoryKey(target),
          made_by: storedText(by),
          reason: storedTextOrNull(reason),
          task_id: taskId,
          at,
        })
        .onConflict((conflict) => conflict.columns(['repository_key', 'rule']).doNothing())
        .execute();
    },
    remove: async (id) => {
      const row = await db
        .deleteFrom('suppressions')
        .where('id', '=', id)
        .returningAll()
        .executeTakeFirst();
      return row === undefined ? null : suppressionOf(row);
    },
  };
}

function suppressionOf(row: Selectable<SuppressionRow>): Suppression {
  return {
    id: row.id,
    rule: row.rule,
    target: row.repository as RepositoryRef,
    by: row.made_by,
    reason: row.reason,
    taskId: row.task_id,
    at: row.at,
  };
}
