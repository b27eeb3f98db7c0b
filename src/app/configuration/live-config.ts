import type { AppError } from '../../lib/app-error.ts';
import { toAppError } from '../../lib/app-error.ts';
import { sha256 } from '../../lib/hash.ts';
import { canonicalJson } from '../../lib/json.ts';
import {
  type ConfigSource,
  createConfigSource,
  type ReloadReport,
} from '../../platform/config/config-source.ts';
import { readKey } from '../../platform/config/edit-config.ts';
import { type LoadedConfig, loadConfig } from '../../platform/config/load-config.ts';
import { maskedValue } from '../../platform/config/mask.ts';
import type { Config } from '../../platform/config/schema.ts';
import type { Redactor } from '../../platform/redaction/redactor.ts';
import type { OpenOptions } from '../open-options.ts';
import { allSecrets } from './named-secrets.ts';
import { requireNoNewFault } from './require-sound.ts';

/** One key before and after a reload; secrets are masked. */
export interface KeyChange {
  readonly key: string;
  readonly before: string;
  readonly after: string;
}

/** SHA-256 of all values that held before a reading of the file, and of those that hold after it. */
interface ConfigHashes {
  readonly before: string;
  readonly after: string;
}

/** What the last reading of the file came to. */
export interface ReloadState {
  /** Keys whose new value in the file waits for the next start. */
  readonly needRestart: readonly string[];
  /** Why the file that is there now does not hold; null when it does. */
  readonly error: AppError | null;
}

type ReloadListener = (
  state: ReloadState,
  changes: readonly KeyChange[],
  hashes: ConfigHashes,
) => void;

/** The configuration of this process as it is now. */
export interface LiveConfig extends ConfigSource {
  state(): ReloadState;
  /** Told of every reading that found something, with what changed. */
  onReload(listener: ReloadListener): void;
}

/** Reads the configuration as the flags and the environment say. */
export function readConfig(options: OpenOptions): Promise<LoadedConfig> {
  return loadConfig({
    file: options.flags.config,
    required: true,
    folder: options.folder,
    env: options.env,
    ...(options.fallbacks === undefined ? {} : { fallbacks: options.fallbacks }),
    flags: {
      ...options.overrides,
      ...(options.flags.debug === true ? { 'logging.level': 'DEBUG' } : {}),
    },
  });
}

/** Follows the file for as long as the process runs; secrets that a new configuration names are masked from then on. */
export function followConfig(
  options: OpenOptions,
  initial: LoadedConfig,
  redactor: Pick<Redactor, 'register' | 'redact'>,
): LiveConfig {
  const listeners: ReloadListener[] = [];
  let state: ReloadState = { needRestart: [], error: null };
  const tell = ({ changed, needRestart, error, before }: ReloadReport): void => {
    state = { needRestart, error: error === null ? null : toAppError(error) };
    const mask = (config: Config, key: string): string =>
      JSON.stringify(maskedValue(key, readKey(config, key), (text) => redactor.redact(text)));
    const changes = changed.map((key) => ({
      key,
      before: mask(before, key),
      after: mask(source.current(), key),
    }));
    const hashes = { before: hashOf(before), after: hashOf(source.current()) };
    for (const listener of listeners) listener(state, changes, hashes);
  };
  let accepted = initial;
  const source = createConfigSource({
    initial,
    load: async () => {
      const loaded = await readConfig({
        ...options,
        flags: {
          ...options.flags,
          ...(initial.file === null ? {} : { config: initial.file }),
        },
      });
      for (const [name, value] of Object.entries(allSecrets(loaded)))
        redactor.register(name, value);
      if (options.flags.validateConfig !== false) await requireNoNewFault(accepted, loaded);
      accepted = loaded;
      return loaded;
    },
    onReload: tell,
  });
  return {
    ...source,
    state: () => state,
    onReload: (listener) => void listeners.push(listener),
  };
}

function hashOf(config: Config): string {
  return sha256(canonicalJson(config));
}

/** A configuration that stays as it was read: for commands that end before anybody changes a file. */
export function fixedConfig(loaded: LoadedConfig): LiveConfig {
  return {
    current: () => loaded.config,
    subscribe: () => () => undefined,
    reload: async () => undefined,
    close: () => undefined,
    state: () => ({ needRestart: [], error: null }),
    onReload: () => undefined,
  };
}
