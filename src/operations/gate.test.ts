import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createManualClock } from '../../test/fakes/manual-clock.ts';
import type { Actor } from '../domain/actor.ts';
import { AppError } from '../lib/app-error.ts';
import { catalogue } from './catalogue.ts';
import { type Caller, createGate, type Gate, type GateEntry, type Served, serve } from './gate.ts';
import type { Contract, Permission } from './operation.ts';
import { operation } from './operation.ts';
import { permissionsOf, roles } from './permissions.ts';
import * as tasks from './tasks/contract.ts';

const owner: Actor = { kind: 'command_line', name: 'root', isOwner: true };
const caller: Caller = { door: 'cli', actor: owner, clientId: 'local' };

const contracts = catalogue();

const sample = operation({
  name: 'samples.write',
  summary: 'A sample',
  permission: 'tasks:write',
  effect: 'write',
  kind: 'call',
  needs: 'nothing',
  doors: ['cli', 'http'],
  deadlineMs: 1000,
  input: z.object({ id: z.string().min(2), inner: z.object({ size: z.number() }).optional() }),
  output: z.unknown(),
});

interface Seen {
  readonly steps: string[];
  readonly begun: GateEntry[];
  readonly finished: { id: string; outcome: string; facts: object }[];
  readonly inputs: unknown[];
}

function gateOf(
  served: readonly { contract: Contract; handler?: Served['handler'] }[],
  broken: { readonly begin?: boolean; readonly finish?: boolean } = {},
): { gate: Gate; seen: Seen } {
  const seen: Seen = { steps: [], begun: [], finished: [], inputs: [] };
  const gate = createGate({
    served: served.map(({ contract, handler }) =>
      serve(contract, async (input, context) => {
        seen.steps.push('handler');
        seen.inputs.push(input);
        return handler === undefined ? 'answer' : handler(input, context);
      }),
    ),
    audit: {
      begin: async (entry) => {
        if (broken.begin === true) throw new Error('disk full');
        seen.steps.push('begin');
        seen.begun.push(entry);
        return String(seen.begun.length);
      },
      finish: async (id, outcome, facts) => {
        if (broken.finish === true) throw new Error('disk full');
        seen.steps.push('finish');
        seen.finished.push({ id, outcome, facts });
      },
    },
    clock: createManualClock(),
    newCorrelationId: () => 'made',
    within: async (context, body) => {
      seen.steps.push(`within ${context.correlationId} ${context.operation} ${context.userId}`);
      return body();
    },
    log: {
      info: (message) => void seen.steps.push(message),
      warn: (message) => void seen.steps.push(message),
    },
  });
  return { gate, seen };
}

