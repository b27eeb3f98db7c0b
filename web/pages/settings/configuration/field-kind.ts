/** As much of a JSON Schema (draft 2020-12) as a form needs. */
interface Node {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Node[];
  readonly items?: Node;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly additionalProperties?: boolean | Node;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** How a key is filled in. */
export type FieldKind =
  | { readonly kind: 'truth' }
  | { readonly kind: 'number'; readonly range: string | null; readonly mayBeNull: boolean }
  | { readonly kind: 'text'; readonly mayBeNull: boolean }
  | { readonly kind: 'choice'; readonly choices: readonly string[]; readonly mayBeNull: boolean }
  | { readonly kind: 'lines' }
  | { readonly kind: 'json' };

/** What the schema says of the key, `executor.budget.perDayUsd`; JSON where it is more than one line can hold. */
export function fieldKind(schema: Readonly<Record<string, unknown>>, key: string): FieldKind {
  let node: Node | undefined = schema;
  for (const part of key.split('.')) node = memberOf(node, part);
  return node === undefined ? { kind: 'json' } : kindOf(node);
}

function memberOf(node: Node | undefined, part: string): Node | undefined {
  const { properties, additionalProperties } = node ?? {};
  if (properties !== undefined && Object.hasOwn(properties, part)) return properties[part];
  return typeof additionalProperties === 'object' ? additionalProperties : undefined;
}

function kindOf(node: Node): FieldKind {
  const branches = node.anyOf ?? [node];
  const [only, ...more] = branches.filter(({ type }) => type !== 'null');
  const mayBeNull = branches.length > 1 && branches.some(({ type }) => type === 'null');
  if (only === undefined || more.length > 0) return { kind: 'json' };
  const types = typeof only.type === 'string' ? [only.type] : (only.type ?? []);
  const isNullable = mayBeNull || types.includes('null');
  const [type, ...otherTypes] = types.filter((one) => one !== 'null');
  if (otherTypes.length > 0) return { kind: 'json' };
  if (only.enum?.every((one) => typeof one === 'string') === true)
    return { kind: 'choice', choices: only.enum.map(String), mayBeNull: isNullable };
  switch (type) {
    case 'boolean':
      return { kind: 'truth' };
    case 'integer':
    case 'number':
      return { kind: 'number', range: rangeOf(only), mayBeNull: isNullable };
    case 'string':
      return { kind: 'text', mayBeNull: isNullable };
    case 'array':
      return only.items?.type === 'string' && only.items.enum === undefined
        ? { kind: 'lines' }
        : { kind: 'json' };
    default:
      return { kind: 'json' };
  }
}

/** Bounds that JSON Schema only has to be exact say nothing to people. */
const sayable = 1e12;

function rangeOf({ minimum, maximum }: Node): string | null {
  const least = minimum !== undefined && minimum > -sayable ? minimum : null;
  const most = maximum !== undefined && maximum < sayable ? maximum : null;
  if (least !== null && most !== null) return `${least} to ${most}`;
  if (least !== null) return `${least} or more`;
  return most === null ? null : `${most} or less`;
}
