import type { FastifyRequest } from 'fastify';
import type { Route } from '../../operations/api-client/route.ts';
import type { InputSchema } from '../../operations/unknown-fields.ts';
import { refuse } from './problem.ts';
import { readJson, refuseBadText } from './strict-json.ts';

const mostParameters = 200;

/** Names that never stand in an address: it ends up in logs and histories. */
const secretNames = /^(?:access_?token|token|api_?key|authorization|password|secret)$/iu;

/**
 * The input of an operation out of path, query and body. Text of the query becomes what the schema wants there, and stays
 * text where it does not fit, so that the gate's schema refuses it by name. Throws AppError `invalid_input`.
 */
export function readInput(request: FastifyRequest, route: Route, schema: InputSchema): unknown {
  const query = queryOf(request, schema);
  const fromPath = Object.entries(request.params as Readonly<Record<string, string>>).map(
    ([name, text]) => [name, fromText(schema.properties?.[name], [text])] as const,
  );
  // A body was looked through when it was read.
  refuseBadText(Object.fromEntries(fromPath), '');
  if (route.rest === 'query' || request.body === undefined) {
    const input = Object.fromEntries([...query, ...fromPath]);
    refuseBadText(input, '');
    return input;
  }
  const [parameter] = query.keys();
  if (parameter !== undefined)
    throw refuse({
      kind: 'invalid_input',
      code: 'query_not_taken',
      message: 'A write takes its input in the body.',
      details: { issues: [{ field: parameter, message: 'put it into the body' }] },
    });
  const { body } = request;
  // Something else than an object is refused by the schema, which says what it wants.
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  for (const [name] of fromPath) {
    if (Object.hasOwn(body, name))
      throw refuse({
        kind: 'invalid_input',
        code: 'field_twice',
        message: `${name} stands in the address already.`,
        details: { issues: [{ field: name, message: 'leave it out of the body' }] },
      });
  }
  return { ...body, ...Object.fromEntries(fromPath) };
}

function queryOf(request: FastifyRequest, schema: InputSchema): ReadonlyMap<string, unknown> {
  const [, text = ''] = /\?(.*)$/u.exec(request.url) ?? [];
  const found = new Map<string, string[]>();
  const pairs = [...new URLSearchParams(text)];
  if (pairs.length > mostParameters)
    throw refuse({
      kind: 'invalid_input',
      code: 'query_too_long',
      message: `The address has more than ${mostParameters} parameters.`,
    });
  for (const [name, value] of pairs) {
    if (secretNames.test(name) || name === '__proto__')
      throw refuse({
        kind: 'invalid_input',
        code: 'query_forbidden',
        message: 'The address has a parameter that is not taken there.',
        next: 'Send secrets in headers or in the body.',
        details: { issues: [{ field: name, message: 'not taken in an address' }] },
      });
    found.set(name, [...(found.get(name) ?? []), value]);
  }
  return new Map(
    [...found].map(([name, values]) => [name, fromText(schema.properties?.[name], values)]),
  );
}

/** Values of one parameter as the schema would have them. */
function fromText(schema: InputSchema | undefined, values: readonly string[]): unknown {
  const wanted = typesOf(schema);
  if (wanted.has('array')) {
    const items = typeof schema?.items === 'object' ? schema.items : undefined;
    return values.map((value) => fromText(items, [value]));
  }
  const [value = ''] = values;
  if (values.length > 1) return values;
  if ((wanted.has('number') || wanted.has('integer')) && /^-?\d{1,16}(?:\.\d{1,16})?$/u.test(value))
    return Number(value);
  if (wanted.has('boolean') && (value === 'true' || value === 'false')) return value === 'true';
  if (wanted.has('object') && value.startsWith('{')) return readJson(Buffer.from(value));
  return value;
}

function typesOf(schema: InputSchema | undefined): ReadonlySet<string> {
  if (schema === undefined) return new Set();
  const { type = [], anyOf = [], oneOf = [] } = schema;
  return new Set([type].flat().concat([...anyOf, ...oneOf].flatMap((one) => [...typesOf(one)])));
}
