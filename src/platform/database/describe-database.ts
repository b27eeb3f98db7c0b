import { placeOf } from './connection-error.ts';
import type { Database } from './database.ts';
import { type ServiceHolder, serviceHolder } from './service-claim.ts';

/** What a doctor tells about an open database. */
export interface DatabaseDescription {
  readonly kind: Database['kind'];
  readonly version: string;
  /** Host, port and database, without credentials. */
  readonly place: string;
  readonly sizeBytes: number;
  readonly connections: number;
  readonly maxConnections: number;
  /** Undefined when no service runs on it, or when it is external and takes many. */
  readonly service: ServiceHolder | undefined;
}

interface Row {
  readonly size: number;
  readonly connections: number;
  readonly most: number;
}

export async function describeDatabase(database: Database): Promise<DatabaseDescription> {
  const answer = await database.pool.query<Row>(
    `select pg_database_size(current_database()) as size, current_setting('max_connections')::int as most,
            (select count(*) from pg_stat_activity where datname = current_database()) as connections`,
  );
  const [row] = answer.rows;
  return {
    kind: database.kind,
    version: database.version,
    place: placeOf(database.url) ?? '',
    sizeBytes: row?.size ?? 0,
    connections: row?.connections ?? 0,
    maxConnections: row?.most ?? 0,
    service: await serviceHolder(database),
  };
}
