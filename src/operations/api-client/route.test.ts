import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { catalogue } from '../catalogue.ts';
import type { Contract } from '../operation.ts';
import { routeOf } from './route.ts';

const id = z.object({ id: z.string() });
const routed = (name: string, effect: Contract['effect'], input: z.ZodType = z.object({})) => {
  const { method, path, rest } = routeOf({ name, effect, input });
  return `${method} ${path} ${rest}`;
};

describe('a route', () => {
  test.each([
    [routed('tasks.list', 'read'), 'GET /api/v1/tasks query'],
    [routed('tasks.show', 'read', id), 'GET /api/v1/tasks/{id} query'],
    [routed('tasks.explain', 'read', id), 'GET /api/v1/tasks/{id}/explain query'],
    [routed('service.status', 'read'), 'GET /api/v1/service/status query'],
    [routed('tasks.approve', 'write', id), 'POST /api/v1/tasks/{id}/approve body'],
    [routed('issues.create', 'write', id), 'POST /api/v1/issues body'],
    [routed('repositories.pause', 'write'), 'POST /api/v1/repositories/pause body'],
    [routed('tokens.remove', 'admin', id), 'DELETE /api/v1/tokens/{id} query'],
    [
      routed('tokens.remove', 'admin', id.extend({ reason: z.string() })),
      'POST /api/v1/tokens/{id}/remove body',
    ],
    [routed('policies.set', 'admin', id), 'PUT /api/v1/policies/{id} body'],
    [
      routed('repositories.show', 'read', z.object({ repo: z.string() })),
      'GET /api/v1/repositories/{repo} query',
    ],
    [
      routed('outcomes.show', 'read', z.object({ repo: z.string().optional() })),
      'GET /api/v1/outcomes query',
    ],
    [
      routed(
        'tasks.find',
        'read',
        id.refine((value) => value.id !== ''),
      ),
      'GET /api/v1/tasks/{id}/find query',
    ],
  ])('%s', (made, wanted) => {
    expect(made).toBe(wanted);
  });
  test('its contract may say it otherwise', () => {
    const http = { method: 'PUT', path: '/config/{key}' } as const;
    const input = z.object({ key: z.string(), value: z.string() });
    expect(routeOf({ name: 'config.set', effect: 'write', input, http })).toEqual({
      method: 'PUT',
      path: '/api/v1/config/{key}',
      parameters: ['key'],
      rest: 'body',
    });
  });
  test('no two operations share one, and no parameter is without its member', () => {
    const contracts = catalogue().filter(({ doors }) => doors.includes('http'));
    const addresses = contracts.map((contract) => {
      const { method, path, parameters } = routeOf(contract);
      const schema = z.toJSONSchema(contract.input, { io: 'input', unrepresentable: 'any' });
      for (const parameter of parameters) expect(schema.required).toContain(parameter);
      return `${method} ${path.replaceAll(/\{\w+\}/gu, '{}')}`;
    });
    expect(addresses.length).toBeGreaterThan(15);
    expect(new Set(addresses).size).toBe(addresses.length);
  });
});
