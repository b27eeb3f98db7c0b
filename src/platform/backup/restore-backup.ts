import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import type pg from 'pg';
import { type CopyStreamQuery, from as copyFrom } from 'pg-copy-streams';
import { AppError, messageOf } from '../../lib/app-error.ts';
import { advisoryKey } from '../database/advisory-locks.ts';
import type { Database } from '../database/database.ts';
import type { BackupManifest, Sequence, TableHead } from './manifest.ts';
import type { BackupFile, TableSink } from './open-backup.ts';
import {
  columnList,
  quoted,
  schemasOf,
  type TableShape,
  tablesOf,
  versionsOf,
} from './snapshot.ts';

/**
 * Fills the tables of a database, whose schema must be that of the backup already, in one transaction: whatever fails, and
 * a kill, leaves it as it was. What is read must be what `verify` of the same open file answered as `manifest`. Of the tables in `forget` (our schema) no rows are kept. Nobody can start on the database
 * meanwhile, for the lock of the migrations is held.
 * Throws AppError `restore_schema_differs`, `restore_refused`, `backup_altered`.
 */
export async function fillFrom(
  backup: Pick<BackupFile, 'read'>,
  manifest: BackupManifest,
  database: Pick<Database, 'pool'>,
  forget: readonly string[],
): Promise<void> {
  const client = await database.pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin');
    await client.query('select pg_advisory_xact_lock($1::int8)', [advisoryKey('migrations')]);
    await requireSameVersions(client, manifest);
    const shapes = await tablesOf(client);
    const silenced = await silence(client, shapes);
    await client.query(
      `truncate ${shapes.map(({ schema, name }) => quoted(schema, name)).join(', ')}`,
    );
    await backup.read(sinkOf(client, shapes));
    await setSequences(client, manifest.sequences);
    const { own } = await schemasOf(client);
    for (const name of forget) await client.query(`delete from ${quoted(own, name)}`);
    await wake(client, silenced);
    await client.query('commit');
  } catch (cause) {
    await client.query('rollback').catch((error: unknown) => {
      broken = error instanceof Error ? error : new Error(messageOf(error));
    });
    throw refused(cause);
  } finally {
    client.release(broken);
  }
}

interface Silenced {
  readonly table: string;
  readonly trigger: string;
  readonly state: string;
}

/** Triggers would note every row as news, and forbid the audit log to be filled. */
async function silence(
  client: pg.ClientBase,
  shapes: readonly TableShape[],
): Promise<readonly Silenced[]> {
  const names = shapes.map(({ schema, name }) => quoted(schema, name));
  const { rows } = await client.query<Silenced>(
    `select t.tgrelid::regclass::text as table, quote_ident(t.tgname) as trigger, t.tgenabled as state
       from pg_trigger t where not t.tgisinternal and t.tgenabled <> 'D'
        and t.tgrelid = any($1::regclass[])`,
    [names],
  );
  for (const { table, trigger } of rows)
    await client.query(`alter table ${table} disable trigger ${trigger}`);
  return rows;
}

async function wake(client: pg.ClientBase, silenced: readonly Silenced[]): Promise<void> {
  const words: Readonly<Record<string, string>> = { A: 'enable always', R: 'enable replica' };
  for (const { table, trigger, state } of silenced)
    await client.query(`alter table ${table} ${words[state] ?? 'enable'} trigger ${trigger}`);
}

function sinkOf(client: pg.ClientBase, shapes: readonly TableShape[]): TableSink {
  let copy: CopyStreamQuery | null = null;
  let failed: Error | null = null;
  let ended: Promise<void> = Promise.resolve();
  return {
    begin: async (table) => {
      const { schema, name, columns } = placeOf(table, shapes);
      copy = client.query(
        copyFrom(`copy ${quoted(schema, name)} (${columnList(columns)}) from stdin`),
      );
      ended = finished(copy).catch((error: Error) => {
        failed = error;
      });
    },
    rows: async (bytes) => {
      if (failed !== null) throw failed;
      if (copy !== null && !copy.write(bytes)) await Promise.race([once(copy, 'drain'), ended]);
    },
    end: async ({ name, rows }) => {
      copy?.end();
      await ended;
      if (failed !== null) throw failed;
      if (copy?.rowCount !== rows)
        throw differs(`${name} took ${copy?.rowCount ?? 0} rows of ${rows}`);
      copy = null;
    },
  };
}

/** The table here, with the columns of the backup in their order. */
function placeOf({ area, name, columns }: TableHead, shapes: readonly TableShape[]): TableShape {
  const shape = shapes.find((one) => one.area === area && one.name === name);
  if (shape === undefined) throw differs(`there is no table ${name}`);
  const missing = columns.find((column) => !shape.columns.includes(column));
  if (missing !== undefined) throw differs(`${name} has no column ${missing}`);
  return { ...shape, columns };
}

async function requireSameVersions(client: pg.ClientBase, manifest: BackupManifest): Promise<void> {
  const here = await versionsOf(client);
  if (here.migrations.toSorted().join() !== manifest.migrations.toSorted().join())
    throw differs('its list of schema changes is another');
  // A newer engine has added to its tables; it fills in what older rows lack.
  if (manifest.engineVersion !== null && (here.engineVersion ?? -1) < manifest.engineVersion)
    throw differs('the tables of the durable engine are older');
}

async function setSequences(client: pg.ClientBase, sequences: readonly Sequence[]): Promise<void> {
  const schemas = await schemasOf(client);
  for (const { area, name, value, isCalled } of sequences)
    await client.query('select setval($1::regclass, $2::int8, $3)', [
      quoted(schemas[area], name),
      value,
      isCalled,
    ]);
}

function differs(what: string): AppError {
  return new AppError({
    kind: 'conflict',
    code: 'restore_schema_differs',
    message: `The backup does not fit the tables of this database: ${what}. None of it was kept.`,
    next: 'Restore it with the version of Claude Manager that wrote it.',
  });
}

function refused(cause: unknown): AppError {
  if (cause instanceof AppError) return cause;
  return new AppError({
    kind: 'unavailable',
    code: 'restore_refused',
    message: `The database did not take the backup, and keeps none of it: ${messageOf(cause)}.`,
    next: 'See to the database server, and restore again.',
    cause,
  });
}
