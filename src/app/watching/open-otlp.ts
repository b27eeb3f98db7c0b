import { systemClock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { systemRandom } from '../../lib/random.ts';
import type { Config } from '../../platform/config/schema.ts';
import type { LineSink } from '../../platform/logging/logger.ts';
import type { Otlp } from '../../platform/otlp/otlp.ts';
import type { Exposition } from '../../platform/telemetry/exposition.ts';
import type { Telemetry } from '../../platform/telemetry/telemetry.ts';
import type { Credentials } from '../store/credentials.ts';

export interface OtlpParts {
  readonly config: Config;
  readonly credentials: Pick<Credentials, 'take'>;
  readonly telemetry: Pick<Telemetry, 'listen'>;
  /** Where the logger finds who else takes its lines. */
  readonly collectors: LineSink[];
  readonly version: string;
  readonly log: Log;
}

export interface OtlpRooms {
  /** Sends the figures of a service until the answer is called. */
  keep(exposition: () => Exposition): () => Promise<void>;
  close(): Promise<void>;
}

/** The way to a collector; the libraries for it are read in only where one is configured. */
export async function openCollector(parts: OtlpParts): Promise<OtlpRooms> {
  const { endpoint, signals, credential, everySeconds } = parts.config.telemetry.otlp;
  if (endpoint === null) {
    return { keep: () => async () => undefined, close: async () => undefined };
  }
  const authorization =
    credential === null
      ? null
      : ((await parts.credentials.take(credential, 'sending to a collector')) ?? null);
  if (credential !== null && authorization === null)
    parts.log.warn(
      { credential },
      'telemetry.otlp.credential names a credential that is not there',
    );
  const { openOtlp } = await import('../../platform/otlp/otlp.ts');
  const otlp: Otlp = openOtlp(
    {
      endpoint,
      signals,
      authorization,
      everyMs: everySeconds * 1000,
      version: parts.version,
      process: systemRandom.uuid(),
    },
    {
      clock: systemClock,
      telemetry: parts.telemetry,
      onFailure: (signal, problem) =>
        parts.log.warn({ signal, problem }, 'the collector did not take what was sent'),
    },
  );
  if (otlp.lines !== null) parts.collectors.push(otlp.lines);
  return {
    keep: (exposition) => otlp.sendFigures(() => exposition().families()),
    close: async () => {
      if (otlp.lines !== null) parts.collectors.splice(parts.collectors.indexOf(otlp.lines), 1);
      await otlp.close();
    },
  };
}
