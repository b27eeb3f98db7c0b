import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import { AppError } from '../../lib/app-error.ts';

/** One step of the schema. Each room owns its list; ids are unique over all of them and never change. */
export interface Migration {
  readonly id: string;
  up(db: Kysely<unknown>): Promise<void>;
}

const lock = 7_246_001;

/**
 * Brings the schema up in one transaction under a lock: a killed migration leaves nothing, two starts wait for each other.
 * A schema with steps that this version does not know is refused (`schema_newer`).
 */
export async function migrate<T>(
  db: Kysely<T>,
  migrations: readonly Migration[],
): Promise<readonly string[]> {
  return db.transaction().execute(async (transaction) => {
    const plain = transaction as unknown as Kysely<{
      schema_migrations: { id: string; applied_at: Date };
    }>;
    await sql`select pg_advisory_xact_lock(${lock})`.execute(plain);
    await sql`create table if not exists schema_migrations (id text primary key, applied_at timestamptz not null default now())`.execute(
      plain,
    );
    const applied = new Set(
      (await plain.selectFrom('schema_migrations').select('id').execute()).map(({ id }) => id),
    );
    const known = new Set(migrations.map(({ id }) => id));
    const unknown = [...applied].filter((id) => !known.has(id));
    if (unknown.length > 0) throw newer(unknown);
    const fresh = migrations.filter(({ id }) => !applied.has(id));
    for (const migration of fresh) {
      await migration.up(plain as unknown as Kysely<unknown>);
      await plain
        .insertInto('schema_migrations')
        .values({ id: migration.id } as never)
        .execute();
    }
    return fresh.map(({ id }) => id);
  });
}

function newer(unknown: readonly string[]): AppError {
  return new AppError({
    kind: 'unavailable',
    code: 'schema_newer',
    message: `The database was made by a newer version (it has ${unknown.join(', ')}).`,
    next: 'Start the newer version again, or restore a backup made by this one.',
  });
}
