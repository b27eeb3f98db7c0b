import { type FSWatcher, watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { canonicalJson } from '../../lib/json.ts';
import { describeKeys } from './describe-keys.ts';
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

  const read = async (): Promise<void> => {
    try {
      const { config: wanted } = await options.load();
      const { next, changed, needRestart } = applicable(current, wanted);
      if (changed.length === 0 && needRestart.length === 0) return;
      const before = current;
      current = next;
      if (changed.length > 0) for (const listener of listeners) listener(before, next);
      options.onReload({ changed, needRestart, error: null });
    } catch (error) {
      options.onReload({ changed: [], needRestart: [], error });
    }
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
      stop();
      if (settling !== null) clearTimeout(settling);
      listeners.clear();
    },
  };
}

/** The wanted configuration with the old values of keys that need a restart. */
function applicable(
  before: Config,
  wanted: Config,
): { next: Config; changed: readonly string[]; needRestart: readonly string[] } {
  const different = describeKeys().filter(
    ({ path }) =>
      !/[[<]/.test(path) &&
      canonicalJson(readKey(before, path)) !== canonicalJson(readKey(wanted, path)),
  );
  const next = structuredClone(wanted);
  const needRestart = different.filter(({ restart }) => restart).map(({ path }) => path);
  for (const path of needRestart)
    lay(next, { path: path.split('.'), value: readKey(before, path) });
  const changed = different.filter(({ restart }) => !restart).map(({ path }) => path);
  return { next, changed, needRestart };
}

/** Watches the folder, because editors and deployments replace the file, and looks at it now and then as well. */
function follow(file: string, noticed: () => void, pollMs: number): () => void {
  let seen: string | null = null;
  const look = async (): Promise<void> => {
    const now = await stampOf(file);
    if (seen !== null && now !== seen) noticed();
    seen = now;
  };
  void look();
  const timer = setInterval(() => void look(), pollMs).unref();
  const watcher = watcherOf(dirname(file), (name) => {
    if (name === null || name === basename(file)) noticed();
  });
  return () => {
    clearInterval(timer);
    watcher?.close();
  };
}

async function stampOf(file: string): Promise<string> {
  try {
    const { mtimeMs, size, ino } = await stat(file);
    return `${mtimeMs}:${size}:${ino}`;
  } catch {
    return 'gone';
  }
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
