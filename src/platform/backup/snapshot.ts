import type pg from 'pg';
import type { Area, Sequence, TableHead } from './manifest.ts';

/** Where the durable engine keeps its tables. */
const engineSchema = 'dbos';
const engineVersions = 'dbos_migrations';

/** Name of the schema of an area in this database. */
export async function schemasOf(client: pg.ClientBase): Promise<Readonly<Record<Area, string>>> {
  const { rows } = await client.query<{ own: string | null }>('select current_schema() as own');
  return { own: rows[0]?.own ?? 'public', engine: engineSchema };
}

export type TableShape = Omit<TableHead, 'type'> & { readonly schema: string };

/**
 * The tables of both schemas with the columns that have to be kept, each after the tables that it refers to. The engine's
 * own note of its version is not among them: it belongs to the schema, not to the data.
 */
export async function tablesOf(client: pg.ClientBase): Promise<readonly TableShape[]> {
  const schemas = await schemasOf(client);
  const { rows } = await client.query<{
    id: string;
    schema: string;
    name: string;
    columns: string[];
  }>(
    `select c.oid::text as id, n.nspname as schema, c.relname as name,
            array_agg(a.attname::text order by a.attnum) as columns
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
       join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
      where c.relkind = 'r' and n.nspname = any($1::text[]) and not (n.nspname = $2 and c.relname = $3)
      group by c.oid, n.nspname, c.relname order by n.nspname, c.relname`,
    [Object.values(schemas), engineSchema, engineVersions],
  );
  const references = await client.query<{ from: string; to: string }>(
    `select conrelid::text as from, confrelid::text as to from pg_constraint where contype = 'f' and conrelid <> confrelid`,
  );
  const needs = new Map<string, string[]>();
  for (const { from, to } of references.rows) needs.set(from, [...(needs.get(from) ?? []), to]);
  return referredFirst(rows, needs).map(({ schema, name, columns }) => ({
    area: schema === engineSchema ? 'engine' : 'own',
    schema,
    name,
    columns,
  }));
}

function referredFirst<T extends { readonly id: string }>(
  tables: readonly T[],
  needs: ReadonlyMap<string, readonly string[]>,
): readonly T[] {
  const byId = new Map(tables.map((table) => [table.id, table]));
  const ordered = new Set<T>();
  const entered = new Set<string>();
  const place = (id: string): void => {
    const table = byId.get(id);
    if (table === undefined || entered.has(id)) return;
    entered.add(id);
    for (const other of needs.get(id) ?? []) place(other);
    ordered.add(table);
  };
  for (const { id } of tables) place(id);
  return [...ordered];
}

/** Sequences stand outside transactions: they are at or past what the snapshot has used. */
export async function sequencesOf(client: pg.ClientBase): Promise<readonly Sequence[]> {
  const schemas = await schemasOf(client);
  const { rows } = await client.query<{ schema: string; name: string }>(
    'select schemaname as schema, sequencename as name from pg_sequences where schemaname = any($1::text[]) order by 1, 2',
    [Object.values(schemas)],
  );
  const sequences: Sequence[] = [];
  for (const { schema, name } of rows) {
    const found = await client.query<{ value: string; called: boolean }>(
      `select last_value::text as value, is_called as called from ${quoted(schema, name)}`,
    );
    const [row] = found.rows;
    if (row === undefined) continue;
    const area = schema === engineSchema ? 'engine' : 'own';
    sequences.push({ area, name, value: row.value, isCalled: row.called });
  }
  return sequences;
}

/** What was done to the schemas: ids of our migrations in their order, and the version of the engine's. */
export async function versionsOf(
  client: pg.ClientBase,
): Promise<{ readonly migrations: readonly string[]; readonly engineVersion: number | null }> {
  const own = await exists(client, 'cms_migrations');
  const { rows } = own
    ? await client.query<{ id: string }>('select id from cms_migrations order by applied_at, id')
    : { rows: [] };
  const engine = await exists(client, `${engineSchema}.${engineVersions}`);
  const version = engine
    ? await client.query<{ version: string }>(
        `select version::text as version from ${quoted(engineSchema, engineVersions)} order by version desc limit 1`,
      )
    : { rows: [] };
  const [row] = version.rows;
  return {
    migrations: rows.map(({ id }) => id),
    engineVersion: row === undefined ? null : Number(row.version),
  };
}

async function exists(client: pg.ClientBase, table: string): Promise<boolean> {
  const { rows } = await client.query<{ found: boolean }>(
    'select to_regclass($1) is not null as found',
    [table],
  );
  return rows[0]?.found === true;
}

export function quoted(...names: readonly string[]): string {
  return names.map((name) => `"${name.replaceAll('"', '""')}"`).join('.');
}

export function columnList(columns: readonly string[]): string {
  return columns.map((column) => quoted(column)).join(', ');
}
