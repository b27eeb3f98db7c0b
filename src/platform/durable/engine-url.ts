const setting = 'idle_in_transaction_session_timeout';

/**
 * The URL for the engine's own connections. A process that hangs inside a transaction loses it, and its row locks, after a
 * minute. Said in the URL, for the engine's own way of saying it runs into a deprecation of pg.
 */
export function engineUrl(databaseUrl: string): string {
  const url = new URL(databaseUrl);
  const options = url.searchParams.get('options') ?? '';
  if (!options.includes(setting)) {
    url.searchParams.set('options', `${options} -c ${setting}=60000`.trim());
  }
  return url.toString();
}