describe('a call', () => {
  test('goes its way in order: correlation, audit begun, handler, log, audit finished', async () => {
    const { gate, seen } = gateOf([{ contract: sample }]);
    expect(await gate.execute('samples.write', { id: 'ab', extra: 1 }, caller)).toBe('answer');
    expect(seen.steps).toEqual([
      'within made samples.write root',
      'begin',
      'handler',
      'operation finished',
      'finish',
    ]);
    expect(seen.inputs).toEqual([{ id: 'ab' }]);
    expect(seen.begun).toEqual([
      {
        operation: 'samples.write',
        actor: owner,
        door: 'cli',
        clientId: 'local',
        correlationId: 'made',
      },
    ]);
  });
  test.each([
    ['abc-1.2:3', 'abc-1.2:3'],
    ['a b', 'made'],
    ['x\r\nSet-Cookie: y', 'made'],
    ['x'.repeat(200), 'made'],
  ])('keeps the correlation id %j as %j', async (correlationId, wanted) => {
    const { gate, seen } = gateOf([{ contract: sample }]);
    await gate.execute('samples.write', { id: 'ab' }, { ...caller, correlationId });
    expect(seen.begun[0]?.correlationId).toBe(wanted);
  });
  test('with invalid input names the field, calls nothing and is audited as refused', async () => {
    const { gate, seen } = gateOf([{ contract: sample }]);
    await expect(
      gate.execute('samples.write', { id: 'ab', inner: { size: 'x' } }, caller),
    ).rejects.toMatchObject({
      kind: 'invalid_input',
      code: 'input_invalid',
      message: expect.stringContaining('inner.size'),
      details: { issues: [{ field: 'inner.size' }] },
    });
    expect(seen.inputs).toEqual([]);
    expect(seen.finished).toMatchObject([{ outcome: 'refused', facts: { code: 'input_invalid' } }]);
  });
  test('without permission is told nothing about its input', async () => {
    const { gate, seen } = gateOf([{ contract: sample }]);
    const viewer: Actor = { kind: 'user', name: 'vi', roles: ['viewer'] };
    await expect(
      gate.execute('samples.write', { id: 1 }, { ...caller, actor: viewer }),
    ).rejects.toMatchObject({ kind: 'forbidden', code: 'permission_missing' });
    expect(seen.finished).toMatchObject([{ outcome: 'refused' }]);
  });
  test('that fails is audited as failed, and a foreign error becomes internal', async () => {
    const { gate, seen } = gateOf([
      { contract: sample, handler: async () => Promise.reject(new TypeError('boom')) },
    ]);
    await expect(gate.execute('samples.write', { id: 'ab' }, caller)).rejects.toMatchObject({
      kind: 'internal',
      message: 'boom',
    });
    expect(seen.finished).toMatchObject([
      { outcome: 'failed', facts: { code: 'unexpected_error' } },
    ]);
  });
  const broken = Object.assign(new Error('gone'), { code: '57P01' });
  const reading = operation({ ...sample, name: 'samples.list', effect: 'read' });

  test('that reads is asked once more when the connection to the database broke, in one audit pair', async () => {
    const answers = [Promise.reject(broken), Promise.resolve('there')];
    const { gate, seen } = gateOf([
      { contract: reading, handler: async () => (await answers.shift()) ?? 'asked too often' },
    ]);
    expect(await gate.execute('samples.list', { id: 'ab' }, caller)).toBe('there');
    expect(seen.finished).toEqual([{ id: '1', outcome: 'ok', facts: { code: null } }]);
  });

  test.each([
    ['it writes', sample, () => undefined, broken],
    ['it told something', reading, (tell: (text: string) => void) => tell('half'), broken],
    ['the failure is another one', reading, () => undefined, new Error('a defect')],
  ])('is not asked again when %s', async (_why, contract, told, failure) => {
    const { gate, seen } = gateOf([
      {
        contract,
        handler: async (_input, { progress }) => {
          told(progress);
          throw failure;
        },
      },
    ]);
    await expect(gate.execute(contract.name, { id: 'ab' }, caller)).rejects.toThrow();
    expect(seen.steps.filter((step) => step === 'handler')).toHaveLength(1);
  });

  test('that reads and whose connection breaks twice is told so', async () => {
    const { gate, seen } = gateOf([
      {
        contract: reading,
        handler: async () => {
          throw broken;
        },
      },
    ]);
    await expect(gate.execute('samples.list', { id: 'ab' }, caller)).rejects.toMatchObject({
      code: 'connection_lost',
    });
    expect(seen.steps.filter((step) => step === 'handler')).toHaveLength(2);
  });

  test.each(['samples.other', '', 'constructor', '__proto__'])(
    'of the unknown operation %j is not found',
    async (name) => {
      const { gate, seen } = gateOf([{ contract: sample }]);
      await expect(gate.execute(name, {}, caller)).rejects.toMatchObject({ kind: 'not_found' });
      expect(seen.steps).toEqual([]);
    },
  );
  test('through a door that the operation does not have is not found', async () => {
    const { gate } = gateOf([{ contract: sample }]);
    await expect(
      gate.execute('samples.write', { id: 'ab' }, { ...caller, door: 'mcp' }),
    ).rejects.toMatchObject({ code: 'operation_unknown' });
  });
  test('ends at its deadline even when the handler does not listen', async () => {
    const { gate, seen } = gateOf([
      {
        contract: { ...sample, deadlineMs: 20 },
        handler: async () => new Promise(() => undefined),
      },
    ]);
    await expect(gate.execute('samples.write', { id: 'ab' }, caller)).rejects.toMatchObject({
      kind: 'timeout',
      code: 'operation_deadline',
    });
    expect(seen.finished).toMatchObject([{ outcome: 'failed' }]);
  });
  test('hands its own signal on, and does not give up a handler that ends in order', async () => {
    const stop = new AbortController();
    const { gate } = gateOf([
      {
        contract: sample,
        handler: async (_input, { signal }) => {
          stop.abort();
          return signal.aborted;
        },
      },
    ]);
    const options = { signal: stop.signal };
    expect(await gate.execute('samples.write', { id: 'ab' }, caller, options)).toBe(true);
  });
});

