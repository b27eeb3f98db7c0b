import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { toAppError } from '../../lib/app-error.ts';
import { systemClock } from '../../lib/clock.ts';
import type { Ask, ChecklistSettings } from '../../operations/config/checklist.ts';
import { runChecklist } from '../../operations/config/checklist.ts';
import type { ChecklistItem, ValidationReport } from '../../operations/config/contract.ts';
import type { CallContext, Caller, Gate } from '../../operations/gate.ts';
import type { LoadedConfig } from '../../platform/config/load-config.ts';
import type { OpenFull } from '../demo/run-demo.ts';
import type { OpenOptions } from '../open-options.ts';
import { commandLineActor } from '../operating-system-actor.ts';
import { allSecrets } from './named-secrets.ts';

type Report = Omit<ValidationReport, 'checklist'>;

/** The checklist for a command: the store is opened when there is one, and never made for the question. */
export async function checklistFor(
  options: OpenOptions,
  openFull: OpenFull,
  loaded: LoadedConfig,
  report: Report,
  context: CallContext,
): Promise<ChecklistItem[]> {
  const base = { report, settings: settingsOf(loaded), now: systemClock.now() };
  if (!(await hasStore(loaded)))
    return runChecklist({
      ...base,
      ask: null,
      why: 'There is no database yet; it is made by the first start.',
    });
  context.progress('asking the system for the production checklist');
  const manager = await openFull({ ...options, needs: 'store', loaded }).catch(toAppError);
  if (!('gate' in manager)) return runChecklist({ ...base, ask: null, why: manager.message });
  try {
    const actor = await commandLineActor(loaded.config.dataDir);
    const caller = { door: context.door, actor, clientId: context.clientId };
    return await runChecklist({ ...base, ask: askThrough(manager.gate, caller), why: '' });
  } finally {
    await manager.close();
  }
}

/** The checklist of a running service, asked as whoever asked for it. */
export async function checklistWithin(
  gate: Gate,
  loaded: LoadedConfig,
  report: Report,
  { door, actor, clientId }: CallContext,
): Promise<ChecklistItem[]> {
  return runChecklist({
    report,
    settings: settingsOf(loaded),
    now: systemClock.now(),
    ask: askThrough(gate, { door, actor, clientId }),
    why: '',
  });
}

function askThrough(gate: Gate, caller: Caller): Ask {
  return (contract, input) => gate.execute(contract.name, input, caller) as never;
}

async function hasStore({ config, secrets }: LoadedConfig): Promise<boolean> {
  if (secrets.databaseUrl !== null) return true;
  return access(join(config.dataDir, 'postgres', 'data', 'PG_VERSION')).then(
    () => true,
    () => false,
  );
}

function settingsOf(loaded: LoadedConfig): ChecklistSettings {
  const { logging, alerts, backup, telemetry } = loaded.config;
  const { endpoint, signals } = telemetry.otlp;
  return {
    structuredLogging: logging.structured_logging,
    logSinks: [
      ...(endpoint !== null && signals.includes('logs') ? [`the collector at ${endpoint}`] : []),
      ...(logging.standardOutput ? ['standard output'] : []),
    ],
    alertsEnabled: alerts.enabled,
    alertCredential: alerts.webhookCredential,
    backupIntervalHours: backup.intervalHours,
    secretsOfEnvironment: Object.keys(allSecrets(loaded)).filter((name) => name !== 'DATABASE_URL'),
  };
}
