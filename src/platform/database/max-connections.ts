import pg from 'pg';

const patienceMs = 2000;

/** How many connections the server of this address takes at most; null when it does not answer within two seconds. */
export async function askMaxConnections(url: string): Promise<number | null> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: patienceMs,
    query_timeout: patienceMs,
    application_name: 'cms-validate',
  });
  // A connection that breaks later is told here as well; the question is answered or it is not.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ most: number }>(
      `select current_setting('max_connections')::int as most`,
    );
    return rows[0]?.most ?? null;
  } catch {
    return null;
  } finally {
    await client.end().catch(() => undefined); // it never was open
  }
}
