import { applyEdits, modify } from 'jsonc-parser';
import { AppError } from '../../lib/app-error.ts';
import { type ConfigDocument, parseConfigDocument } from './config-document.ts';
import { describeKeys, schemaAt } from './describe-keys.ts';
import type { LoadedConfig } from './load-config.ts';
import { nearestWord } from './nearest-word.ts';
import { fromText, isObject } from './overlays.ts';
import type { Config } from './schema.ts';

export interface KeyValue {
  readonly key: string;
  readonly value: unknown;
  readonly source: string;
}

/**
 * The value of a key or of a whole section, for example `executor.maxConcurrent`; null for what lies in a group that is
 * null itself. AppError `config_key_unknown`.
 */
export function readKey(config: Config, key: string): unknown {
  let value: unknown = config;
  for (const part of key.split('.')) {
    if (value === null && schemaAt(key.split('.')) !== null) return null;
    const isThere = (isObject(value) || Array.isArray(value)) && Object.hasOwn(value, part);
    if (!isThere) throw unknownKey(key);
    value = Reflect.get(value as object, part);
  }
  return value;
}

/** Where the value of a key comes from; a section's is that of the last one laid over it. */
export function sourceOf({ sources }: LoadedConfig, key: string): string {
  const own = sources.get(key);
  if (own !== undefined) return own;
  const inside = [...sources].filter(([path]) => path.startsWith(`${key}.`));
  const outside = [...sources].filter(([path]) => key.startsWith(`${path}.`));
  const found = [...inside, ...outside].map(([, source]) => source);
  return (
    ['flag', 'environment', 'file'].find((source) => found.includes(source as never)) ?? 'default'
  );
}

/** Every key with its value and its source, in the order of the sections. */
export function listKeys(loaded: LoadedConfig): readonly KeyValue[] {
  return [...loaded.sources].map(([key, source]) => ({
    key,
    value: readKey(loaded.config, key),
    source,
  }));
}

/**
 * The text of the file with one key changed; comments, order and the other values stay. The value is text as on the
 * command line, read by the type of its key. AppError `config_key_unknown`; whether the value is right is seen on loading.
 */
export function setKey(
  fileText: string,
  key: string,
  value: string,
): { readonly text: string; readonly value: unknown } {
  const path = knownPath(key);
  const parsed = fromText(value, path);
  return { text: edited(fileText, path, parsed), value: parsed };
}

/**
 * The same with a value that is one already; undefined takes the key out, so that its default holds. `insert`: the key is a
 * position of a list, and what stands there moves on by one.
 */
export function setValue(fileText: string, key: string, value: unknown, insert = false): string {
  return edited(fileText, knownPath(key), value, insert);
}

/** The value of a key; undefined where nothing stands. AppError `config_key_unknown` where nothing can stand. */
export function readKeyIfThere(config: Config, key: string): unknown {
  let value: unknown = config;
  for (const part of knownPath(key)) {
    if (!isObject(value) && !Array.isArray(value)) return undefined;
    value = Object.hasOwn(value, part) ? Reflect.get(value, part) : undefined;
  }
  return value;
}

function knownPath(key: string): readonly string[] {
  const path = key.split('.');
  if (path.includes('__proto__') || schemaAt(path) === null) throw unknownKey(key);
  return path;
}

function edited(fileText: string, path: readonly string[], value: unknown, insert = false): string {
  const before = fileText.trim() === '' ? '{}\n' : fileText;
  const document = parseConfigDocument(before);
  // Nothing of a text that cannot be read is changed: who loads it is told every fault with its place.
  if (document.faults.length > 0) return before;
  const places = path.map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  requirePlace(document, path);
  const edits = modify(before, places, value, {
    isArrayInsertion: insert,
    formattingOptions: { insertSpaces: true, tabSize: 2, eol: '\n' },
  });
  return applyEdits(before, edits);
}

/** AppError `config_key_blocked` where on the way to the key a value stands that has no keys. */
function requirePlace(document: ConfigDocument, path: readonly string[]): void {
  let place: unknown = document.value;
  for (const [at, part] of path.entries()) {
    if (place === undefined) return;
    if (typeof place !== 'object' || place === null) throw blockedKey(document, path, at);
    if (Array.isArray(place) && !/^\d+$/.test(part)) throw blockedKey(document, path, at);
    place = Object.hasOwn(place, part) ? Reflect.get(place, part) : undefined;
  }
}

function blockedKey(document: ConfigDocument, path: readonly string[], at: number): AppError {
  const [outer, key] = [path.slice(0, at), path.join('.')];
  const { line, column } = document.valueAt(outer);
  return new AppError({
    kind: 'invalid_input',
    code: 'config_key_blocked',
    message: `${outer.join('.')} holds a value that has no keys (line ${line}, column ${column}), so there is no place for ${key}.`,
    next: 'Correct the named place, then run `claude-manager validate`.',
    details: { key, line, column },
  });
}

function unknownKey(key: string): AppError {
  const known = describeKeys().map(({ path }) => path);
  const near = nearestWord(key, known);
  return new AppError({
    kind: 'invalid_input',
    code: 'config_key_unknown',
    message: `There is no key "${key}" in the configuration.${near === null ? '' : ` Did you mean "${near}"?`}`,
    next: 'See every key with `claude-manager config list`.',
    details: { key },
  });
}
