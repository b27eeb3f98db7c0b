import { Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient } from 'kysely';
import type { CodeHost } from '../../src/domain/ports/code-host.ts';
import type { Database } from '../../src/platform/database/database.ts';

/**
 * One life of a process, in memory: what it does with the database and a code host, up to a moment at which it dies.
 * Moments lie where something lasting changes: before each commit and each write of its own, before and after each request
 * that makes something outside. A death between two of them leaves behind what one at the next of them does.
 */
export interface MortalLife {
  readonly database: Database;
  /** How many moments it came by. */
  moments(): number;
  /** One moment more, where something lasting is kept elsewhere. */
  moment(): Promise<void>;
  of(host: CodeHost): CodeHost;
  /** Lives until the work ends or the moment comes; answers whether it lived. What it throws is thrown. */
  live(work: () => Promise<void>): Promise<boolean>;
}

const never = new Promise<never>(() => undefined);
const writes = /\b(?:insert into|update|delete from)\b/iu;

/** `dieAt` is counted from 1; Infinity for a life without end. */
export function createMortalLife(database: Database, dieAt: number): MortalLife {
  let passed = 0;
  let isDead = false;
  const death = Promise.withResolvers<void>();
  const open = new Set<PostgresPoolClient>();
  const alive = async (): Promise<void> => {
    if (isDead) await never;
  };
  const moment = async (): Promise<void> => {
    await alive();
    passed += 1;
    if (passed !== dieAt) return;
    isDead = true;
    // What the server does when the connection of a dead process ends.
    await Promise.all([...open].map(async (client) => await client.query('rollback', [])));
    for (const client of open) client.release();
    death.resolve();
    await never;
  };
  const lent = (client: PostgresPoolClient): PostgresPoolClient => {
    let wrote: boolean | null = null;
    return {
      query: (async (text: string, parameters: readonly unknown[]) => {
        await alive();
        const isWrite = writes.test(text);
        if (text === 'commit' ? wrote === true : wrote === null && isWrite) await moment();
        if (/^(?:begin|start transaction)/iu.test(text)) wrote = false;
        else if (text === 'commit' || text === 'rollback') wrote = null;
        else if (wrote !== null) wrote ||= isWrite;
        const result = await client.query(text, parameters);
        await alive();
        return result;
      }) as PostgresPoolClient['query'],
      release: () => {
        if (open.delete(client)) client.release();
      },
    };
  };
  const pool: PostgresPool = {
    connect: async () => {
      await alive();
      const client = await database.pool.connect();
      open.add(client);
      return lent(client);
    },
    end: async () => undefined,
    options: {},
  };
  const kysely = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  return {
    database: { ...database, kysely: <Tables>() => kysely as unknown as Kysely<Tables> },
    moments: () => passed,
    moment,
    of: (host) =>
      new Proxy(host, {
        get: (real, name) => {
          const method: unknown = Reflect.get(real, name);
          if (typeof method !== 'function') return method;
          return async (...given: readonly unknown[]): Promise<unknown> => {
            if (name === 'send') await moment();
            else await alive();
            const ended = await Promise.allSettled([
              (async () => (await Reflect.apply(method, real, given)) as unknown)(),
            ]);
            if (name === 'send') await moment();
            else await alive();
            const [end] = ended;
            if (end.status === 'rejected') throw end.reason;
            return end.value;
          };
        },
      }),
    live: async (work) => {
      const lived = work().then(() => true);
      // After its death nothing that it was about to say counts.
      lived.catch(() => undefined);
      return await Promise.race([lived, death.promise.then(() => false)]);
    },
  };
}
