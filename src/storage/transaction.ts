import type { Kysely } from 'kysely';
import type { Transaction } from '../domain/ports/effects.ts';
import type { StorageTables } from './tables.ts';

/** Runs the work in one database transaction and hands it the opaque handle of the domain. */
export async function transact<T>(
  db: Kysely<StorageTables>,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  return await db.transaction().execute(async (open) => await work(handleOf(open)));
}

/** The open transaction behind the handle; other rooms that write in it (effects, audit) get this as a dependency. */
export function kyselyOf(transaction: Transaction): Kysely<unknown> {
  return transaction as unknown as Kysely<unknown>;
}

/** The same, with the tables of this room. */
export function inTransaction(transaction: Transaction): Kysely<StorageTables> {
  return transaction as unknown as Kysely<StorageTables>;
}

function handleOf(open: Kysely<StorageTables>): Transaction {
  return open as unknown as Transaction;
}
