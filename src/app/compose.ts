import type { GateAudit } from '../operations/gate.ts';
import type { Redactor } from '../platform/redaction/redactor.ts';
import { environmentRedactor } from './environment-redactor.ts';
import { lightHandlers } from './light-handlers.ts';
import { gateOf } from './open-gate.ts';
import type { Manager, OpenOptions } from './open-options.ts';

/** Builds only as much as an operation needs: nothing, the configuration, the store, or the engine. */
export async function openManager(options: OpenOptions): Promise<Manager> {
  return options.needs === 'nothing' ? openLight(options) : openFull(options);
}

/** Loaded when it is needed: configuration, logs and store cost more to read in than a small scan takes. */
async function openFull(options: OpenOptions): Promise<Manager> {
  const { startAhead } = await import('./store/start-ahead.ts');
  const ahead = await startAhead(options);
  try {
    const full = await import('./open-full.ts');
    return await full.openFull(options, ahead.loaded);
  } catch (error) {
    await ahead.giveUp();
    throw error;
  }
}

/** Operations that need no store: they log nowhere and audit nothing, because there is nowhere to. */
async function openLight(options: OpenOptions): Promise<Manager> {
  let redactor: Redactor | null = null;
  const gate = gateOf({
    served: await lightHandlers(options.operation, options, openFull),
    audit: noAudit,
    log: silent,
    redact: (text) => (redactor ??= environmentRedactor(options.env)).redact(text),
  });
  return { gate, dataDir: null, identity: null, engine: null, close: async () => undefined };
}

const silent = { info: () => undefined, warn: () => undefined };

const noAudit: GateAudit = {
  begin: async () => '',
  finish: async () => undefined,
};
