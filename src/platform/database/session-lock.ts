import pg from 'pg';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { advisoryKey } from './advisory-locks.ts';
import { connectionError } from './connection-error.ts';

export interface SessionLockOptions {
  readonly url: string;
  /** Name of the lock; see `advisoryKey`. */
  readonly name: string;
  /** Shown as application_name, so that others can say who holds the lock; 63 bytes at most. */
  readonly label: string;
  /** Held together with others that share it; exclusive when left out. */
  readonly shared?: boolean | undefined;
  /** The connection broke, and with it the lock. */
  readonly onLost?: (() => void) | undefined;
  /** The lock is ours again. */
  readonly onRegained?: (() => void) | undefined;
}

/** An advisory lock that lives as long as its own connection: it goes with the process, however that dies. */
export interface SessionLock {
  held(): boolean;
  release(): Promise<void>;
}

interface Deps {
  readonly clock: Clock;
  readonly log: Log;
}

const retryMs = 200;
const pingMs = 5000;
/**
 * A holder that says nothing for so long is stopped or cut off, and its server ends the session and with it the lock. Its
 * connection may look alive for hours.
 */
const silenceMs = 4 * pingMs;

/**
 * Takes the lock, or answers undefined when another session has it. When the connection breaks, it connects and takes the
 * lock again until released. Throws `database_unreachable`, `database_refused` at the first connection.
 */
export async function takeSessionLock(
  options: SessionLockOptions,
  deps: Deps,
): Promise<SessionLock | undefined> {
  const first = await lockedConnection(options).catch((error: unknown) => {
    throw connectionError(options.url, error);
  });
  if (first === undefined) return undefined;
  const released = new AbortController();
  const state: { client: pg.Client | undefined } = { client: first };
  const holding = hold(state, options, deps, released.signal);
  return {
    held: () => state.client !== undefined,
    release: async () => {
      released.abort();
      await holding;
    },
  };
}

/** Guards one connection after the other until released. */
async function hold(
  state: { client: pg.Client | undefined },
  options: SessionLockOptions,
  { clock, log }: Deps,
  released: AbortSignal,
): Promise<void> {
  while (!released.aborted) {
    if (state.client !== undefined) {
      const { client } = state;
      await untilBroken(client, clock, released);
      state.client = undefined;
      if (released.aborted) {
        await end(client);
        return;
      }
      void end(client); // a dead network may keep this waiting
      log.warn({ lock: options.name }, 'The connection that holds a database lock was lost.');
      options.onLost?.();
      continue;
    }
    await clock.sleep(retryMs, released).catch(() => undefined);
    if (released.aborted) return;
    state.client = await lockedConnection(options).catch((error: unknown) => {
      log.debug({ lock: options.name, error }, 'The lock is not back yet.');
      return undefined;
    });
    if (state.client !== undefined) options.onRegained?.();
  }
  if (state.client !== undefined) await end(state.client);
}

/** Resolves when the connection ended, a ping got no answer in time, or the lock is released. */
async function untilBroken(client: pg.Client, clock: Clock, released: AbortSignal): Promise<void> {
  const over = new AbortController();
  const stop = (): void => over.abort();
  client.once('error', stop).once('end', stop);
  released.addEventListener('abort', stop);
  try {
    while (!over.signal.aborted) {
      await clock.sleep(pingMs, over.signal);
      const answered = client.query('select 1').then(
        () => true,
        () => false,
      );
      const late = clock.sleep(pingMs, over.signal).then(() => false);
      if (!(await Promise.race([answered, late]))) return;
    }
  } catch {
    // the sleep was cut short: one of the three happened
  } finally {
    released.removeEventListener('abort', stop);
  }
}

async function lockedConnection(options: SessionLockOptions): Promise<pg.Client | undefined> {
  const client = new pg.Client({
    connectionString: options.url,
    application_name: options.label.slice(0, 63),
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
  });
  client.on('error', () => undefined); // heard by untilBroken as well; without any listener it ends the process
  try {
    await client.connect();
    await client.query(`set idle_session_timeout = ${silenceMs}`);
    const take = options.shared === true ? 'pg_try_advisory_lock_shared' : 'pg_try_advisory_lock';
    const answer = await client.query<{ taken: boolean }>(`select ${take}($1::int8) as taken`, [
      advisoryKey(options.name),
    ]);
    if (answer.rows[0]?.taken === true) return client;
    await end(client);
    return undefined;
  } catch (error) {
    await end(client);
    throw error;
  }
}

async function end(client: pg.Client): Promise<void> {
  await client.end().catch(() => undefined); // already gone
}
