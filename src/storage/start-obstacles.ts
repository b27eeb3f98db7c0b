import { type Obstacle, obstacleCodes } from '../domain/ports/obstacles.ts';
import { storedText } from '../lib/stored-text.ts';
import type { Database } from '../platform/database/database.ts';
import type { StorageTables } from './tables.ts';

/** What lies in the way of every start on a machine, save that of one agent where one is spared. */
export interface MachineObstacle extends Obstacle {
  readonly spares: string | null;
}

/** What a working process found on its machine, for processes that only look. */
export interface StartObstacles {
  standing(now: Date): Promise<readonly MachineObstacle[]>;
  /** Replaces what stood; each code once. */
  write(found: readonly MachineObstacle[], until: Date): Promise<void>;
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
      return rows.flatMap(({ code, text, spares }) => {
        const known = obstacleCodes.find((one) => one === code);
        return known === undefined ? [] : [{ code: known, text, spares }];
      });
    },
    write: async (found, until) => {
      const codes = found.map(({ code }) => code);
      const gone = db.deleteFrom('start_obstacles');
      await (codes.length === 0 ? gone : gone.where('code', 'not in', codes)).execute();
      for (const { code, text, spares } of found) {
        const row = { code, text: storedText(text), spares, until };
        await db
          .insertInto('start_obstacles')
          .values(row)
          .onConflict((conflict) => conflict.column('code').doUpdateSet(row))
          .execute();
      }
    },
  };
}
