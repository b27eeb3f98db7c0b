import { sql } from 'kysely';
import type { RepositoryFigures, RepositoryQueries } from '../domain/ports/page-queries.ts';
import { repositoryKey } from '../domain/repository.ts';
import { storedTextOrNull } from '../lib/stored-text.ts';
import type { Database } from '../platform/database/database.ts';
import type { StorageTables } from './tables.ts';

/** What is known of repositories, counted in PostgreSQL. */
export function createRepositoryQueries(database: Pick<Database, 'kysely'>): RepositoryQueries {
  const db = database.kysely<StorageTables>();
  return {
    figures: async () => {
      const [looks, findings, tasks, runs] = await Promise.all([
        db.selectFrom('repository_looks').selectAll().execute(),
        sql<Counted>`select repository_key as key, count(*) from findings where status = 'open' group by 1`.execute(
          db,
        ),
        sql<
          Counted & { state: string }
        >`select target_key as key, state, count(*) from tasks group by 1, 2`.execute(db),
        sql<Counted>`select tasks.target_key as key, count(*) from runs join tasks on tasks.id = runs.task_id
          where runs.ended_at is null group by 1`.execute(db),
      ]);
      const figures = new Map<string, Writable>();
      const of = (key: string): Writable => {
        const known = figures.get(key);
        if (known !== undefined) return known;
        const made = { look: null, findingsOpen: 0, states: {}, runsLive: 0 };
        figures.set(key, made);
        return made;
      };
      for (const { repository_key, at, commit, requests, duration_ms, problem } of looks) {
        of(repository_key).look = { at, commit, requests, durationMs: duration_ms, problem };
      }
      for (const { key, count } of findings.rows) of(key).findingsOpen = count;
      for (const { key, state, count } of tasks.rows) of(key).states[state] = count;
      for (const { key, count } of runs.rows) of(key).runsLive = count;
      return figures;
    },
    scans: async (target) =>
      await db
        .selectFrom('scan_marks')
        .select(['rule', 'commit', 'at'])
        .where('repository_key', '=', repositoryKey(target))
        .orderBy('rule')
        .execute(),
    noteLook: async (target, { at, commit, requests, durationMs, problem }) => {
      const row = {
        at,
        commit,
        requests,
        duration_ms: durationMs,
        problem: storedTextOrNull(problem),
      };
      await db
        .insertInto('repository_looks')
        .values({ repository_key: repositoryKey(target), ...row })
        .onConflict((conflict) => conflict.column('repository_key').doUpdateSet(row))
        .execute();
    },
  };
}

interface Counted {
  readonly key: string;
  readonly count: number;
}

interface Writable extends Omit<RepositoryFigures, 'states'> {
  look: RepositoryFigures['look'];
  findingsOpen: number;
  states: Record<string, number>;
  runsLive: number;
}
