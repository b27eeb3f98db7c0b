import { readFile } from 'node:fs/promises';
import { AppError } from '../lib/app-error.ts';
import { sha256 } from '../lib/hash.ts';
import { runningConfigHandlers } from '../operations/config/running-handlers.ts';
import type { Served } from '../operations/gate.ts';
import { describeKeys } from '../platform/config/describe-keys.ts';
import { readKey } from '../platform/config/edit-config.ts';
import { isFileOnly } from '../platform/config/file-only.ts';
import type { LoadedConfig } from '../platform/config/load-config.ts';
import { maskedValue } from '../platform/config/mask.ts';
import { validateFile, writeOne } from './config-files.ts';
import type { LiveConfig } from './live-config.ts';
import { readConfig } from './live-config.ts';
import type { OpenOptions } from './open-options.ts';

/** `config.show`, `config.check`, `config.change`: on the file of this process and no other one. */
export function runningConfigOperations(
  options: OpenOptions,
  loaded: LoadedConfig,
  live: LiveConfig,
  redact: (text: string) => string,
): readonly Served[] {
  const { file } = loaded;
  const shown = (key: string, value: unknown): unknown => maskedValue(key, value, redact);
  // The sources as the file says now; while it is wrong, as it said at the start.
  const sources = async (): Promise<LoadedConfig['sources']> =>
    live.state().error === null && options.loaded === undefined
      ? (await readConfig(options)).sources
      : loaded.sources;
  const versionNow = async (): Promise<string | null> =>
    file === null ? null : sha256(await readFile(file, 'utf8'));
  return runningConfigHandlers({
    show: async () => {
      const from = await sources();
      const { needRestart, error } = live.state();
      return {
        file,
        version: await versionNow(),
        keys: describeKeys()
          .filter(({ path }) => !/[[<]/u.test(path))
          .map((one) => ({
            key: one.path,
            value: shown(one.path, readKey(live.current(), one.path)),
            source: from.get(one.path) ?? 'default',
            description: one.description,
            type: one.type,
            default: one.default,
            restart: one.restart,
            editable: file !== null && !isFileOnly(one.path),
          })),
        needRestart: [...needRestart],
        error: error?.message ?? null,
      };
    },
    check: (environment) => validateFile(options, file ?? undefined, environment),
    change: async ({ key, value, version }) => {
      if (file === null) throw noFile();
      if (isFileOnly(key)) throw fileOnly(key, file);
      if (version !== undefined && version !== (await versionNow())) throw changedMeanwhile();
      const written = await writeOne(options, file, key, value);
      await live.reload();
      const restart = describeKeys().some(
        ({ path, restart: waits }) => waits && (path === key || path.startsWith(`${key}.`)),
      );
      return { key, value: shown(key, written.value), restart };
    },
  });
}

function noFile(): AppError {
  return new AppError({
    kind: 'conflict',
    code: 'config_without_file',
    message:
      'The service was started without a configuration file, so there is nothing to write into.',
    next: 'Write one with `claude-manager init` and start again.',
  });
}

function fileOnly(key: string, file: string): AppError {
  return new AppError({
    kind: 'forbidden',
    code: 'config_file_only',
    message: `${key} is changed in the file only, because it decides what runs as the user of the service, or where secrets go.`,
    next: `Edit ${file}, or run \`claude-manager config set ${key} VALUE\` on that machine.`,
    details: { key },
  });
}

function changedMeanwhile(): AppError {
  return new AppError({
    kind: 'conflict',
    code: 'config_changed',
    message: 'The file was changed by somebody else since you read it; nothing was written.',
    next: 'Read the configuration again and repeat the change.',
  });
}
