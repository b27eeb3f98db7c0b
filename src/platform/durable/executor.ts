import { hostname } from 'node:os';
import { AppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { Random } from '../../lib/random.ts';
import { advisoryKey, heldAdvisoryKeys } from '../database/advisory-locks.ts';
import type { Database } from '../database/database.ts';
import { type SessionLock, takeSessionLock } from '../database/session-lock.ts';
import { startPeriodic } from './periodic.ts';
import { recoverExecutor } from './recover-executor.ts';

/** This process among those that work on one database. Its lock tells the others that it lives. */
export interface Executor {
  readonly id: string;
  /** Takes the lock and writes the row, before any work is begun. */
  enroll(): Promise<void>;
  /** Takes over from those known to be dead, then looks for others every second. */
  watch(): Promise<void>;
  stopWatching(): Promise<void>;
  /** Lets the lock go; unfinished work stays for the others, or for the next start. */
  leave(): Promise<void>;
}

interface Options {
  readonly database: Pick<Database, 'url' | 'pool'>;
  readonly onLost?: (() => void) | undefined;
  readonly onRegained?: (() => void) | undefined;
  readonly onTakenOver: () => void;
  /** Work of a dead executor stands in its queues again. */
  readonly onRecovered: () => void;
}

interface Deps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

interface Peer {
  readonly id: string;
  readonly pid: number;
  readonly host: string;
}

const lookEveryMs = 700;
/** One that is alone; a peer that comes and dies meanwhile is found as soon all the same. */
const lookAloneEveryMs = 2100;
/** A peer whose connection broke takes its lock again at once; only one that stays away is dead. */
const looksBeforeTakeover = 3;

export function createExecutor(options: Options, deps: Deps): Executor {
  const { pool } = options.database;
  const id = deps.random.uuid();
  const missed = new Map<string, number>();
  let lock: SessionLock | undefined;
  let stop: (() => Promise<void>) | undefined;

  const enlist = async (): Promise<void> => {
    await pool.query(
      'insert into durable_executors (id, pid, host) values ($1, $2, $3) on conflict do nothing',
      [id, process.pid, hostname()],
    );
  };
  const look = async (): Promise<number | void> => {
    if (lock?.held() !== true) {
      missed.clear(); // the whole database was away, peers need their time too
      return;
    }
    const found = await pool.query<Peer>('select id, pid, host from durable_executors');
    if (!found.rows.some((row) => row.id === id)) {
      deps.log.error({ executor: id }, 'Another process took over the work of this one.');
      options.onTakenOver();
      return;
    }
    const peers = found.rows.filter((row) => row.id !== id);
    if (peers.length === 0) return lookAloneEveryMs;
    const held = await heldAdvisoryKeys(pool);
    for (const peer of peers) {
      if (held.has(advisoryKey(lockOf(peer.id)))) missed.delete(peer.id);
      else await lookAt(peer, missed, options, deps);
    }
  };
  return {
    id,
    enroll: async () => {
      const { database, onLost, onRegained } = options;
      const label = `cms-executor ${process.pid} ${hostname()}`;
      const name = lockOf(id);
      lock = await takeSessionLock({ url: database.url, name, label, onLost, onRegained }, deps);
      if (lock === undefined) throw idTaken(id);
      await enlist();
    },
    watch: async () => {
      await look();
      stop = startPeriodic({ name: 'executors', everyMs: lookEveryMs, work: look }, deps);
    },
    stopWatching: async () => await stop?.(),
    leave: async () => {
      await lock?.release();
    },
  };
}

/** Takes over from a peer whose lock is free: at once when its process is seen to be gone, else after some looks. */
async function lookAt(
  peer: Peer,
  missed: Map<string, number>,
  { database, onRecovered }: Options,
  deps: Deps,
): Promise<void> {
  const looks = (missed.get(peer.id) ?? 0) + 1;
  missed.set(peer.id, looks);
  if (looks < looksBeforeTakeover && !isGone(peer)) return;
  const label = `cms-takeover ${process.pid} ${hostname()}`;
  const lock = await takeSessionLock({ url: database.url, name: lockOf(peer.id), label }, deps);
  if (lock === undefined) return; // it came back, or another one takes over
  try {
    const workflows = await recoverExecutor(peer.id);
    if (workflows.length > 0) onRecovered();
    await database.pool.query('delete from durable_executors where id = $1', [peer.id]);
    missed.delete(peer.id);
    if (workflows.length > 0) {
      deps.log.warn({ executor: peer.id, workflows }, 'Took over the work of a dead executor.');
    }
  } finally {
    await lock.release();
  }
}

/** Only a process of this machine can be seen; a new process under our own id is not the old one. */
function isGone(peer: Peer): boolean {
  if (peer.host !== hostname()) return false;
  if (peer.pid === process.pid) return true;
  try {
    process.kill(peer.pid, 0);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}

function lockOf(executorId: string): string {
  return `executor:${executorId}`;
}

function idTaken(id: string): AppError {
  return new AppError({
    kind: 'internal',
    code: 'executor_id_taken',
    message: `Another process works under the executor id ${id}.`,
  });
}
