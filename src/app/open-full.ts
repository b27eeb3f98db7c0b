import { spareMemory } from '../lib/collect-garbage.ts';
import { systemRandom } from '../lib/random.ts';
import type { Gate } from '../operations/gate.ts';
import { startService } from '../operations/service/contract.ts';
import type { LoadedConfig } from '../platform/config/load-config.ts';
import { createInspect } from '../platform/inspection/inspect.ts';
import type { LineSink } from '../platform/logging/logger.ts';
import { factsFirst } from '../platform/logging/logger.ts';
import { watchPerformance } from '../platform/telemetry/monitor-performance.ts';
import { fixedConfig, followConfig, readConfig } from './configuration/live-config.ts';
import { allSecrets } from './configuration/named-secrets.ts';
import { environmentRedactor } from './environment-redactor.ts';
import { storelessHandlers } from './light-handlers.ts';
import { gateOf } from './open-gate.ts';
import type { Manager, OpenOptions } from './open-options.ts';
import { openRooms } from './open-rooms.ts';
import { openLogger } from './watching/open-logger.ts';
import { gateObserver, openTelemetry } from './watching/open-telemetry.ts';

/** A fifth of the heap of a service that has started was wanted for its start alone; it is given back once it rests. */
const afterStartMs = 60_000;

/** Builds the store, and with `engine` what does the work. Whatever fails halfway is closed again. */
export async function openFull(options: OpenOptions, loaded: LoadedConfig): Promise<Manager> {
  const { config } = loaded;
  const redactor = environmentRedactor(options.env);
  for (const [name, value] of Object.entries(allSecrets(loaded))) redactor.register(name, value);
  const live =
    options.needs === 'engine' ? followConfig(options, loaded, redactor) : fixedConfig(loaded);
  const isService = options.operation === startService.name;
  const collectors: LineSink[] = [];
  const logger = openLogger(
    () => live.current(),
    (line) => redactor.redact(line),
    options.flags,
    { isService, others: () => collectors },
  );
  const performance = watchPerformance(logger);
  const telemetry = openTelemetry();
  const closers: (() => Promise<void>)[] = [
    () => logger.close(),
    async () => performance.stop(),
    async () => live.close(),
  ];
  const close = async (): Promise<void> => {
    for (const closer of closers.toReversed()) await closer();
  };
  try {
    let gate: Gate | null = null;
    const inspect = createInspect(systemRandom.bytes(32));
    // While the database starts: the first text that is looked at reads in all signs, for which calls would stand still.
    if (isService && options.isOnce !== true)
      setImmediate(() => inspect({ text: 'Please look at this text, which says nothing.' }));
    const rooms = await openRooms({
      gate: () => {
        if (gate === null) throw new Error('the gate is asked for before it stands');
        return gate;
      },
      options,
      loaded,
      live,
      logger,
      redactor,
      log: factsFirst(logger),
      performance,
      telemetry,
      collectors,
    });
    closers.push(() => rooms.close());
    const light = options.whole === true ? await storelessHandlers(options, openAnew) : [];
    gate = gateOf({
      served: [...rooms.served, ...light],
      audit: rooms.audit,
      log: logger,
      guard: rooms.guard.guard,
      observe: gateObserver(telemetry),
      inspect,
      redact: (text) => redactor.redact(text),
    });
    if (isService) {
      const endSparing = spareMemory(afterStartMs);
      closers.push(async () => endSparing());
    }
    return { gate, dataDir: config.dataDir, identity: rooms.identity, engine: rooms.engine, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openAnew(options: OpenOptions): Promise<Manager> {
  return await openFull(options, options.loaded ?? (await readConfig(options)));
}
