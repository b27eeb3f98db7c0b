import { type Obstacle, obstacleCodes } from '../domain/ports/obstacles.ts';
import { storedText } from '../lib/stored-text.ts';
import type { Database } from '../platform/database/database.ts';
import type { StorageTables } from './tables.ts';

/** What a working process found in the way of every start, for processes that only look. */
export interface StartObstacles {
  standing(now: Date): Promise<readonly Obstacle[]>;
  /** Replaces what stood. */
  write(found: readonly Obstacle[], until: Date): Promise<void>;
}

export function createStartObstacles(database: Pick<Database, 'kysely'>): StartObstacles {
  const db = database.kysely<StorageTables>();
  return {
    standing: async (now) => {
      const rows = await db
        .selectFrom('start_obstacles')
        .selectAll()
        .where('until', '>', now)
        .orderBy('code')
        .execute();
      return rows.flatMap(({ code, text }) => {
        const known = obstacleCodes.find((one) => one === code);
        return known === undefined ? [] : [{ code: known, text }];
      });
    },
    write: async (found, until) => {
      const codes = found.map(({ code }) => code);
      const gone = db.deleteFrom('start_obstacles');
      await (codes.length === 0 ? gone : gone.where('code', 'not in', codes)).execute();
      for (const { code, text } of found) {
        const row = { code, text: storedText(text), until };
        await db
          .insertInto('start_obstacles')
          .values(row)
          .onConflict((conflict) => conflict.column('code').doUpdateSet(row))
          .execute();
      }
    },
  };
}
