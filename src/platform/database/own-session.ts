import pg from 'pg';
import { connectionError } from './connection-error.ts';

/**
 * A session beside the pool, for work that holds one for as long as it lasts; to be ended by who opened it. Others see it as
 * `claude-manager` and its purpose. Throws the AppErrors of `connectionError`.
 */
export async function openOwnSession(url: string, purpose: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    application_name: `claude-manager ${purpose}`,
    keepAlive: true,
    connectionTimeoutMillis: 15_000,
  });
  client.on('error', () => undefined); // the query under way rejects as well
  try {
    await client.connect();
    return client;
  } catch (cause) {
    throw connectionError(url, cause);
  }
}
