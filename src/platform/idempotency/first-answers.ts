import { sql } from 'kysely';
import type { Clock } from '../../lib/clock.ts';
import type { Database } from '../database/database.ts';
import type { IdempotencyTables } from './migrations.ts';

/** One request under the key that its caller chose. */
export interface KeyedRequest {
  readonly scope: string;
  readonly key: string;
  readonly fingerprint: string;
}

/** First answers by key, in the database, so that they hold for every process and over restarts. */
export interface FirstAnswerStore<A> {
  /**
   * Takes the key, once whoever races for it. Else: `other` (the key stands for another request), `running`, `lost` (who
   * worked on it died), `secret` (it ended, its answer was not kept), or the answer.
   */
  claim(request: KeyedRequest): Promise<'claimed' | 'other' | 'running' | 'lost' | 'secret' | A>;
  /** As it is written in JSON: members in their order, and escapes that jsonb refuses. */
  keep(request: KeyedRequest, answer: A | null): Promise<void>;
  release(request: KeyedRequest): Promise<void>;
  /** Forgets what is older than two days; answers how many. */
  sweep(): Promise<number>;
}

const keepMs = 48 * 3_600_000;
/** Work of another process that lasts longer is taken for lost: nothing that a door serves takes so long. */
const patienceMs = 3_600_000;

/** `process` is a random id of this process. */
export function createFirstAnswers<A extends object>(
  database: Pick<Database, 'kysely'>,
  { clock, process }: { readonly clock: Clock; readonly process: string },
): FirstAnswerStore<A> {
  const db = database.kysely<IdempotencyTables>();
  const atWork = new Set<string>();
  const nameOf = ({ scope, key }: KeyedRequest): string => `${scope} ${key}`;
  return {
    claim: async (request) => {
      const { scope, key, fingerprint } = request;
      const claimed = await db
        .insertInto('idempotency_keys')
        .values({
          scope,
          key,
          fingerprint,
          process,
          claimed_at: clock.now(),
          ended_at: null,
          answer: null,
        })
        .onConflict((conflict) => conflict.columns(['scope', 'key']).doNothing())
        .returning('key')
        .executeTakeFirst();
      if (claimed !== undefined) {
        atWork.add(nameOf(request));
        return 'claimed';
      }
      const row = await db
        .selectFrom('idempotency_keys')
        .selectAll()
        .where('scope', '=', scope)
        .where('key', '=', key)
        .executeTakeFirst();
      // Released between the two statements: whoever asks again finds it free.
      if (row === undefined) return 'running';
      if (row.fingerprint !== fingerprint) return 'other';
      if (row.ended_at !== null) return row.answer === null ? 'secret' : (row.answer as A);
      const isAtWork =
        row.process === process
          ? atWork.has(nameOf(request))
          : clock.now().getTime() - row.claimed_at.getTime() < patienceMs;
      return isAtWork ? 'running' : 'lost';
    },
    keep: async (request, answer) => {
      await db
        .updateTable('idempotency_keys')
        .set({
          ended_at: clock.now(),
          answer: answer === null ? null : sql`${JSON.stringify(answer)}::json`,
        })
        .where('scope', '=', request.scope)
        .where('key', '=', request.key)
        .execute();
      atWork.delete(nameOf(request));
    },
    release: async (request) => {
      await db
        .deleteFrom('idempotency_keys')
        .where('scope', '=', request.scope)
        .where('key', '=', request.key)
        .where('ended_at', 'is', null)
        .execute();
      atWork.delete(nameOf(request));
    },
    sweep: async () => {
      const before = new Date(clock.now().getTime() - keepMs);
      const { numDeletedRows } = await db
        .deleteFrom('idempotency_keys')
        .where('claimed_at', '<', before)
        .executeTakeFirst();
      return Number(numDeletedRows);
    },
  };
}
