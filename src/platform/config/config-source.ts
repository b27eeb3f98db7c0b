import { type FSWatcher, unwatchFile, watch, watchFile } from 'node:fs';
import { basename, dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { canonicalJson } from '../../lib/json.ts';
import { describeKeys, type KeyDescription } from './describe-keys.ts';
import { readKey } from './edit-config.ts';
import type { LoadedConfig } from './load-config.ts';
import { lay } from './overlays.ts';
import type { Config } from './schema.ts';

/** The configuration that holds now. Nobody keeps a copy: ask, or subscribe. */
export interface ConfigSource {
  current(): Config;
  /** Called after each change that took effect; answers how to stop it. */
  subscribe(listener: (before: Config, after: Config) => void): () => void;
  /** Reads the file again now; what it finds is told like a change that was noticed. */
  reload(): Promise<void>;
  close(): void;
}

/** What came of reading the file again. */
export interface ReloadReport {
  /** Keys whose new value holds from now on. */
  readonly changed: readonly string[];
  /** Keys whose new value waits for the next start. */
  readonly needRestart: readonly string[];
  /** Why the last good configuration was kept; null when the file was fine. */
  readonly error: unknown;
  /** What held until then. */
  readonly before: Config;
}

export interface ConfigSourceOptions {
  readonly initial: LoadedConfig;
  /** Loads in the same way as the first time: same file, environment and flags. */
  readonly load: () => Promise<LoadedConfig>;
  readonly onReload: (report: ReloadReport) => void;
  /** How often the file is looked at where the system does not tell of changes; a second when not said. */
  readonly pollMs?: number;
}

/** Quiet time after a change, so that a file that is still being written is read once and whole. */
const settleMs = 100;
const secondLookMs = 300;

/**
 * Follows the file: a change holds within two seconds, a file that is wrong changes nothing, and keys that need a
 * restart keep their value. Without a file there is nothing to follow.
 */
export function createConfigSource(options: ConfigSourceOptions): ConfigSource {
  const { file } = options.initial;
  const listeners = new Set<(before: Config, after: Config) => void>();
  let current = options.initial.config;
  let reading: Promise<void> = Promise.resolve();
  let settling: NodeJS.Timeout | null = null;

  let told = '';
  let isClosed = false;

  const read = async (): Promise<void> => {
    const before = current;
    let wanted: Config;
    try {
      wanted = (await loadWhole(options.load)).config;
      if (isClosed) return;
    } catch (error) {
      if (isClosed) return;
      // The same complaint about a file that is looked at again is not told again.
      const text = error instanceof Error ? error.message : String(error);
      if (text !== told) options.onReload({ changed: [], needRestart: [], error, before });
      told = text;
      return;
    }
    const { next, changed, needRestart } = applicable(current, wanted);
    const now = needRestart.join(' ');
    if (changed.length === 0 && now === told) return;
    told = now;
    current = next;
    if (changed.length > 0) for (const listener of listeners) listener(before, next);
    options.onReload({ changed, needRestart, error: null, before });
  };
  const reload = (): Promise<void> => {
    reading = reading.then(read);
    return reading;
  };
  const noticed = (): void => {
    settling ??= setTimeout(() => {
      settling = null;
      void reload();
    }, settleMs).unref();
  };
  const stop = file === null ? () => undefined : follow(file, noticed, options.pollMs ?? 1000);
  return {
    current: () => current,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    reload,
    close: () => {
      isClosed = true;
      stop();
      if (settling !== null) clearTimeout(settling);
      listeners.clear();
    },
  };
}

/** A file that is being written is unreadable for a moment, so one that seems wrong is read twice. */
async function loadWhole(load: () => Promise<LoadedConfig>): Promise<LoadedConfig> {
  try {
    return await load();
  } catch {
    await delay(secondLookMs, undefined, { ref: false });
    return await load();
  }
}

/** Keys with one value that differ; lists and tables count as one. */
function differentKeys(one: Config, other: Config): readonly KeyDescription[] {
  return describeKeys().filter(
    ({ path }) =>
      !/[[<]/.test(path) &&
      canonicalJson(readKey(one, path)) !== canonicalJson(readKey(other, path)),
  );
}

/** The wanted configuration with the old values of keys that need a restart. */
function applicable(
  before: Config,
  wanted: Config,
): { next: Config; changed: readonly string[]; needRestart: readonly string[] } {
  const different = differentKeys(before, wanted);
  const next = structuredClone(wanted);
  const needRestart = different.filter(({ restart }) => restart).map(({ path }) => path);
  // With a whole group its parts have their old values.
  const isInside = (path: string): boolean =>
    needRestart.some((outer) => path.startsWith(`${outer}.`));
  for (const path of needRestart.filter((one) => !isInside(one)))
    lay(next, { path: path.split('.'), value: readKey(before, path) });
  const changed = different.filter(({ restart }) => !restart).map(({ path }) => path);
  return { next, changed, needRestart };
}

/** Watches the folder, because editors and deployments replace the file, and looks at it now and then as well. */
function follow(file: string, noticed: () => void, pollMs: number): () => void {
  // Node compares by itself, beside this thread, and calls only for what is different: a look a second of our own would
  // wake a service at rest three times as long.
  const different = (): void => noticed();
  watchFile(file, { persistent: false, interval: pollMs }, different);
  const watcher = watcherOf(dirname(file), (name) => {
    if (name === null || name === basename(file)) noticed();
  });
  return () => {
    unwatchFile(file, different);
    watcher?.close();
  };
}

/** Null where the system has no watches left; polling goes on. */
function watcherOf(folder: string, onChange: (name: string | null) => void): FSWatcher | null {
  try {
    const watcher = watch(folder, { persistent: false }, (_, name) => onChange(name));
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch {
    return null;
  }
}