describe('an audit log that cannot be written', () => {
  const broken = { begin: true };
  test.each([
    ['a write is refused', { effect: 'write' as const }, false],
    ['an act of administration is refused', { effect: 'admin' as const }, false],
    ['a read goes through', { effect: 'read' as const }, true],
    [
      'an act that only reduces harm goes through',
      { effect: 'write' as const, reducesHarm: true },
      true,
    ],
  ])('%s', async (_name, change, goesThrough) => {
    const { gate, seen } = gateOf([{ contract: { ...sample, ...change } }], broken);
    const call = gate.execute('samples.write', { id: 'ab' }, caller);
    if (goesThrough) expect(await call).toBe('answer');
    else
      await expect(call).rejects.toMatchObject({ kind: 'unavailable', code: 'audit_unavailable' });
    expect(seen.inputs).toHaveLength(goesThrough ? 1 : 0);
  });
  test('at the end of a call leaves its answer as it is and is told to the log', async () => {
    const { gate, seen } = gateOf([{ contract: sample }], { finish: true });
    expect(await gate.execute('samples.write', { id: 'ab' }, caller)).toBe('answer');
    expect(seen.steps.at(-1)).toBe('audit entry could not be finished');
  });
});

describe('the catalogue', () => {
  test('it has every operation once, each with a verb, a summary and a door', () => {
    expect(contracts.length).toBeGreaterThan(20);
    expect(new Set(contracts.map(({ name }) => name)).size).toBe(contracts.length);
    for (const { name, summary, doors } of contracts) {
      expect(name).toMatch(/^[a-z]+\.[a-z-]+$/u);
      expect(summary.length).toBeGreaterThan(10);
      expect(doors.length).toBeGreaterThan(0);
    }
  });
  test('one that is declared twice makes the start fail', () => {
    expect(() => gateOf([{ contract: sample }, { contract: sample }])).toThrow('declared twice');
  });
  test.each(contracts.map((contract) => [contract.name, contract] as const))(
    '%s through each of its doors leaves exactly one audit pair, whoever asks and whatever is asked',
    async (name, contract) => {
      const actors: Actor[] = [owner, { kind: 'anonymous', name: 'anonymous' }];
      for (const door of contract.doors) {
        for (const actor of actors) {
          for (const input of [{}, undefined, { id: 'abcd', key: 'a', value: 'b', paths: ['.'] }]) {
            const { gate, seen } = gateOf([{ contract }]);
            await gate.execute(name, input, { ...caller, door, actor }).catch((error: unknown) => {
              if (!(error instanceof AppError)) throw error;
            });
            expect([seen.begun.length, seen.finished.length]).toEqual([1, 1]);
          }
        }
      }
    },
  );
});

