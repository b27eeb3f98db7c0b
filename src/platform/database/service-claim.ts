import { hostname } from 'node:os';
import type { Client } from 'pg';
import { AppError } from '../../lib/app-error.ts';
import { connect } from './database.ts';

const lock = 7_246_002;

/** Holds the data folder for one service; given back by `release` or by the end of the process. */
export interface ServiceClaim {
  release(): Promise<void>;
}

/** Claims the data folder's database for one service at a time; a second one is refused at once with the holder's name. */
export async function claimService(url: string, onLost: () => void): Promise<ServiceClaim> {
  const client = await connect(url);
  const { rows } = await client.query<{ got: boolean }>('select pg_try_advisory_lock($1) as got', [
    lock,
  ]);
  if (rows[0]?.got !== true) {
    const holder = await holderOf(client);
    await client.end();
    throw new AppError({
      kind: 'unavailable',
      code: 'service_already_running',
      message: `A service already runs on this data folder${holder === null ? '' : ` (process ${holder.pid} on ${holder.host})`}.`,
      next: 'Use that one, stop it with `claude-manager stop`, or choose another dataDir.',
      details: { holder },
    });
  }
  await client.query('select set_config($1, $2, false)', [
    'application_name',
    nameOf(process.pid, hostname()),
  ]);
  let released = false;
  client.on('error', () => {
    if (!released) onLost();
  });
  return {
    release: async () => {
      released = true;
      await client.end();
    },
  };
}

/** Who holds the claim, read from the server's own list of sessions; null when nobody does. */
export async function serviceHolder(
  client: Pick<Client, 'query'>,
): Promise<{ readonly pid: number; readonly host: string } | null> {
  return holderOf(client);
}

async function holderOf(
  client: Pick<Client, 'query'>,
): Promise<{ pid: number; host: string } | null> {
  const { rows } = await client.query<{ application_name: string }>(
    `select application_name from pg_stat_activity join pg_locks using (pid)
      where locktype = 'advisory' and objid = $1 and granted`,
    [lock],
  );
  const [, pid, host] = /^claude-manager (\d+) (.+)$/u.exec(rows[0]?.application_name ?? '') ?? [];
  return pid === undefined || host === undefined ? null : { pid: Number(pid), host };
}

function nameOf(pid: number, host: string): string {
  return `claude-manager ${pid} ${host}`.slice(0, 63);
}
