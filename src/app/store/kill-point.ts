import type { Checkpoint } from '../../lib/checkpoint.ts';
import { noCheckpoint } from '../../lib/checkpoint.ts';

/**
 * For tests of crashes: `CMS_KILL_AT=<point>` (or `<point>@<n>` for the nth time it is reached) ends this process there
 * with SIGKILL, as a power cut would. `CMS_STOP_AT` stops it there instead, until somebody sends SIGCONT, as a machine
 * that sleeps would. Without them nothing happens.
 */
export function killPoint(env: Readonly<Record<string, string | undefined>>): Checkpoint {
  const stop = env['CMS_STOP_AT'] ?? '';
  const wanted = stop === '' ? env['CMS_KILL_AT'] : stop;
  if (wanted === undefined || wanted === '') return noCheckpoint;
  const [point, nth = '1'] = wanted.split('@');
  let left = Number(nth);
  return async (reached) => {
    if (reached !== point) return;
    left -= 1;
    if (left > 0) return;
    if (stop !== '') {
      if (left === 0) process.kill(process.pid, 'SIGSTOP');
      return;
    }
    process.kill(process.pid, 'SIGKILL');
    // The signal ends the process; nothing may be done in the moment until then.
    await new Promise<never>(() => undefined);
  };
}
