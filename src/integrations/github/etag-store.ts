import { type Kysely, sql } from 'kysely';
import type { GithubTables } from './tables.ts';

/** What was answered to a GET, to be answered again after a 304. */
export interface StoredAnswer {
  readonly etag: string;
  readonly body: string;
  /** The `Link` header, by which lists go on. */
  readonly link: string | null;
}

export interface EtagStore {
  get(key: string): Promise<StoredAnswer | null>;
  put(key: string, answer: StoredAnswer): Promise<void>;
}

/** Bodies above this size are asked for again rather than kept. */
export const keptBodyBytes = 1_048_576;

const keptInMemory = 2000;

/** Forgets the answers that were used longest ago. */
export function createMemoryEtagStore(): EtagStore {
  const answers = new Map<string, StoredAnswer>();
  const put = (key: string, answer: StoredAnswer): void => {
    answers.delete(key);
    answers.set(key, answer);
    const oldest = answers.keys().next();
    if (answers.size > keptInMemory && oldest.done !== true) answers.delete(oldest.value);
  };
  return {
    get: async (key) => {
      const answer = answers.get(key) ?? null;
      if (answer !== null) put(key, answer);
      return answer;
    },
    put: async (key, answer) => put(key, answer),
  };
}

/** Kept over restarts, so that the first look after one is free as well. What nobody used for thirty days goes. */
export function createDatabaseEtagStore(db: Kysely<GithubTables>): EtagStore {
  return {
    get: async (key) => {
      const row = await db
        .updateTable('github_etags')
        .set({ used_at: sql<Date>`now()` })
        .where('key', '=', key)
        .returning(['etag', 'body', 'link'])
        .executeTakeFirst();
      return row ?? null;
    },
    put: async (key, answer) => {
      await db
        .insertInto('github_etags')
        .values({ key, ...answer })
        .onConflict((conflict) =>
          conflict.column('key').doUpdateSet({ ...answer, used_at: sql<Date>`now()` }),
        )
        .execute();
      await db
        .deleteFrom('github_etags')
        .where('used_at', '<', sql<Date>`now() - interval '30 days'`)
        .execute();
    },
  };
}
