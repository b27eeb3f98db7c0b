import type { Kysely } from 'kysely';
import type { Transaction } from '../domain/ports/effects.ts';
import type { FindingStore, KnownFinding } from '../domain/ports/stores.ts';
import type { RepositoryRef } from '../domain/repository.ts';
import { repositoryKey } from '../domain/repository.ts';
import type { Database } from '../platform/database/database.ts';
import { findingOf, findingRow } from './finding-rows.ts';
import type { StorageTables } from './tables.ts';
import { inTransaction } from './transaction.ts';

/** A finding that vanished can come back with its id for so many scans (a revert); after that it is born anew. */
const rememberedScans = 20;

/** Stays well under the 65,535 bound parameters of one PostgreSQL statement. */
const rowsPerStatement = 1000;

/** Findings and how far each repository was scanned, in PostgreSQL. */
export function createFindingStore(database: Pick<Database, 'kysely'>): FindingStore {
  const db = database.kysely<StorageTables>();
  return {
    known: async (repository, rule) => await knownFindings(db, repository, rule),
    save: saveFindings,
    list: async (query) => await listFindings(db, query),
    get: async (id) => {
      const row = await db
        .selectFrom('findings')
        .selectAll()
        .where('id', '=', id)
        .executeTakeFirst();
      return row === undefined ? null : findingOf(row);
    },
    scanned: async (repository, rule) => await lastScanned(db, repository, rule),
    markScanned,
  };
}

async function knownFindings(
  db: Kysely<StorageTables>,
  repository: RepositoryRef,
  rule: string,
): Promise<readonly KnownFinding[]> {
  const rows = await db
    .selectFrom('findings')
    .selectAll()
    .where('repository_key', '=', repositoryKey(repository))
    .where('rule', '=', rule)
    .where('missed_scans', '<=', rememberedScans)
    .orderBy('path')
    .orderBy('line')
    .orderBy('id')
    .execute();
  return rows.map(findingOf);
}

async function saveFindings(
  transaction: Transaction,
  repository: RepositoryRef,
  findings: readonly KnownFinding[],
): Promise<void> {
  // One statement may not touch a row twice, so the last word on an id counts.
  const latest = [...new Map(findings.map((finding) => [finding.id, finding])).values()];
  for (let start = 0; start < latest.length; start += rowsPerStatement) {
    const rows = latest
      .slice(start, start + rowsPerStatement)
      .map((finding) => findingRow(repository, finding));
    await inTransaction(transaction)
      .insertInto('findings')
      .values(rows)
      .onConflict((conflict) =>
        conflict.column('id').doUpdateSet((update) => ({
          status: update.ref('excluded.status'),
          path: update.ref('excluded.path'),
          line: update.ref('excluded.line'),
          fingerprint: update.ref('excluded.fingerprint'),
          commit: update.ref('excluded.commit'),
          oid: update.ref('excluded.oid'),
          missed_scans: update.ref('excluded.missed_scans'),
          detail: update.ref('excluded.detail'),
        })),
      )
      .execute();
  }
}

async function listFindings(
  db: Kysely<StorageTables>,
  query: Parameters<FindingStore['list']>[0],
): Promise<readonly KnownFinding[]> {
  let select = db.selectFrom('findings').selectAll();
  if (query.repository !== undefined) {
    select = select.where('repository_key', '=', repositoryKey(query.repository));
  }
  if (query.status !== undefined) select = select.where('status', '=', query.status);
  const rows = await select
    .orderBy('repository_key')
    .orderBy('path')
    .orderBy('line')
    .orderBy('id')
    .execute();
  return rows.map(findingOf);
}

async function lastScanned(
  db: Kysely<StorageTables>,
  repository: RepositoryRef,
  rule: string,
): Promise<string | null> {
  const row = await db
    .selectFrom('scan_marks')
    .select('commit')
    .where('repository_key', '=', repositoryKey(repository))
    .where('rule', '=', rule)
    .executeTakeFirst();
  return row?.commit ?? null;
}

async function markScanned(
  transaction: Transaction,
  repository: RepositoryRef,
  rule: string,
  commit: string,
  at: Date,
): Promise<void> {
  await inTransaction(transaction)
    .insertInto('scan_marks')
    .values({ repository_key: repositoryKey(repository), rule, commit, at })
    .onConflict((conflict) =>
      conflict.columns(['repository_key', 'rule']).doUpdateSet({ commit, at }),
    )
    .execute();
}
