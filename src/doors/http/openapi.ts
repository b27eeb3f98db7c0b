import { z } from 'zod';
import { errorKinds } from '../../lib/app-error.ts';
import { routeOf } from '../../operations/api-client/route.ts';
import type { Contract } from '../../operations/operation.ts';
import type { InputSchema } from '../../operations/unknown-fields.ts';
import { inputSchemaOf } from '../../operations/unknown-fields.ts';

type Json = Record<string, unknown>;

/** The OpenAPI 3.1 document of every operation that has this door. */
export function openApiDocument(contracts: readonly Contract[], version: string): Json {
  const paths: Record<string, Json> = {};
  for (const contract of contracts.filter(({ doors }) => doors.includes('http'))) {
    const { method, path } = routeOf(contract);
    paths[path] = { ...paths[path], [method.toLowerCase()]: operationOf(contract) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Claude Manager Service',
      version,
      description:
        'Everything that can be asked of the service. Made from the same catalogue as the command line. See docs/API.md.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'An API token.' },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'claude-manager',
          description:
            'Set by signing in; named __Host-claude-manager over https. Writes also need Origin and X-Claude-Manager: 1.',
        },
      },
      schemas: { Problem: problemSchema },
      headers: Object.fromEntries(
        Object.entries(limitHeaderTexts).map(([name, description]) => [
          name,
          { description, schema: { type: 'integer', minimum: 0 } },
        ]),
      ),
      responses: {
        Problem: {
          description: 'What was wrong, and what to do next.',
          content: {
            'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
          },
        },
      },
    },
  };
}

function operationOf(contract: Contract): Json {
  const { name, summary, permission, effect, kind } = contract;
  const { method, parameters, rest } = routeOf(contract);
  const input = closed(inStandardWords(inputSchemaOf(contract)));
  const members = Object.entries(input.properties ?? {});
  const others = members.filter(([member]) => !parameters.includes(member));
  const required = new Set(Array.isArray(input['required']) ? input['required'] : []);
  const answer =
    kind === 'stream'
      ? { 'text/event-stream': { schema: outputSchema(contract) } }
      : { 'application/json': { schema: outputSchema(contract) } };
  return {
    operationId: name,
    summary,
    description:
      permission === 'public' ? 'Needs no sign-in.' : `Needs the permission \`${permission}\`.`,
    tags: [name.slice(0, name.indexOf('.'))],
    security: permission === 'public' ? [] : [{ token: [] }, { session: [] }],
    parameters: [
      ...members
        .filter(([member]) => parameters.includes(member))
        .map(([member, schema]) => ({ name: member, in: 'path', required: true, schema })),
      ...(rest === 'query'
        ? others.map(([member, schema]) => queryParameter(member, schema, required.has(member)))
        : []),
      ...(effect === 'read' ? [] : [idempotencyKey]),
    ],
    ...(rest === 'body' && (others.length > 0 || method === 'PUT')
      ? {
          requestBody: {
            required: others.some(([member]) => required.has(member)),
            content: { 'application/json': { schema: without(input, parameters) } },
          },
        }
      : {}),
    responses: {
      200: {
        description: kind === 'stream' ? 'Events, each with this in `data`.' : 'What it answers.',
        ...(kind === 'stream' ? {} : { headers: limitHeaders }),
        content: answer,
      },
      ...(effect === 'read' && kind !== 'stream'
        ? { 304: { description: 'Unchanged since the ETag of If-None-Match.' } }
        : {}),
      '4XX': { $ref: '#/components/responses/Problem' },
      default: { $ref: '#/components/responses/Problem' },
    },
  };
}

function queryParameter(name: string, schema: InputSchema, required: boolean): Json {
  return { name, in: 'query', required, schema, style: 'form', explode: true };
}

const limitHeaders = Object.fromEntries(
  ['RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset'].map((name) => [
    name,
    { $ref: `#/components/headers/${name}` },
  ]),
);

const limitHeaderTexts = {
  'RateLimit-Limit': 'Calls that this caller may make in any minute.',
  'RateLimit-Remaining': 'How many of them are left now.',
  'RateLimit-Reset': 'Seconds until all of them are its own again.',
};

const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'Makes a repeated request the same request for at least 24 hours.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
};

/** Only what the path does not hold; a schema with more to say than its members keeps them all. */
function without(schema: InputSchema, parameters: readonly string[]): InputSchema {
  if (parameters.length === 0) return schema;
  const required = (Array.isArray(schema['required']) ? schema['required'] : []).filter(
    (member: unknown) => typeof member !== 'string' || !parameters.includes(member),
  );
  return {
    ...schema,
    properties: Object.fromEntries(
      Object.entries(schema.properties ?? {}).filter(([member]) => !parameters.includes(member)),
    ),
    ...(required.length === 0 ? { required: undefined } : { required }),
  };
}

/** Without the marks that only the gate reads. A member of the same name is a schema, so it is never `true`. */
function inStandardWords(schema: InputSchema): InputSchema {
  const isMark = (name: string, value: unknown): boolean =>
    value === true && (name === 'secret' || name === 'freeText');
  return mapped(schema, (node) =>
    Object.fromEntries(Object.entries(node).filter(([name, value]) => !isMark(name, value))),
  );
}

/** The same schema with every object closed, as the gate reads it at this door. */
function closed(schema: InputSchema): InputSchema {
  return mapped(schema, (node) =>
    node.properties === undefined || node.additionalProperties !== undefined
      ? node
      : { ...node, additionalProperties: false },
  );
}

/** What is answered may grow members later. */
function outputSchema(contract: Contract): InputSchema {
  const { $schema: _draft, ...schema } = z.toJSONSchema(contract.output, {
    io: 'output',
    unrepresentable: 'any',
  });
  return mapped(schema as InputSchema, (node) => {
    if (node.additionalProperties !== false) return node;
    const { additionalProperties: _closed, ...open } = node;
    return open;
  });
}

function mapped(schema: InputSchema, change: (node: InputSchema) => InputSchema): InputSchema {
  return walk(schema) as InputSchema;
  function walk(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== 'object' || value === null) return value;
    const node = Object.fromEntries(
      Object.entries(value).map(([name, member]) => [
        name,
        name === 'default' || name === 'const' || name === 'enum' ? member : walk(member),
      ]),
    );
    return change(node);
  }
}

const problemSchema = {
  type: 'object',
  required: [
    'type',
    'title',
    'status',
    'detail',
    'kind',
    'code',
    'next',
    'fields',
    'correlationId',
  ],
  properties: {
    type: { type: 'string', format: 'uri' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'What happened and why.' },
    kind: { type: 'string', enum: errorKinds },
    code: { type: 'string', description: 'Stable name of the error.' },
    next: { type: ['string', 'null'], description: 'What to do next.' },
    fields: {
      type: 'array',
      items: {
        type: 'object',
        required: ['field', 'message'],
        properties: { field: { type: 'string' }, message: { type: 'string' } },
      },
    },
    correlationId: { type: 'string', description: 'Stands in the log and the audit log as well.' },
  },
} as const;
