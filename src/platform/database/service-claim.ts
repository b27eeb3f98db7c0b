import { hostname } from 'node:os';
import { AppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { advisoryKey } from './advisory-locks.ts';
import type { Database } from './database.ts';
import { takeSessionLock } from './session-lock.ts';

/** The right to be a service of this database. */
export interface ServiceClaim {
  release(): Promise<void>;
}

/** Who runs as a service. */
export interface ServiceHolder {
  readonly pid: number;
  readonly host: string;
  /** What it does, as it said at its start; `all` where nothing else was said. */
  readonly role: string;
  /** It runs agents, and nothing seals them in. */
  readonly isUnsealed: boolean;
}

const lockName = 'service';

/** The first word of a label. What it tells goes with the session, so it is never told of a process that is gone. */
const words = { sealed: 'cms-service', unsealed: 'cms-unsealed' } as const;

/**
 * One service per data folder: a second one is refused at once. An external database takes any number of services, which
 * share the lock so that others see them; only there a process may do a part of the work.
 * Nobody else may be there during a `restore`.
 * Throws AppError `service_already_running` (kind unavailable), naming the holder in `details`, and `role_needs_database`.
 */
export async function claimService(
  database: Pick<Database, 'kind' | 'url' | 'pool'>,
  deps: { readonly clock: Clock; readonly log: Log; readonly host?: string },
  role = 'all',
  isUnsealed = false,
): Promise<ServiceClaim> {
  const shared = database.kind === 'external' && role !== 'restore';
  if (!shared && role !== 'all' && role !== 'restore') throw needsDatabase(role);
  const word = isUnsealed ? words.unsealed : words.sealed;
  // The server keeps 63 bytes of it: what may be long, and is only shown, comes last.
  const label = `${word} ${process.pid} ${role} ${deps.host ?? hostname()}`;
  const lock = await takeSessionLock({ url: database.url, name: lockName, label, shared }, deps);
  if (lock === undefined) throw alreadyRunning((await serviceProcesses(database))[0]);
  return lock;
}

/** Every service that runs on this database now. */
export async function serviceProcesses(
  database: Pick<Database, 'pool'>,
): Promise<readonly ServiceHolder[]> {
  const answer = await database.pool.query<{ label: string }>(
    `select a.application_name as label from pg_locks l join pg_stat_activity a using (pid)
      where l.locktype = 'advisory' and l.granted
        and l.database = (select oid from pg_database where datname = current_database())
        and (l.classid::int8 << 32 | l.objid::int8) = $1::int8
      order by a.backend_start`,
    [advisoryKey(lockName)],
  );
  return answer.rows.flatMap(({ label }) => {
    const [word, pid, role, host] = label.split(' ');
    const isUnsealed = word === words.unsealed;
    return pid === undefined || role === undefined || host === undefined
      ? []
      : [{ pid: Number(pid), host, role, isUnsealed }];
  });
}

/** A service that runs agents on this database now, undefined when none does. */
export async function serviceHolder(
  database: Pick<Database, 'pool'>,
): Promise<ServiceHolder | undefined> {
  const processes = await serviceProcesses(database);
  return processes.find(({ role }) => role === 'all' || role === 'worker');
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

function needsDatabase(role: string): AppError {
  return new AppError({
    kind: 'invalid_input',
    code: 'role_needs_database',
    message: `The role "${role}" is for several processes on one PostgreSQL server, and the embedded database serves one.`,
    next: 'Set DATABASE_URL to a PostgreSQL server that all of them reach, or start with the role "all".',
  });
}
