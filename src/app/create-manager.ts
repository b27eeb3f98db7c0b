import { readFile } from 'node:fs/promises';
import { AppError } from '../lib/app-error.ts';
import { catalogue } from '../operations/catalogue.ts';
import type { CallContext, Caller } from '../operations/gate.ts';
import type { HealthReport } from '../operations/health/contract.ts';
import { healthCategories, runHealth } from '../operations/health/contract.ts';
import type { LoadedConfig } from '../platform/config/load-config.ts';
import { loadConfig as loadConfigWith } from '../platform/config/load-config.ts';
import { openManager } from './compose.ts';
import { libraryActor, type NamedUser } from './operating-system-actor.ts';

/** Who calls, as the audit log and each log line say. */
export interface ManagerCaller {
  /** Where the call comes from: a network address, or a name of the caller's choice. */
  readonly clientId: string;
  /**
   * The name of an account, with its rights of the moment. The operating-system user that this process runs as needs
   * none and holds all rights if the data folder is theirs; any other name may only look; an empty one may do nothing.
   */
  readonly userId: string;
  /** Ties together what one unit of work causes; made when not given. */
  readonly correlationId?: string;
}

export interface SecureBlock extends ManagerCaller {
  /** Name of the work in the audit log. */
  readonly operation: string;
  /** What the code needs; the user must hold them all. They grant nothing. */
  readonly permissions: readonly string[];
}

export type SecureContext = Pick<CallContext, 'actor' | 'correlationId' | 'signal'>;
export type HealthCategory = (typeof healthCategories)[number];

/** The system inside another program: the same gate as the command line has. */
export interface EmbeddedManager {
  /**
   * Runs one operation of the catalogue (docs/reference/operations.md). Throws AppError: `forbidden`, `invalid_input`,
   * `not_found` for a name that is not in it, or what the operation throws.
   */
  execute(operation: string, input: unknown, caller: ManagerCaller): Promise<unknown>;
  /** Runs your own code with permission check, audit pair and log context; AppError `forbidden` without the rights. */
  secureOperation<T>(block: SecureBlock, body: (context: SecureContext) => Promise<T>): Promise<T>;
  readonly health: {
    /** Measures now, as this program; all categories when none is named. */
    run(options?: { readonly categories?: readonly HealthCategory[] }): Promise<HealthReport>;
  };
  /** Closes what was opened; the last user of the embedded database stops it. Stopping twice is harmless. */
  stop(): Promise<void>;
}

export interface ManagerOptions {
  /** The configuration file; `config.json` in the working folder when not said. Not used with a loaded one. */
  readonly file?: string;
  /** Also launches the engine, so that `service.start` and `tasks.execute` work; one a process, one a data folder. */
  readonly engine?: boolean;
}

/** Reads, checks and freezes a configuration; `config.json` in the working folder when no path is said. */
export async function loadConfig(file?: string): Promise<LoadedConfig> {
  return loadConfigWith({ file, required: true, folder: process.cwd(), env: process.env });
}

/**
 * Opens the system on a configuration, read before or named in the options: database, stores, code hosts and, when
 * asked for, the engine. The environment (`DATABASE_URL`, `GITHUB_TOKEN`, ...) is read as the command line reads it.
 */
export async function createManager(
  source: LoadedConfig | ManagerOptions = {},
  options: Pick<ManagerOptions, 'engine'> = {},
): Promise<EmbeddedManager> {
  const loaded = 'config' in source ? source : await loadConfig(source.file);
  const engine = options.engine ?? ('config' in source ? false : source.engine === true);
  const manager = await openManager({
    needs: engine ? 'engine' : 'store',
    operation: 'library',
    flags: loaded.file === null ? {} : { config: loaded.file },
    overrides: {},
    env: process.env,
    folder: process.cwd(),
    version: await packageVersion(),
    isTerminal: false,
    loaded,
    whole: true,
  });
  let stopping: Promise<void> | undefined;
  const callerOf = async (caller: ManagerCaller): Promise<Caller & Pick<NamedUser, 'isKnown'>> => {
    if (stopping !== undefined || manager.identity === null) throw stopped();
    const { clientId, userId, correlationId } = caller;
    const named = await libraryActor(userId, loaded.config.dataDir, manager.identity);
    return {
      door: 'library',
      ...named,
      clientId,
      ...(correlationId === undefined ? {} : { correlationId }),
    };
  };
  return {
    execute: async (operation, input, caller) => {
      if (!engine) refuseWithoutEngine(operation);
      return manager.gate.execute(operation, input, await callerOf(caller));
    },
    secureOperation: async ({ operation, permissions, ...user }, body) => {
      const { isKnown, ...caller } = await callerOf(user);
      // Who is not known may look through an operation of ours, but code of yours may do anything.
      const actor = isKnown ? caller.actor : withoutRights(user.userId);
      return manager.gate.secure({ operation, permissions }, { ...caller, actor }, body);
    },
    health: {
      run: async ({ categories = [] } = {}) => {
        if (stopping !== undefined) throw stopped();
        const self: Caller = {
          door: 'library',
          actor: { kind: 'system', name: 'library' },
          clientId: 'local',
        };
        return (await manager.gate.execute(runHealth.name, { categories }, self)) as HealthReport;
      },
    },
    stop: () => (stopping ??= manager.close()),
  };
}

function withoutRights(name: string): Caller['actor'] {
  return name === '' ? { kind: 'anonymous', name: 'anonymous' } : { kind: 'user', name, roles: [] };
}

function refuseWithoutEngine(operation: string): void {
  if (catalogue().find(({ name }) => name === operation)?.needs !== 'engine') return;
  throw new AppError({
    kind: 'unavailable',
    code: 'engine_not_open',
    message: `${operation} needs the engine, and this manager was made without it.`,
    next: 'Make it with createManager(config, { engine: true }).',
  });
}

async function packageVersion(): Promise<string> {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

function stopped(): AppError {
  return new AppError({
    kind: 'unavailable',
    code: 'manager_stopped',
    message: 'This manager was stopped.',
    next: 'Make a new one with createManager.',
  });
}
