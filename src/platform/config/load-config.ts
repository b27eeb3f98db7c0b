import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { AppError } from '../../lib/app-error.ts';
import { sha256 } from '../../lib/hash.ts';
import { createRedactor } from '../redaction/redactor.ts';
import { type ConfigDocument, parseConfigDocument } from './config-document.ts';
import { type ConfigIssue, configInvalid } from './config-issue.ts';
import { describeKeys } from './describe-keys.ts';
import { type Explanation, explainIssue } from './explain-issue.ts';
import {
  type Environment,
  environmentOverlays,
  flagOverlays,
  isObject,
  lay,
  type Overlay,
  unknownVariables,
} from './overlays.ts';
import { resolveFolders } from './resolve-folders.ts';
import { type RetiredUse, takeRetired } from './retired-keys.ts';
import { type Config, configSchema } from './schema.ts';
import { readSecrets, type Secrets } from './secrets.ts';

export type Source = 'default' | 'file' | 'environment' | 'flag';

/** A whole, valid configuration, frozen, and where each of its values comes from. */
export interface LoadedConfig {
  readonly config: Config;
  readonly secrets: Secrets;
  /** By key, for every key that has one value; lists and tables count as one. */
  readonly sources: ReadonlyMap<string, Source>;
  /** Absolute path; null when only defaults, environment and flags hold. */
  readonly file: string | null;
  /** Permission bits of the file; null when unknown. */
  readonly mode: number | null;
  readonly document: ConfigDocument | null;
  /** SHA-256 of the text of the file; null without one. */
  readonly textHash: string | null;
  /** Keys of the first generation that the file still holds. */
  readonly retired: readonly RetiredUse[];
  /** What is odd but not wrong, in words. */
  readonly warnings: readonly string[];
}

export interface LoadOptions {
  /** Must exist when named. When not said, `config.json` in the folder, and none is fine unless `required`. */
  readonly file?: string | undefined;
  readonly required?: boolean | undefined;
  /** Where relative paths start that are not in a file. */
  readonly folder: string;
  readonly env: Environment;
  /** By key, for example `{ 'logging.level': 'DEBUG' }`; undefined ones were not given. */
  readonly flags?: Readonly<Record<string, unknown>>;
  /** In place of defaults, by key: for a mode that differs where nobody says anything. */
  readonly fallbacks?: Readonly<Record<string, unknown>>;
  /** Reads a file as text; the file system when not said. */
  readonly readFile?: (path: string) => Promise<string>;
}

/**
 * Defaults < file < environment < flags. AppErrors: `config_not_found`, `config_unreadable`, and `config_invalid` with
 * every fault at once in `details.issues` (ConfigIssue).
 */
export async function loadConfig(options: LoadOptions): Promise<LoadedConfig> {
  const { file, text, mode } = await read(options);
  const document = text === null ? null : parseConfigDocument(text);
  const shown = file ?? resolve(options.folder, 'config.json');
  if (document !== null && document.faults.length > 0)
    throw configInvalid(
      file,
      document.faults.map((fault) => ({ ...fault, place: placeOf(shown, fault) })),
    );
  const merged = isObject(document?.value) ? structuredClone(document.value) : {};
  const retired = takeRetired(merged);
  for (const [key, value] of Object.entries(options.fallbacks ?? {})) {
    const path = key.split('.');
    if (!isThere(merged, path)) lay(merged, { path, value });
  }
  const overlays = [
    ...environmentOverlays(options.env),
    ...flagOverlays(options.flags ?? {}),
  ].filter((overlay) => lay(merged, overlay));
  const result = configSchema.safeParse(merged);
  if (!result.success) {
    const redactor = createRedactor(new Uint8Array(32));
    const explained = result.error.issues.flatMap((issue) =>
      explainIssue(issue, merged, (text) => redactor.redact(text)),
    );
    throw configInvalid(
      file,
      explained.map((one) => placed(one, document, shown, overlays)),
    );
  }
  const base = file === null ? options.folder : dirname(file);
  return {
    config: frozen(resolveFolders(result.data, base, options.env['HOME'])),
    secrets: readSecrets(options.env, result.data),
    sources: sourcesOf(document?.value, retired, overlays),
    file,
    mode,
    document,
    textHash: text === null ? null : sha256(text),
    retired,
    warnings: unknownVariables(options.env).map(
      ({ name, meant }) =>
        `${name} sets nothing.${meant === null ? '' : ` Did you mean ${meant}?`}`,
    ),
  };
}

async function read(
  options: LoadOptions,
): Promise<{ file: string | null; text: string | null; mode: number | null }> {
  const file = resolve(options.folder, options.file ?? 'config.json');
  try {
    const text = await (options.readFile ?? ((path) => readFile(path, 'utf8')))(file);
    return { file, text, mode: await modeOf(file) };
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    const missing = code === 'ENOENT';
    if (missing && options.file === undefined && options.required !== true)
      return { file: null, text: null, mode: null };
    throw missing ? notFound(file, cause) : unreadable(file, code, cause);
  }
}

async function modeOf(file: string): Promise<number | null> {
  try {
    return (await stat(file)).mode & 0o777;
  } catch {
    return null;
  }
}

function notFound(file: string, cause: unknown): AppError {
  return new AppError({
    kind: 'not_found',
    code: 'config_not_found',
    message: `There is no configuration at ${file}.`,
    next: 'Write one with `claude-manager init`, or name one with --config FILE.',
    details: { file },
    cause,
  });
}

function unreadable(file: string, code: string, cause: unknown): AppError {
  return new AppError({
    kind: 'invalid_input',
    code: 'config_unreadable',
    message: `The configuration ${file} cannot be read (${code}).`,
    next: 'Check that it is a file and that this user may read it.',
    details: { file },
    cause,
  });
}

function placed(
  { path, name, message, suggestion }: Explanation,
  document: ConfigDocument | null,
  file: string,
  overlays: readonly Overlay[],
): ConfigIssue {
  const overlay = overlays.findLast(({ path: over }) =>
    over.every((part, index) => String(path[index]) === part),
  );
  const text = path.join('.');
  if (overlay !== undefined || document === null) {
    const place = overlay?.place ?? 'defaults';
    return { path: text, place, line: null, column: null, message, suggestion };
  }
  const position = name ? document.nameAt(path) : document.valueAt(path);
  return { path: text, place: placeOf(file, position), ...position, message, suggestion };
}

function placeOf(file: string, { line, column }: { line: number; column: number }): string {
  return `${file.split('/').at(-1)}:${line}:${column}`;
}

function sourcesOf(
  value: unknown,
  retired: readonly RetiredUse[],
  overlays: readonly Overlay[],
): ReadonlyMap<string, Source> {
  const sources = new Map<string, Source>();
  for (const { path } of describeKeys()) {
    if (!path.includes('[]') && !path.includes('<'))
      sources.set(path, isThere(value, path.split('.')) ? 'file' : 'default');
  }
  for (const { to, value: moved } of retired)
    if (to !== null && moved !== undefined) sources.set(to, 'file');
  for (const { path, source } of overlays) sources.set(path.join('.'), source);
  return sources;
}

function isThere(value: unknown, path: readonly string[]): boolean {
  let place = value;
  for (const part of path) {
    if (!isObject(place) || !Object.hasOwn(place, part)) return false;
    place = place[part];
  }
  return true;
}

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    for (const inner of Object.values(value)) frozen(inner);
    Object.freeze(value);
  }
  return value;
}
