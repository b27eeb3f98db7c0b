import type { Json } from '../../lib/json.ts';
import { describeKeys, type SchemaNode, schemaAt } from './describe-keys.ts';
import { nearestWord } from './nearest-word.ts';

/** One value that goes over what the file says. */
export interface Overlay {
  readonly path: readonly string[];
  readonly value: unknown;
  readonly source: 'environment' | 'flag';
  /** For errors: `environment GITHUB_API_URL`. */
  readonly place: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Values from variables; an empty variable counts as not set. */
export function environmentOverlays(env: Environment): readonly Overlay[] {
  return describeKeys().flatMap(({ path, env: names }) =>
    names.flatMap((name): readonly Overlay[] => {
      const text = env[name];
      if (text === undefined || text === '') return [];
      const parts = path.split('.');
      const place = `environment ${name}`;
      return [{ path: parts, value: fromText(text, parts), source: 'environment', place }];
    }),
  );
}

/** Values from the command line, by key; undefined ones were not given. */
export function flagOverlays(flags: Readonly<Record<string, unknown>>): readonly Overlay[] {
  return Object.entries(flags).flatMap(([path, given]): readonly Overlay[] => {
    if (given === undefined) return [];
    const parts = path.split('.');
    const value = typeof given === 'string' ? fromText(given, parts) : given;
    return [{ path: parts, value, source: 'flag', place: `flag ${path}` }];
  });
}

/** Variables that start like ours and set nothing, each with the name that was probably meant. */
export function unknownVariables(
  env: Environment,
): readonly { readonly name: string; readonly meant: string | null }[] {
  const known = describeKeys().flatMap(({ env: names }) => names);
  return Object.keys(env)
    .filter((name) => name.startsWith('CLAUDE_MANAGER_') && !known.includes(name))
    .map((name) => ({ name, meant: nearestWord(name, known) }));
}

/** Text as the type of its key: numbers, true and false, lists by comma or JSON; else the text, which the schema judges. */
export function fromText(text: string, path: readonly string[]): unknown {
  const node = schemaAt(path);
  const types = typesOf(node);
  const trimmed = text.trim();
  if (types.includes('null') && trimmed === 'null') return null;
  if (types.includes('number') || types.includes('integer'))
    return trimmed !== '' && Number.isFinite(Number(trimmed)) ? Number(trimmed) : text;
  if (types.includes('boolean')) return truth[trimmed.toLowerCase()] ?? text;
  if (types.includes('array') && !trimmed.startsWith('['))
    return trimmed === '' ? [] : trimmed.split(',').map((one) => one.trim());
  if (types.includes('array') || types.includes('object')) return fromJson(trimmed) ?? text;
  return node === null ? (fromJson(trimmed) ?? text) : text;
}

const truth: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  '1': true,
  false: false,
  no: false,
  off: false,
  '0': false,
};

/** Lays one value over a tree; where the file has something else than an object on the way, the file's fault is told. */
export function lay(
  target: Record<string, unknown>,
  { path, value }: Pick<Overlay, 'path' | 'value'>,
): boolean {
  let place = target;
  for (const [at, part] of path.slice(0, -1).entries()) {
    const found = Object.hasOwn(place, part) ? place[part] : undefined;
    const isOff = found === null && typesOf(schemaAt(path.slice(0, at + 1))).includes('null');
    const inner = isOff ? undefined : found;
    if (inner !== undefined && !isObject(inner)) return false;
    const next = inner ?? {};
    setOwn(place, part, next);
    place = next;
  }
  setOwn(place, path.at(-1) ?? '', value);
  return true;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function setOwn(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, {
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  });
}

function typesOf(node: SchemaNode | null): readonly string[] {
  if (node === null) return [];
  if (node.anyOf !== undefined) return node.anyOf.flatMap(typesOf);
  return typeof node.type === 'string' ? [node.type] : (node.type ?? []);
}

function fromJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