describe('who may do what', () => {
  const matrix = contracts.flatMap((contract) =>
    [...Object.keys(roles), 'stranger', 'constructor'].map((role) => ({ contract, role })),
  );
  test('every role reaches exactly the operations of its permissions', async () => {
    for (const { contract, role } of matrix) {
      const session = { id: 's', provenAtMs: createManualClock().now().getTime() };
      const actor: Actor = { kind: 'user', name: 'u', roles: [role], session };
      const { gate } = gateOf([{ contract: { ...contract, input: z.unknown() } }]);
      const door = contract.doors[0] ?? 'cli';
      const may = await gate.execute(contract.name, {}, { ...caller, door, actor }).then(
        () => true,
        () => false,
      );
      const wanted =
        contract.permission === 'public' ||
        (Object.hasOwn(roles, role) && roles[role]?.includes(contract.permission) === true);
      expect([contract.name, role, may]).toEqual([contract.name, role, wanted]);
    }
  });
  test('only approvers and administrators approve, reject and merge', () => {
    const may = (permission: Permission): readonly string[] =>
      Object.keys(roles).filter((role) => roles[role]?.includes(permission) === true);
    expect(may('tasks:approve')).toEqual(['approver', 'admin']);
    expect(may('config:write')).toEqual(['admin']);
    for (const { permission } of [tasks.approveTask, tasks.rejectTask, tasks.mergeTask]) {
      expect(permission).toBe('tasks:approve');
    }
  });
  test('a token holds its scopes and no more, a person of a host and nobody hold nothing', () => {
    const token: Actor = { kind: 'token', name: 't', scopes: ['tasks:read', 'everything', '*'] };
    expect([...permissionsOf(token)]).toEqual(['tasks:read']);
    expect(permissionsOf({ kind: 'host_user', name: 'h', host: 'github' }).size).toBe(0);
    expect(permissionsOf({ kind: 'anonymous', name: 'anonymous' }).size).toBe(0);
    expect(permissionsOf({ ...owner, isOwner: false })).toEqual(new Set(roles['viewer']));
    expect(permissionsOf({ kind: 'system', name: 's' })).toEqual(new Set(roles['admin']));
  });
  test('the only writes that are public are the ways in', () => {
    const open = contracts.filter(
      ({ permission, effect }) => permission === 'public' && effect !== 'read',
    );
    expect(open.map(({ name }) => name)).toEqual([
      'service.demo',
      'sessions.passkey-options',
      'sessions.sign-in',
      'sessions.sign-in-passkey',
      'sessions.sign-out',
      'sessions.verify-second-factor',
      'users.bootstrap',
    ]);
  });
});

describe('a secured block of a program that embeds us', () => {
  const block = { operation: 'own.thing', permissions: ['tasks:read', 'repo:read'] as const };
  const viewer: Actor = { kind: 'user', name: 'vi', roles: ['viewer'] };

  test('runs for a user who holds all that it names, inside one audit pair', async () => {
    const { gate, seen } = gateOf([]);
    const body = async ({ correlationId }: { correlationId: string }): Promise<string> =>
      correlationId;
    expect(await gate.secure(block, { ...caller, actor: viewer, door: 'library' }, body)).toBe(
      'made',
    );
    expect([seen.begun.length, seen.finished.length]).toEqual([1, 1]);
  });
  test.each([
    ['who lacks one', { ...block, permissions: ['tasks:read', 'tasks:approve'] as const }, viewer],
    ['who is nobody', block, { kind: 'anonymous', name: 'anonymous' } as const],
    ['when it names none', { ...block, permissions: [] }, viewer],
  ])('is refused to a caller %s', async (_name, secured, actor) => {
    const { gate, seen } = gateOf([]);
    const call = gate.secure(secured, { ...caller, actor }, async () => seen.steps.push('ran'));
    await expect(call).rejects.toMatchObject({ kind: 'forbidden' });
    expect(seen.steps).not.toContain('ran');
    expect(seen.finished).toMatchObject([{ outcome: 'refused' }]);
  });
});
