import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { EmbeddedServer } from './embedded/supervisor.ts';

const intervalMs = 1000;

/** Looks every second whether the embedded server lives and starts it again; returns how to stop looking. */
export function keepAlive(
  server: Pick<EmbeddedServer, 'revive'>,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): () => Promise<void> {
  const stop = new AbortController();
  const watch = async () => {
    while (!stop.signal.aborted) {
      await clock.sleep(intervalMs, stop.signal);
      await server.revive().catch((error: unknown) => {
        log.error({ error }, 'The embedded database could not be started again.');
      });
    }
  };
  const watching = watch().catch(() => undefined); // the sleep was aborted
  return async () => {
    stop.abort();
    await watching;
  };
}
