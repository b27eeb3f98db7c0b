import type { z } from 'zod';
import type { Contract } from '../operation.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** Where an operation lies in the REST API. */
export interface Route {
  readonly method: Method;
  /** From the root, with parameters in braces: `/api/v1/tasks/{id}`. */
  readonly path: string;
  /** Names of the input's members that stand in the path. */
  readonly parameters: readonly string[];
  /** Where the rest of the input stands: in the query of a read, in the JSON body of a write. */
  readonly rest: 'query' | 'body';
}

/** All routes of operations lie below it. */
export const apiRoot = '/api/v1';

/**
 * Method and path of an operation, from its name, its effect and its input: `tasks.list` is GET /tasks, `tasks.show`
 * GET /tasks/{id}, `tasks.explain` GET /tasks/{id}/explain, `tasks.approve` POST /tasks/{id}/approve, `issues.create`
 * POST /issues, `tokens.remove` DELETE /tokens/{id}. What its contract says under `http` goes before.
 */
export function routeOf(
  contract: Pick<Contract, 'name' | 'effect' | 'http'> & { readonly input: unknown },
): Route {
  const { name, effect, http } = contract;
  const dot = name.indexOf('.');
  const noun = name.slice(0, dot);
  const verb = name.slice(dot + 1).replaceAll('.', '/');
  const shape = shapeOf(contract.input);
  const of = isNeeded(shape['id']) ? `/${noun}/{id}` : `/${noun}`;
  const [method, path] =
    effect === 'read' ? readRoute(noun, of, verb, shape) : writeRoute(noun, of, verb, shape);
  const own = { method: http?.method ?? method, path: `${apiRoot}${http?.path ?? path}` };
  return {
    ...own,
    parameters: [...own.path.matchAll(/\{(\w+)\}/gu)].map(([, parameter]) => parameter ?? ''),
    rest: own.method === 'GET' || own.method === 'DELETE' ? 'query' : 'body',
  };
}

function readRoute(
  noun: string,
  of: string,
  verb: string,
  shape: Shape,
): readonly [Method, string] {
  if (verb === 'list') return ['GET', `/${noun}`];
  if (verb === 'show') {
    // What has no id is known by the first thing that must be said; a thing there is only one of needs nothing.
    const named = Object.keys(shape).find((member) => isNeeded(shape[member]));
    return ['GET', named === undefined || isNeeded(shape['id']) ? of : `${of}/{${named}}`];
  }
  return ['GET', `${of}/${verb}`];
}

function writeRoute(
  noun: string,
  of: string,
  verb: string,
  shape: Shape,
): readonly [Method, string] {
  const isNamed = isNeeded(shape['id']);
  if (verb === 'create') return ['POST', `/${noun}`];
  if (isNamed && (verb === 'remove' || verb === 'delete') && Object.keys(shape).length === 1)
    return ['DELETE', of];
  if (isNamed && (verb === 'set' || verb === 'update' || verb === 'replace')) return ['PUT', of];
  return ['POST', `${of}/${verb}`];
}

type Shape = Readonly<Record<string, unknown>>;

/** The members of an input with their schemas; a pipe or a wrapper is looked through. */
function shapeOf(schema: unknown): Shape {
  if (typeof schema !== 'object' || schema === null) return {};
  if ('shape' in schema && typeof schema.shape === 'object' && schema.shape !== null)
    return schema.shape as Shape;
  const inner = 'def' in schema ? (schema.def as { in?: unknown; innerType?: unknown }) : {};
  return shapeOf(inner.in ?? inner.innerType);
}

/** Whether a member cannot be left out. */
function isNeeded(schema: unknown): boolean {
  if (typeof schema !== 'object' || schema === null || !('safeParse' in schema)) return false;
  const { success } = (schema as z.ZodType).safeParse(undefined);
  return !success;
}
