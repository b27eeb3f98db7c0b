import { systemClock } from '../lib/clock.ts';
import { systemRandom } from '../lib/random.ts';
import type { Gate, GateAudit, Served } from '../operations/gate.ts';
import { createGate } from '../operations/gate.ts';
import type { LoadedConfig } from '../platform/config/load-config.ts';
import { loadConfig } from '../platform/config/load-config.ts';
import { withContext } from '../platform/logging/context.ts';
import type { Logger } from '../platform/logging/logger.ts';
import { factsFirst } from '../platform/logging/logger.ts';
import { createRedactor } from '../platform/redaction/redactor.ts';
import { watchPerformance } from '../platform/telemetry/monitor-performance.ts';
import { lightHandlers, storelessHandlers } from './light-handlers.ts';
import { openLogger } from './open-logger.ts';
import type { Manager, OpenOptions } from './open-options.ts';

/** Builds only as much as an operation needs: nothing, the configuration, the store, or the engine. */
export async function openManager(options: OpenOptions): Promise<Manager> {
  if (options.needs === 'nothing') return openLight(options);
  return openFull(options);
}

/** Builds the store, and with `engine` what does the work. Whatever fails halfway is closed again. */
async function openFull(options: OpenOptions): Promise<Manager> {
  const loaded =
    options.loaded ??
    (await loadConfig({
      file: options.flags.config,
      required: true,
      folder: options.folder,
      env: options.env,
      flags: {
        ...options.overrides,
        ...(options.flags.debug === true ? { 'logging.level': 'DEBUG' } : {}),
      },
    }));
  const { config } = loaded;
  const redactor = createRedactor(systemRandom.bytes(32));
  for (const [name, value] of Object.entries(allSecrets(loaded))) redactor.register(name, value);
  const logger = openLogger(
    () => config,
    (line) => redactor.redact(line),
    options.flags,
  );
  const performance = watchPerformance(logger);
  const closers: (() => Promise<void>)[] = [() => logger.close(), async () => performance.stop()];
  const close = async (): Promise<void> => {
    for (const closer of closers.toReversed()) await closer();
  };
  try {
    const { openRooms } = await import('./open-rooms.ts');
    const rooms = await openRooms({
      options,
      loaded,
      logger,
      redactor,
      log: factsFirst(logger),
      performance,
    });
    closers.push(() => rooms.close());
    const light = options.whole === true ? await storelessHandlers(options) : [];
    const gate = gateOf({ served: [...rooms.served, ...light], audit: rooms.audit, log: logger });
    return { gate, dataDir: config.dataDir, engine: rooms.engine, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Operations that need no store: they log nowhere and audit nothing, because there is nowhere to. */
async function openLight(options: OpenOptions): Promise<Manager> {
  const gate = gateOf({
    served: await lightHandlers(options.operation, options, openFull),
    audit: noAudit,
    log: silent,
  });
  return { gate, dataDir: null, engine: null, close: async () => undefined };
}

function gateOf(parts: {
  served: readonly Served[];
  audit: GateAudit;
  log: Pick<Logger, 'info' | 'warn'>;
}): Gate {
  return createGate({
    ...parts,
    clock: systemClock,
    newCorrelationId: () => systemRandom.uuid(),
    within: (context, body) => withContext(context, body),
  });
}

/** Everything secret by name, for the redactor. */
function allSecrets({ secrets }: LoadedConfig): Readonly<Record<string, string>> {
  const named = {
    GITHUB_TOKEN: secrets.githubToken,
    GITHUB_WEBHOOK_SECRET: secrets.githubWebhookSecret,
    DATABASE_URL: secrets.databaseUrl,
    ...secrets.agents,
  };
  return Object.fromEntries(
    Object.entries(named).flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
  );
}

const silent = { info: () => undefined, warn: () => undefined };

const noAudit: GateAudit = {
  begin: async () => '',
  finish: async () => undefined,
};
