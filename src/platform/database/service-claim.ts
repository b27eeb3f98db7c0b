import { hostname } from 'node:os';
import { AppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { advisoryKey } from './advisory-locks.ts';
import type { Database } from './database.ts';
import { takeSessionLock } from './session-lock.ts';

/** The right to be the one service of a data folder. */
export interface ServiceClaim {
  release(): Promise<void>;
}

/** Who runs as the service. */
export interface ServiceHolder {
  readonly pid: number;
  readonly host: string;
}

const lockName = 'service';

/**
 * One service per data folder: a second one is refused at once. An external database takes any number of services.
 * Throws AppError `service_already_running` (kind unavailable), naming the holder in `details`.
 */
export async function claimService(
  database: Pick<Database, 'kind' | 'url' | 'pool'>,
  deps: { readonly clock: Clock; readonly log: Log },
): Promise<ServiceClaim> {
  if (database.kind === 'external') return { release: async () => undefined };
  const label = `cms-service ${process.pid} ${hostname()}`;
  const lock = await takeSessionLock({ url: database.url, name: lockName, label }, deps);
  if (lock === undefined) throw alreadyRunning(await serviceHolder(database));
  return lock;
}

/** The service that runs on this database now, undefined when none does. */
export async function serviceHolder(
  database: Pick<Database, 'pool'>,
): Promise<ServiceHolder | undefined> {
  const answer = await database.pool.query<{ label: string }>(
    `select a.application_name as label from pg_locks l join pg_stat_activity a using (pid)
      where l.locktype = 'advisory' and l.granted
        and l.database = (select oid from pg_database where datname = current_database())
        and (l.classid::int8 << 32 | l.objid::int8) = $1::int8`,
    [advisoryKey(lockName)],
  );
  const [, pid, host] = answer.rows[0]?.label.split(' ') ?? [];
  return pid === undefined || host === undefined ? undefined : { pid: Number(pid), host };
}

function alreadyRunning(holder: ServiceHolder | undefined): AppError {
  const who = holder === undefined ? '' : ` (process ${holder.pid} on ${holder.host})`;
  return new AppError({
    kind: 'unavailable',
    code: 'service_already_running',
    message: `A service runs on this data folder already${who}.`,
    next: 'Use it, stop it first, or choose another data folder.',
    details: { ...holder },
  });
}
