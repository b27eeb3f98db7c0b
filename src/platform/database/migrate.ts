import { type Kysely, sql, type Transaction } from 'kysely';
import { AppError, messageOf } from '../../lib/app-error.ts';
import { advisoryKey } from './advisory-locks.ts';

/** One step of a schema. Each room that owns tables exports its own list. */
export interface Migration {
  /** Unique for all rooms and for ever, for example `storage-0001-tables`. */
  readonly id: string;
  up(db: Kysely<unknown>): Promise<void>;
}

interface MigrationTable {
  cms_migrations: { id: string; applied_at: Date };
}

/**
 * Applies what is missing, in the order given, in one transaction under an advisory lock: a kill leaves nothing half-made.
 * Answers the ids applied now. Throws `schema_newer` when the database knows a migration that we do not, `migration_failed`.
 */
export async function migrate(
  database: { kysely<Tables>(): Kysely<Tables> },
  migrations: readonly Migration[],
): Promise<readonly string[]> {
  requireUnique(migrations);
  return await database
    .kysely<MigrationTable>()
    .transaction()
    .execute(async (open) => await applyMissing(open, migrations));
}

async function applyMissing(
  open: Transaction<MigrationTable>,
  migrations: readonly Migration[],
): Promise<readonly string[]> {
  await sql`select pg_advisory_xact_lock(${advisoryKey('migrations')})`.execute(open);
  await sql`create table if not exists cms_migrations (
    id text primary key, applied_at timestamptz not null default now())`.execute(open);
  const rows = await open.selectFrom('cms_migrations').select('id').execute();
  const applied = new Set(rows.map((row) => row.id));
  requireKnown(applied, migrations);
  const missing = migrations.filter(({ id }) => !applied.has(id));
  for (const migration of missing) {
    await applyOne(open as unknown as Kysely<unknown>, migration);
    await sql`insert into cms_migrations (id) values (${migration.id})`.execute(open);
  }
  return missing.map(({ id }) => id);
}

async function applyOne(open: Kysely<unknown>, migration: Migration): Promise<void> {
  try {
    await migration.up(open);
  } catch (cause) {
    throw new AppError({
      kind: 'internal',
      code: 'migration_failed',
      message: `The change ${migration.id} of the database schema failed and was undone: ${messageOf(cause)}.`,
      next: 'Nothing is lost; run the earlier version, and report this.',
      details: { migration: migration.id },
      cause,
    });
  }
}

function requireUnique(migrations: readonly Migration[]): void {
  const ids = migrations.map(({ id }) => id);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice === undefined) return;
  throw new AppError({
    kind: 'internal',
    code: 'migration_twice',
    message: `Two migrations have the id ${twice}.`,
  });
}

function requireKnown(applied: ReadonlySet<string>, migrations: readonly Migration[]): void {
  const known = new Set(migrations.map(({ id }) => id));
  const unknown = [...applied].filter((id) => !known.has(id));
  if (unknown.length === 0) return;
  throw new AppError({
    kind: 'conflict',
    code: 'schema_newer',
    message: `The database was changed by a newer version of this program (${unknown.join(', ')}).`,
    next: 'Run that newer version, or restore a backup made before the upgrade.',
    details: { unknown },
  });
}
