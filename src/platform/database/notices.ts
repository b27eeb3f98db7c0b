import pg from 'pg';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { Database } from './database.ts';

const againAfterMs = 1000;

/**
 * Hears what others say on a channel of the database (LISTEN); a lost connection is made anew, and then `onNotice` is
 * called with an empty text, for what was said meanwhile is lost. Answers what stops it.
 */
export function hearNotices(
  options: {
    readonly database: Pick<Database, 'url'>;
    readonly channel: string;
    readonly onNotice: (text: string) => void;
  },
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): () => Promise<void> {
  const { database, channel, onNotice } = options;
  const stop = new AbortController();
  const hearOnce = async (): Promise<void> => {
    const client = new pg.Client({
      connectionString: database.url,
      application_name: `claude-manager ${channel}`.slice(0, 63),
      keepAlive: true,
      connectionTimeoutMillis: 10_000,
    });
    const over = new AbortController();
    const end = (): void => over.abort();
    client.on('error', end).on('end', end);
    client.on('notification', ({ payload }) => onNotice(payload ?? ''));
    stop.signal.addEventListener('abort', end, { once: true });
    try {
      await client.connect();
      await client.query(`listen ${pg.escapeIdentifier(channel)}`);
      onNotice('');
      await ended(over.signal);
    } finally {
      stop.signal.removeEventListener('abort', end);
      await client.end().catch(() => undefined); // lost already
    }
  };
  const hearing = (async () => {
    while (!stop.signal.aborted) {
      await hearOnce().catch((error: unknown) => {
        log.warn({ channel, error }, 'Listening to the database failed; it is tried again.');
      });
      await clock.sleep(againAfterMs, stop.signal).catch(() => undefined);
    }
  })();
  return async () => {
    stop.abort();
    await hearing;
  };
}

async function ended(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
