import type { DBOSConfig } from '@dbos-inc/dbos-sdk';
import type { Log } from '../../lib/log.ts';

/** Leads what the engine says into our log; its everyday information is detail to us. */
export function engineLog(log: Log): NonNullable<DBOSConfig['logger']> {
  return {
    debug: (entry) => log.debug({ source: 'dbos' }, String(entry)),
    info: (entry) => log.debug({ source: 'dbos' }, String(entry)),
    warn: (entry) => log.warn({ source: 'dbos' }, String(entry)),
    error: (entry, metadata) => {
      log.error({ source: 'dbos', stack: metadata?.stack }, String(entry));
    },
  };
}
