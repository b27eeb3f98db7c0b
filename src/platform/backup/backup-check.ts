import type { Clock } from '../../lib/clock.ts';
import type { Database } from '../database/database.ts';
import { type HealthCheck, notMeasured, seldomMs } from '../health/check.ts';
import { listBackups } from './backup-folder.ts';

export interface BackupCheckParts {
  readonly database: Pick<Database, 'pool'>;
  readonly folder: string;
  /** 0 when none are scheduled. */
  readonly intervalHours: number;
  readonly clock: Pick<Clock, 'now'>;
}

/**
 * Age of the newest backup in hours against twice the interval. Without one, the age of the database counts. It goes by
 * names: whether a backup is whole was seen when it was written, and is seen again by `backups verify`.
 */
export function backupCheck({
  database,
  folder,
  intervalHours,
  clock,
}: BackupCheckParts): HealthCheck {
  return {
    name: 'last_backup',
    category: 'database',
    critical: false,
    everyMs: seldomMs,
    measure: async () => {
      if (intervalHours === 0)
        return notMeasured('No backups are scheduled: backup.intervalHours is 0.');
      const [newest] = await listBackups(folder);
      const since = newest?.at ?? (await madeAt(database));
      if (since === null) return notMeasured('There is no backup, and no database to keep.');
      const hours = Math.max(0, (clock.now().getTime() - since.getTime()) / 3_600_000);
      const isLate = hours > 2 * intervalHours;
      const said = hours.toFixed(1);
      return {
        status: isLate ? 'degraded' : 'healthy',
        value: Math.round(hours * 10) / 10,
        threshold: 2 * intervalHours,
        evidence:
          newest === undefined
            ? `No backup since the database was made ${said} hours ago.`
            : `The last backup is ${said} hours old.`,
        remedy: isLate
          ? 'Run `claude-manager backup`, and see the log for why scheduled ones failed.'
          : null,
      };
    },
  };
}

async function madeAt(database: Pick<Database, 'pool'>): Promise<Date | null> {
  const { rows } = await database.pool.query<{ at: Date | null }>(
    'select min(applied_at) as at from cms_migrations',
  );
  return rows[0]?.at ?? null;
}
