import type { Clock } from '../../lib/clock.ts';
import type { Random } from '../../lib/random.ts';
import { storedText } from '../../lib/stored-text.ts';
import { olderThan, type Page, pageOf } from '../database/cursor.ts';
import type { Database } from '../database/database.ts';
import { fullJitterMs } from '../resilience/retry.ts';
import type { InboxTables } from './migrations.ts';

/** What came in. Its id is the sender's and the same for each repeat. */
export interface Delivery {
  readonly id: string;
  readonly event: string;
  readonly body: Uint8Array;
}

/** Work of one lane waits for nothing in the other: what is quick never stands behind what takes minutes. */
export type Lane = 'quick' | 'slow';

/** `done` was worked through, `failed` was given up after its last try. */
export type DeliveryState = 'waiting' | 'done' | 'failed';

export interface DeliveryFacts {
  readonly id: string;
  readonly event: string;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly receivedAt: Date;
  /** Of the next try, while it waits. */
  readonly nextAt: Date;
  readonly endedAt: Date | null;
  readonly error: string | null;
}

export interface Inbox {
  /** Resolves once the delivery is on disk; false when it was known, and then nothing changes. */
  store(delivery: Delivery, lane: Lane): Promise<boolean>;
  /** Those whose time has come, oldest first. */
  due(lane: Lane, limit: number): Promise<readonly Delivery[]>;
  done(ids: readonly string[]): Promise<void>;
  /** Tried again after a while that grows, or given up after the last try; answers when the first of them is due, null for never. */
  failed(ids: readonly string[], error: string): Promise<Date | null>;
  /** Newest first. */
  list(query: {
    readonly state?: DeliveryState | undefined;
    /** `next` of the page before. */
    readonly after?: string | undefined;
    readonly limit: number;
  }): Promise<Page<DeliveryFacts>>;
  /** Puts deliveries back into the queue; answers how many there were of them. */
  again(ids: readonly string[]): Promise<number>;
  /** Forgets what came before and is at its end; answers how many. */
  prune(before: Date): Promise<number>;
}

const mostAttempts = 10;
const backoff = { baseMs: 1000, capMs: 300_000 };
/** Most failures pass at once: somebody else was at the same task. */
const secondTryMs = 250;

/** In the database, so that whatever was taken outlives this process. */
export function createInbox(
  database: Pick<Database, 'kysely'>,
  { clock, random }: { readonly clock: Pick<Clock, 'now'>; readonly random: Random },
): Inbox {
  const db = database.kysely<InboxTables>();
  return {
    store: async ({ id, event, body }, lane) => {
      const now = clock.now();
      const row = await db
        .insertInto('inbox_deliveries')
        .values({
          id,
          event,
          lane,
          body: Buffer.from(body),
          state: 'waiting',
          attempts: 0,
          received_at: now,
          next_at: now,
          ended_at: null,
          error: null,
        })
        .onConflict((conflict) => conflict.column('id').doNothing())
        .returning('id')
        .executeTakeFirst();
      return row !== undefined;
    },
    due: async (lane, limit) =>
      await db
        .selectFrom('inbox_deliveries')
        .select(['id', 'event', 'body'])
        .where('state', '=', 'waiting')
        .where('lane', '=', lane)
        .where('next_at', '<=', clock.now())
        .orderBy('next_at')
        .limit(limit)
        .execute(),
    done: async (ids) => {
      await db
        .updateTable('inbox_deliveries')
        .set({ state: 'done', ended_at: clock.now(), error: null })
        .where('id', 'in', [...ids])
        .execute();
    },
    failed: async (ids, error) => {
      const now = clock.now();
      const rows = await db
        .selectFrom('inbox_deliveries')
        .select(['id', 'attempts'])
        .where('id', 'in', [...ids])
        .execute();
      let first: Date | null = null;
      for (const { id, attempts } of rows) {
        const isLast = attempts + 1 >= mostAttempts;
        const waitMs =
          attempts === 0 ? secondTryMs : 500 + fullJitterMs(attempts - 1, backoff, random);
        const next = new Date(now.getTime() + waitMs);
        if (!isLast && (first === null || next < first)) first = next;
        await db
          .updateTable('inbox_deliveries')
          .set({
            attempts: attempts + 1,
            error: storedText(error).slice(0, 1000),
            ...(isLast ? { state: 'failed', ended_at: now } : { next_at: next }),
          })
          .where('id', '=', id)
          .execute();
      }
      return first;
    },
    list: async ({ state, after, limit }) => {
      const all = db
        .selectFrom('inbox_deliveries')
        .select(['id', 'event', 'state', 'attempts', 'received_at', 'next_at', 'ended_at', 'error'])
        .where(olderThan('received_at', 'deliveries', after))
        .orderBy('received_at', 'desc')
        .orderBy('id')
        .limit(limit + 1);
      const rows = await (state === undefined ? all : all.where('state', '=', state)).execute();
      const found = rows.map((row) => ({
        id: row.id,
        event: row.event,
        state: row.state as DeliveryState,
        attempts: row.attempts,
        receivedAt: row.received_at,
        nextAt: row.next_at,
        endedAt: row.ended_at,
        error: row.error,
      }));
      return pageOf(found, { list: 'deliveries', limit }, ({ receivedAt, id }) => [receivedAt, id]);
    },
    again: async (ids) => {
      const { numUpdatedRows } = await db
        .updateTable('inbox_deliveries')
        .set({ state: 'waiting', attempts: 0, next_at: clock.now(), ended_at: null })
        .where('id', 'in', [...ids])
        .executeTakeFirst();
      return Number(numUpdatedRows);
    },
    prune: async (before) => {
      const { numDeletedRows } = await db
        .deleteFrom('inbox_deliveries')
        .where('received_at', '<', before)
        .where('state', '!=', 'waiting')
        .executeTakeFirst();
      return Number(numDeletedRows);
    },
  };
}
