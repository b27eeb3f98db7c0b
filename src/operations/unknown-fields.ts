import { z } from 'zod';
import { AppError } from '../lib/app-error.ts';
import type { Contract } from './operation.ts';

/** As much of a JSON Schema as says which members an input may have. */
export interface InputSchema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, InputSchema>>;
  readonly additionalProperties?: boolean | InputSchema;
  readonly items?: InputSchema | boolean;
  readonly prefixItems?: readonly InputSchema[];
  readonly anyOf?: readonly InputSchema[];
  readonly oneOf?: readonly InputSchema[];
  readonly allOf?: readonly InputSchema[];
  readonly [keyword: string]: unknown;
}

/** JSON Schema of what a caller gives; what has a default may be left out. */
export function inputSchemaOf(contract: Pick<Contract, 'input'>): InputSchema {
  const { $schema: _draft, ...schema } = z.toJSONSchema(contract.input, {
    io: 'input',
    unrepresentable: 'any',
  });
  return schema as InputSchema;
}

/**
 * Throws AppError `invalid_input` code `field_unknown` when the input has a member that its schema does not name. A
 * schema by itself drops such members without a word, which would hide a misspelled one from whoever sent it.
 */
export type FieldCheck = (contract: Contract, input: unknown) => void;

export function createFieldCheck(): FieldCheck {
  const schemas = new Map<Contract, InputSchema>();
  return (contract, input) => {
    const schema = schemas.get(contract) ?? inputSchemaOf(contract);
    schemas.set(contract, schema);
    refuseUnknown(contract.name, unknownFields(schema, input, ''));
  };
}

function refuseUnknown(operation: string, unknown: readonly string[]): void {
  if (unknown.length === 0) return;
  const issues = unknown.map((field) => ({ field, message: 'there is no such field' }));
  throw new AppError({
    kind: 'invalid_input',
    code: 'field_unknown',
    message: `${operation}: ${unknown.slice(0, 5).join(', ')}: there is no such field.`,
    next: 'Leave it out, or correct its name; nothing was changed.',
    details: { issues: issues.slice(0, 50) },
  });
}

function unknownFields(schema: InputSchema, value: unknown, path: string): readonly string[] {
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches !== undefined) {
    const found = branches.map((branch) => unknownFields(branch, value, path));
    return found.toSorted((one, other) => one.length - other.length)[0] ?? [];
  }
  if (Array.isArray(value)) return ofItems(schema, value, path);
  if (typeof value !== 'object' || value === null) return [];
  const { properties = {}, additionalProperties } = schema;
  const isOpen =
    additionalProperties === true ||
    schema.allOf !== undefined ||
    (schema.properties === undefined && additionalProperties === undefined);
  return Object.entries(value).flatMap(([name, member]) => {
    const place = path === '' ? name : `${path}.${name}`;
    const known = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (known !== undefined) return unknownFields(known, member, place);
    if (typeof additionalProperties === 'object')
      return unknownFields(additionalProperties, member, place);
    return isOpen ? [] : [place];
  });
}

function ofItems(schema: InputSchema, value: readonly unknown[], path: string): readonly string[] {
  return value.flatMap((item, index) => {
    const of =
      schema.prefixItems?.[index] ?? (typeof schema.items === 'object' ? schema.items : {});
    return unknownFields(of, item, path === '' ? String(index) : `${path}.${index}`);
  });
}
