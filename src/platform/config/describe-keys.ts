import { z } from 'zod';
import { configSchema } from './schema.ts';

/** The JSON Schema of one place, as far as it is looked at here. */
export interface SchemaNode {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: boolean | SchemaNode;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly description?: string;
  readonly default?: unknown;
  readonly example?: unknown;
  readonly restart?: boolean;
  readonly env?: string;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** One key of the configuration, for the reference page and for `config list`. */
export interface KeyDescription {
  /** `repositories[].match` stands for each entry of a list, `executor.agents.<name>.env` for each of a table. */
  readonly path: string;
  readonly type: string;
  readonly description: string;
  readonly default: unknown;
  readonly restart: boolean;
  /** Environment variables that set it, the one that wins last; none inside lists and tables. */
  readonly env: readonly string[];
  readonly example: unknown;
}

/** JSON Schema (draft 2020-12) of the file, for editors. Always the same object: nobody changes it. */
export const configJsonSchema = once((): Readonly<Record<string, unknown>> => {
  const { $schema, ...rest } = z.toJSONSchema(configSchema, { io: 'input' });
  return { $schema, title: 'Configuration of Claude Manager Service', ...rest };
});

/** Every key in the order of the sections. */
export const describeKeys = once((): readonly KeyDescription[] =>
  keysBelow(configJsonSchema() as SchemaNode, '').filter(({ path }) => path !== '$schema'),
);

/** The schema does not change while the program runs, and going through it takes a good part of a second. */
function once<T extends object>(build: () => T): () => T {
  let built: T | undefined;
  return () => (built ??= build());
}

/** The schema at a place such as `['repositories', 0, 'match']`; null where nothing can stand. */
export function schemaAt(path: readonly PropertyKey[]): SchemaNode | null {
  let node: SchemaNode | undefined = configJsonSchema();
  for (const part of path) {
    if (node === undefined) return null;
    node = typeof part === 'number' || /^\d+$/.test(String(part)) ? node.items : member(node, part);
  }
  return node ?? null;
}

/** Names of the keys that may stand at a place. */
export function keysAt(path: readonly PropertyKey[]): readonly string[] {
  const node = schemaAt(path);
  if (node === null) return [];
  return Object.keys(node.properties ?? optionalGroup(node)?.properties ?? {});
}

/** `executor.maxConcurrent` is CLAUDE_MANAGER_EXECUTOR_MAX_CONCURRENT. */
function environmentName(path: string): string {
  const words = path.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2').replaceAll('.', '_');
  return `CLAUDE_MANAGER_${words.toUpperCase()}`;
}

function member(node: SchemaNode, part: PropertyKey): SchemaNode | undefined {
  const name = String(part);
  if (node.properties !== undefined && Object.hasOwn(node.properties, name))
    return node.properties[name];
  if (typeof node.additionalProperties === 'object') return node.additionalProperties;
  const inside = optionalGroup(node);
  return inside === undefined ? undefined : member(inside, part);
}

/** The keys of a place that may also be null. */
function optionalGroup({ anyOf }: SchemaNode): SchemaNode | undefined {
  return anyOf?.find(({ properties }) => properties !== undefined);
}

function keysBelow(node: SchemaNode, path: string): readonly KeyDescription[] {
  const { properties, items, additionalProperties: table } = node;
  if (properties !== undefined)
    return Object.entries(properties).flatMap(([name, child]) =>
      keysBelow(child, path === '' ? name : `${path}.${name}`),
    );
  const group = optionalGroup(node);
  if (group !== undefined) {
    const own = described(node, path);
    // What waits for a restart as a whole does so with each part.
    const parts = keysBelow(group, path).map((one) => ({
      ...one,
      restart: one.restart || own.restart,
    }));
    return [own, ...parts];
  }
  const inside =
    items?.properties !== undefined
      ? keysBelow(items, `${path}[]`)
      : typeof table === 'object' && table.properties !== undefined
        ? keysBelow(table, `${path}.<name>`)
        : [];
  return [described(node, path), ...inside];
}

function described(node: SchemaNode, path: string): KeyDescription {
  const settable = !path.includes('[]') && !path.includes('<');
  return {
    path,
    type: typeText(node),
    description: node.description ?? '',
    default: node.default,
    restart: node.restart === true,
    env: settable ? [...(node.env === undefined ? [] : [node.env]), environmentName(path)] : [],
    example: node.example ?? node.default,
  };
}

function typeText(node: SchemaNode): string {
  if (node.enum !== undefined) return node.enum.map((value) => JSON.stringify(value)).join(', ');
  if (node.anyOf !== undefined) return node.anyOf.map(typeText).join(' or ');
  if (node.items !== undefined) return `list of ${typeText(node.items)}`;
  const types = typeof node.type === 'string' ? [node.type] : (node.type ?? ['object']);
  return types.map(inWords).join(' or ');
}

function inWords(type: string): string {
  const words: Readonly<Record<string, string>> = {
    string: 'text',
    boolean: 'true or false',
    integer: 'whole number',
  };
  return words[type] ?? type;
}
