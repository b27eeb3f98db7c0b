import { systemRandom } from '../lib/random.ts';
import type { Gate } from '../operations/gate.ts';
import type { LoadedConfig } from '../platform/config/load-config.ts';
import { loadConfig } from '../platform/config/load-config.ts';
import { createInspect } from '../platform/inspection/inspect.ts';
import { factsFirst } from '../platform/logging/logger.ts';
import { createRedactor } from '../platform/redaction/redactor.ts';
import { watchPerformance } from '../platform/telemetry/monitor-performance.ts';
import { storelessHandlers } from './light-handlers.ts';
import { gateOf } from './open-gate.ts';
import { openLogger } from './open-logger.ts';
import type { Manager, OpenOptions } from './open-options.ts';
import { openRooms } from './open-rooms.ts';

/** Builds the store, and with `engine` what does the work. Whatever fails halfway is closed again. */
export async function openFull(options: OpenOptions): Promise<Manager> {
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
    let gate: Gate | null = null;
    const rooms = await openRooms({
      gate: () => {
        if (gate === null) throw new Error('the gate is asked for before it stands');
        return gate;
      },
      options,
      loaded,
      logger,
      redactor,
      log: factsFirst(logger),
      performance,
    });
    closers.push(() => rooms.close());
    const light = options.whole === true ? await storelessHandlers(options) : [];
    gate = gateOf({
      served: [...rooms.served, ...light],
      audit: rooms.audit,
      log: logger,
      guard: rooms.guard.guard,
      inspect: createInspect(systemRandom.bytes(32)),
    });
    return { gate, dataDir: config.dataDir, identity: rooms.identity, engine: rooms.engine, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Everything secret by name, for the redactor. */
function allSecrets({ secrets }: LoadedConfig): Readonly<Record<string, string>> {
  const named = {
    GITHUB_TOKEN: secrets.githubToken,
    GITHUB_WEBHOOK_SECRET: secrets.githubWebhookSecret,
    DATABASE_URL: secrets.databaseUrl,
    ...secrets.agents,
    ...secrets.github,
  };
  return Object.fromEntries(
    Object.entries(named).flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
  );
}
