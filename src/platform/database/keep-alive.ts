import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { EmbeddedServer } from './embedded/supervisor.ts';

const intervalMs = 1000;

export interface KeptAlive {
  /** Looks at once: a connection broke. */
  hasten(): void;
  stop(): Promise<void>;
}

/** Looks every second whether the embedded server lives, and starts it again. */
export function keepAlive(
  server: Pick<EmbeddedServer, 'revive'>,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): KeptAlive {
  let isStopped = false;
  let waking = new AbortController();
  const watch = async () => {
    for (;;) {
      await clock.sleep(intervalMs, waking.signal).catch(() => undefined); // woken
      if (isStopped) return;
      waking = new AbortController();
      await server.revive().catch((error: unknown) => {
        log.error({ error }, 'The embedded database could not be started again.');
      });
    }
  };
  const watching = watch();
  return {
    hasten: () => waking.abort(),
    stop: async () => {
      isStopped = true;
      waking.abort();
      await watching;
    },
  };
}
