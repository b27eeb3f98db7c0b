import { constants } from 'node:fs';
import { access, readFile, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError, messageOf } from '../../lib/app-error.ts';
import { sha256 } from '../../lib/hash.ts';
import { runningConfigHandlers } from '../../operations/config/running-handlers.ts';
import type { Gate, Served } from '../../operations/gate.ts';
import { configJsonSchema, describeKeys } from '../../platform/config/describe-keys.ts';
import { readKey, readKeyIfThere, setValue } from '../../platform/config/edit-config.ts';
import { isFileOnly } from '../../platform/config/file-only.ts';
import { type LoadedConfig, loadConfig } from '../../platform/config/load-config.ts';
import { maskedValue } from '../../platform/config/mask.ts';
import { maskedText } from '../../platform/config/mask-text.ts';
import type { Validator } from '../../platform/config/validator.ts';
import type { OpenOptions } from '../open-options.ts';
import { validateFile, writeConfig, writeOne } from './config-files.ts';
import type { LiveConfig } from './live-config.ts';
import { readConfig } from './live-config.ts';
import { checklistWithin } from './production-checklist.ts';

/** `config.show`, `.file`, `.check`, `.preview`, `.save`, `.change`: on the file of this process and no other one. */
export function runningConfigOperations(
  options: OpenOptions,
  loaded: LoadedConfig,
  live: LiveConfig,
  redact: (text: string) => string,
  parts: { readonly gate: () => Gate; readonly validator: Validator },
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
  const isRestart = (key: string): boolean =>
    describeKeys().some(
      ({ path, restart: waits }) => waits && (path === key || path.startsWith(`${key}.`)),
    );
  // Two who write at once would each keep the other's old values.
  let writing: Promise<unknown> = Promise.resolve();
  const oneAtATime = <T>(work: () => Promise<T>): Promise<T> => {
    const next = writing.then(work, work);
    writing = next;
    return next;
  };
  /** What is shown masked would be written back masked. */
  const holdsSecret = (key: string): boolean => {
    const value = readKeyIfThere(live.current(), key);
    return JSON.stringify(shown(key, value)) !== JSON.stringify(value);
  };
  const requireWritable = (changes: readonly Pick<Change, 'key' | 'insert'>[]): string => {
    const keys = changes.map(({ key }) => key);
    if (file === null) throw noFile();
    const closed = keys.find((key) => isFileOnly(key));
    if (closed !== undefined) throw fileOnly(closed, file);
    // What moves on is kept as it is.
    const secret = changes.find(({ key, insert }) => insert !== true && holdsSecret(key))?.key;
    if (secret !== undefined) throw secretInside(secret, file);
    return file;
  };
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
            editable: file !== null && !isFileOnly(one.path) && !holdsSecret(one.path),
          })),
        needRestart: [...needRestart],
        error: error?.message ?? null,
      };
    },
    check: (environment, context) =>
      validateFile(options, file ?? undefined, environment, {
        validator: parts.validator,
        checklist: (now, report) => checklistWithin(parts.gate(), now, report, context),
      }),
    file: async () => {
      const schema = configJsonSchema();
      if (file === null)
        return { file, version: null, text: null, writable: false, why: noFile().message, schema };
      const text = await readFile(file, 'utf8');
      const why = await whyReadOnly(file);
      return {
        file,
        version: sha256(text),
        text: maskedText(text, redact),
        writable: why === null,
        why,
        schema,
      };
    },
    preview: async (changes, environment) => {
      const place = requireWritable(changes);
      const before = await readFile(place, 'utf8');
      const after = changedText(before, changes);
      const report = await validateFile(options, place, environment, {
        validator: parts.validator,
        checklist: null,
        text: after,
      });
      const now = live.current();
      const next = await loadConfig({
        file: place,
        folder: options.folder,
        env: options.env,
        readFile: async () => after,
      }).catch(() => null);
      return {
        fits: next !== null,
        report,
        differences: changes.map(({ key, value, insert }) => ({
          key,
          before: insert === true ? undefined : shown(key, readKeyIfThere(now, key)),
          // Where the whole does not hold together, the value as it was given.
          after: shown(key, next === null ? valueOf(key, value) : readKeyIfThere(next.config, key)),
          restart: isRestart(key),
        })),
        before: maskedText(before, redact),
        after: maskedText(after, redact),
        version: sha256(before),
      };
    },
    save: async (changes, version) =>
      oneAtATime(async () => {
        const keys = changes.map(({ key }) => key);
        const place = requireWritable(changes);
        if (version !== (await versionNow())) throw changedMeanwhile();
        await writeConfig(options, place, (text) => changedText(text, changes));
        await live.reload();
        return { version: (await versionNow()) ?? '', restart: keys.filter(isRestart) };
      }),
    change: async ({ key, value, version }) =>
      oneAtATime(async () => {
        const place = requireWritable([{ key }]);
        if (version !== undefined && version !== (await versionNow())) throw changedMeanwhile();
        const written = await writeOne(options, place, key, value);
        await live.reload();
        return { key, value: shown(key, written.value), restart: isRestart(key) };
      }),
  });
}

interface Change {
  readonly key: string;
  /** As JSON; null takes the key out. */
  readonly value: string | null;
  /** Put before what stands at that position of a list. */
  readonly insert?: boolean;
}

function changedText(text: string, changes: readonly Change[]): string {
  return changes.reduce(
    (now, { key, value, insert }) => setValue(now, key, valueOf(key, value), insert),
    text,
  );
}

function valueOf(key: string, value: string | null): unknown {
  if (value === null) return undefined;
  try {
    return JSON.parse(value);
  } catch (cause) {
    throw new AppError({
      kind: 'invalid_input',
      code: 'config_value_not_json',
      message: `What is to stand at ${key} is no JSON: ${messageOf(cause)}.`,
      next: 'Put text between double quotes; nothing was written.',
      details: { key, issues: [{ field: key, message: 'this is no JSON' }] },
      cause,
    });
  }
}

/** The file is written beside the old one and moved there: both the file and its folder must allow it. */
async function whyReadOnly(file: string): Promise<string | null> {
  const place = await realpath(file).catch(() => file);
  for (const [path, what] of [
    [place, 'file'],
    [dirname(file), 'folder'],
    [dirname(place), 'folder'],
  ] as const) {
    const code = await access(path, constants.W_OK).then(
      () => null,
      (error: NodeJS.ErrnoException) => error.code ?? 'unknown',
    );
    if (code !== null) return `The ${what} ${path} cannot be written by the service (${code}).`;
  }
  return null;
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

function secretInside(key: string, file: string): AppError {
  return new AppError({
    kind: 'forbidden',
    code: 'config_holds_secret',
    message: `${key} holds a secret, which is shown masked and would be lost.`,
    next: `Edit ${file}; better, put the secret under Security, Credentials.`,
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
