import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import type { Clock } from '../../lib/clock.ts';
import { storedText } from '../../lib/stored-text.ts';
import { olderThan, type Page, pageOf } from '../database/cursor.ts';
import type { Database } from '../database/database.ts';
import type { OutboxTables } from './migrations.ts';

/** One message for one receiver. Its id is the same for each try, so that a receiver can tell a repeat. */
export interface Message {
  readonly id: string;
  readonly receiver: string;
  /** For example `task.approved`. */
  readonly type: string;
  /** JSON text. */
  readonly body: string;
}

/** `failed` was given up after its last try. */
export type MessageState = 'waiting' | 'delivered' | 'failed';

export interface MessageFacts extends Message {
  readonly state: MessageState;
  readonly attempts: number;
  readonly createdAt: Date;
  /** Of the next try, while it waits. */
  readonly nextAt: Date;
  readonly endedAt: Date | null;
  /** HTTP status of the last answer; null when there was none. */
  readonly status: number | null;
  readonly problem: string | null;
}

/** How a try ended. */
export interface TryResult {
  readonly isDelivered: boolean;
  /** False when nothing was sent, because its receiver is left alone for a while: it costs no try. */
  readonly isCounted: boolean;
  /** The receiver wants no more: it is not tried again. */
  readonly isFinal: boolean;
  readonly status: number | null;
  readonly problem: string | null;
}

export interface Outbox {
  /** Adds messages, with the handle of an open transaction committed with it; a message whose id is known is left as it is. */
  add(transaction: object | null, messages: readonly Message[]): Promise<void>;
  /** Takes what is due, oldest first, for `leaseMs`; no other process gets it until then. */
  take(limit: number): Promise<readonly (Message & { readonly attempts: number })[]>;
  /** Says how a try of a taken message ended. */
  tried(id: string, result: TryResult): Promise<void>;
  /** Newest first. */
  list(query: {
    readonly receiver?: string | undefined;
    readonly state?: MessageState | undefined;
    /** `next` of the page before. */
    readonly after?: string | undefined;
    readonly limit: number;
  }): Promise<Page<MessageFacts>>;
  /** For each receiver with messages: how many wait and were given up, and when one last arrived. */
  counts(): Promise<ReadonlyMap<string, ReceiverCounts>>;
  /** Queues a message anew; false when there is none of that id. */
  again(id: string): Promise<boolean>;
  /** Forgets what was created before and is at its end; answers how many. */
  prune(before: Date): Promise<number>;
}

export interface ReceiverCounts {
  readonly waiting: number;
  readonly failed: number;
  readonly lastDeliveredAt: Date | null;
}

/** Seconds from one try to the next: the schedule of the Standard Webhooks specification, a little more than a day in all. */
const waitSeconds = [5, 300, 1800, 7200, 18_000, 36_000, 36_000] as const;
/** While a receiver is left alone. */
const secondsUntilAskedAgain = 30;
/** A try ends long before; whoever died in between is taken over after this. */
const leaseMs = 60_000;

/** In the database, so that nothing that was to be told is lost with this process. */
export function createOutbox(
  database: Pick<Database, 'kysely'>,
  { clock }: { readonly clock: Pick<Clock, 'now'> },
): Outbox {
  const db = database.kysely<OutboxTables>();
  return {
    add: async (transaction, messages) => {
      if (messages.length === 0) return;
      const now = clock.now();
      await ((transaction ?? db) as Kysely<OutboxTables>)
        .insertInto('outbox_messages')
        .values(
          messages.map(({ id, receiver, type, body }) => ({
            id,
            receiver,
            type,
            body: storedText(body),
            state: 'waiting',
            attempts: 0,
            created_at: now,
            next_at: now,
            ended_at: null,
            status: null,
            problem: null,
          })),
        )
        .onConflict((conflict) => conflict.column('id').doNothing())
        .execute();
    },
    take: async (limit) => {
      const now = clock.now();
      const until = new Date(now.getTime() + leaseMs);
      const { rows } = await sql<Message & { attempts: number }>`
        update outbox_messages set next_at = ${until}, attempts = attempts + 1 where id in (
          select id from outbox_messages where state = 'waiting' and next_at <= ${now}
          order by next_at limit ${limit} for update skip locked)
        returning id, receiver, type, body, attempts`.execute(db);
      return rows;
    },
    tried: async (id, { isDelivered, isCounted, isFinal, status, problem }) => {
      const row = await db
        .selectFrom('outbox_messages')
        .select('attempts')
        .where('id', '=', id)
        .executeTakeFirst();
      if (row === undefined) return;
      const now = clock.now();
      const attempts = isCounted ? row.attempts : row.attempts - 1;
      const seconds = isCounted
        ? isFinal
          ? undefined
          : waitSeconds[attempts - 1]
        : secondsUntilAskedAgain;
      const next = { next_at: new Date(now.getTime() + (seconds ?? 0) * 1000) };
      const end = (state: MessageState) => ({ state, ended_at: now });
      const moved = isDelivered ? end('delivered') : seconds === undefined ? end('failed') : next;
      await db
        .updateTable('outbox_messages')
        .set({
          ...moved,
          attempts,
          status,
          problem: problem === null ? null : storedText(problem).slice(0, 500),
        })
        .where('id', '=', id)
        .where('state', '=', 'waiting')
        .execute();
    },
    list: async ({ receiver, state, after, limit }) => {
      let rows = db.selectFrom('outbox_messages').selectAll();
      if (receiver !== undefined) rows = rows.where('receiver', '=', receiver);
      if (state !== undefined) rows = rows.where('state', '=', state);
      const read = await rows
        .where(olderThan('created_at', 'messages', after))
        .orderBy('created_at', 'desc')
        .orderBy('id')
        .limit(limit + 1)
        .execute();
      const found = read.map((row) => ({
        id: row.id,
        receiver: row.receiver,
        type: row.type,
        body: row.body,
        state: row.state as MessageState,
        attempts: row.attempts,
        createdAt: row.created_at,
        nextAt: row.next_at,
        endedAt: row.ended_at,
        status: row.status,
        problem: row.problem,
      }));
      return pageOf(found, { list: 'messages', limit }, ({ createdAt, id }) => [createdAt, id]);
    },
    counts: async () => {
      const { rows } = await sql<{
        receiver: string;
        waiting: number;
        failed: number;
        last: Date | null;
      }>`select receiver, count(*) filter (where state = 'waiting')::int as waiting,
          count(*) filter (where state = 'failed')::int as failed,
          max(ended_at) filter (where state = 'delivered') as last
        from outbox_messages group by receiver`.execute(db);
      return new Map(
        rows.map(({ receiver, waiting, failed, last }) => [
          receiver,
          { waiting, failed, lastDeliveredAt: last },
        ]),
      );
    },
    again: async (id) => {
      const { numUpdatedRows } = await db
        .updateTable('outbox_messages')
        .set({ state: 'waiting', attempts: 0, next_at: clock.now(), ended_at: null })
        .where('id', '=', id)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },
    prune: async (before) => {
      const { numDeletedRows } = await db
        .deleteFrom('outbox_messages')
        .where('created_at', '<', before)
        .where('state', '!=', 'waiting')
        .executeTakeFirst();
      return Number(numDeletedRows);
    },
  };
}
