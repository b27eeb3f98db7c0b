import type pg from 'pg';
import { AppError } from '../../lib/app-error.ts';
import type { Database } from '../database/database.ts';
import type { BackupManifest } from './manifest.ts';
import { quoted, schemasOf, tablesOf } from './snapshot.ts';

/** What is in a database that a backup shall go into. */
export interface TargetState {
  /** Rows that a restore would take away. */
  readonly hasRows: boolean;
  /** Tables that are there, in both schemas. */
  readonly tables: number;
}

/**
 * Looks whether a backup may go into the database.
 * Throws AppError `restore_in_use` when anybody else is connected, `restore_foreign_tables` when other tables are in it.
 */
export async function inspectTarget(database: Pick<Database, 'pool'>): Promise<TargetState> {
  const client = await database.pool.connect();
  try {
    await requireAlone(client);
    const shapes = await tablesOf(client);
    const isOurs = shapes.some(({ area, name }) => area === 'own' && name === 'cms_migrations');
    const [foreign] = shapes.filter(({ area }) => area === 'own');
    if (foreign !== undefined && !isOurs) throw notOurs(foreign.name);
    for (const { area, schema, name } of shapes) {
      if (area === 'own' && madeByMigrations.has(name)) continue;
      const { rows } = await client.query<{ found: boolean }>(
        `select exists(select from ${quoted(schema, name)}) as found`,
      );
      if (rows[0]?.found === true) return { hasRows: true, tables: shapes.length };
    }
    return { hasRows: false, tables: shapes.length };
  } finally {
    client.release();
  }
}

/** Tables in which a new database has a row already; another one always comes with rows elsewhere. */
const madeByMigrations: ReadonlySet<string> = new Set([
  'cms_migrations',
  'audit_head',
  'vault_state',
]);

/** Takes both schemas away, so that they can be made anew as old as the backup. The database must be ours alone. */
export async function clearTarget(database: Pick<Database, 'pool'>): Promise<void> {
  const client = await database.pool.connect();
  try {
    const { own, engine } = await schemasOf(client);
    await client.query('begin');
    await client.query(`drop schema if exists ${quoted(engine)} cascade`);
    await client.query(`drop schema if exists ${quoted(own)} cascade`);
    await client.query(`create schema ${quoted(own)}`);
    await client.query('commit');
  } catch (cause) {
    await client.query('rollback');
    throw new AppError({
      kind: 'unavailable',
      code: 'restore_cannot_clear',
      message: 'The tables in the database could not be taken away. Nothing was changed.',
      next: 'Make a new, empty database that belongs to the role of the service, and restore with --to.',
      cause,
    });
  } finally {
    client.release();
  }
}

/** Throws AppError `backup_schema_newer` when this program does not know a schema change that the backup has. */
export function requireKnownSchema(manifest: BackupManifest, known: readonly string[]): void {
  const unknown = manifest.migrations.filter((id) => !known.includes(id));
  if (unknown.length === 0) return;
  throw new AppError({
    kind: 'conflict',
    code: 'backup_schema_newer',
    message: `The backup was written by a newer version (${manifest.program}) of this program: it has ${unknown.join(', ')}.`,
    next: `Restore it with version ${manifest.program} or a newer one.`,
    details: { unknown, program: manifest.program },
  });
}

async function requireAlone(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ pid: number; name: string }>(
    `select pid, coalesce(application_name, '') as name from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
        and application_name is distinct from current_setting('application_name')`,
  );
  if (rows.length === 0) return;
  const who = [...new Set(rows.map(({ name }) => (name === '' ? 'a nameless client' : name)))];
  throw new AppError({
    kind: 'conflict',
    code: 'restore_in_use',
    message: `The database is in use: ${who.join(', ')}. Nothing was changed.`,
    next: 'Stop the service (`claude-manager stop`) and every other program that is connected, then restore again.',
    details: { users: who },
  });
}

function notOurs(table: string): AppError {
  return new AppError({
    kind: 'conflict',
    code: 'restore_foreign_tables',
    message: `The database holds tables of something else (${table}).`,
    next: 'Name a database that is empty.',
    details: { table },
  });
}
