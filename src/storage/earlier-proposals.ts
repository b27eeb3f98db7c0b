import type { EarlierProposals } from '../domain/ports/earlier-proposals.ts';
import type { RepositoryRef } from '../domain/repository.ts';
import { repositoryKey } from '../domain/repository.ts';
import { storedJson, storedText } from '../lib/stored-text.ts';
import type { Database } from '../platform/database/database.ts';
import type { StorageTables } from './tables.ts';

const batch = 500;

/** What the first generation proposed, in PostgreSQL. */
export function createEarlierProposals(database: Pick<Database, 'kysely'>): EarlierProposals {
  const db = database.kysely<StorageTables>();
  return {
    of: async (repository) => {
      const rows = await db
        .selectFrom('earlier_proposals')
        .selectAll()
        .where('repository_key', '=', repositoryKey(repository))
        .execute();
      return rows.map((row) => ({
        id: row.id,
        repository: row.repository as RepositoryRef,
        path: row.path,
        line: row.line,
        content: row.content,
        proposedAt: row.proposed_at,
        issueNumber: row.issue_number,
      }));
    },
    add: async (proposals, at) =>
      db.transaction().execute(async (transaction) => {
        let added = 0;
        for (let start = 0; start < proposals.length; start += batch) {
          const rows = proposals.slice(start, start + batch).map((one) => ({
            id: one.id,
            repository: storedJson(one.repository),
            repository_key: repositoryKey(one.repository),
            path: storedText(one.path),
            line: one.line,
            content: storedText(one.content),
            proposed_at: one.proposedAt,
            issue_number: one.issueNumber,
            imported_at: at,
          }));
          const inserted = await transaction
            .insertInto('earlier_proposals')
            .values(rows)
            .onConflict((conflict) => conflict.column('id').doNothing())
            .returning('id')
            .execute();
          added += inserted.length;
        }
        return added;
      }),
  };
}
