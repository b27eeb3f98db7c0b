import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createManualClock } from '../../test/fakes/manual-clock.ts';
import type { Actor } from '../domain/actor.ts';
import { AppError } from '../lib/app-error.ts';
import type { Caller, GateEntry, GateEvent, GateParts, GuardedCall, Refusal } from './gate.ts';
import { createGate, serve } from './gate.ts';
import type { Contract } from './operation.ts';
import { operation } from './operation.ts';

const owner: Actor = { kind: 'command_line', name: 'root', isOwner: true };
const caller: Caller = { door: 'cli', actor: owner, clientId: 'local' };
const sample = operation({
  name: 'samples.write',
  summary: 'A sample',
  permission: 'tasks:write',
  effect: 'write',
  kind: 'call',
  needs: 'nothing',
  doors: ['cli', 'http'],
  deadlineMs: 1000,
  input: z.object({
    id: z.string().min(2),
    note: z.string().meta({ freeText: true }).optional(),
    lines: z.array(z.object({ text: z.string().meta({ freeText: true }) })).optional(),
  }),
  output: z.unknown(),
});

/** A gate whose parts say in which order they were asked. */
function gateOf(change: Partial<Contract> = {}, more: Partial<GateParts> = {}) {
  const steps: string[] = [];
  const begun: GateEntry[] = [];
  const events: GateEvent[] = [];
  const suspects: GuardedCall[] = [];
  const clock = createManualClock();
  const gate = createGate({
    served: [
      serve({ ...sample, ...change }, async () => {
        steps.push('handler');
        return 'answer';
      }),
    ],
    audit: {
      begin: async (entry) => {
        steps.push('begin');
        begun.push(entry);
        return '1';
      },
      finish: async (_id, outcome) => void steps.push(`finish ${outcome}`),
    },
    clock,
    newCorrelationId: () => 'made',
    within: async (_context, body) => body(),
    log: { info: () => undefined, warn: (message) => void steps.push(message) },
    guard: {
      admit: () => {
        steps.push('guard');
        return null;
      },
      suspect: (call) => void suspects.push(call),
    },
    inspect: () => {
      steps.push('inspect');
      return [];
    },
    observe: (event) => void events.push(event),
    ...more,
  });
  return { gate, steps, begun, events, suspects, clock };
}

function turnAway(isAudited: boolean): Partial<GateParts> {
  const error = new AppError({ kind: 'rate_limited', code: 'rate_limited', message: 'slower' });
  const refusal: Refusal = { error, isAudited };
  return { guard: { admit: async () => refusal, suspect: () => undefined } };
}

describe('the order of a call', () => {
  test('is guard, inspection, audit begun, handler, audit finished, and then metrics hear of it', async () => {
    const { gate, steps, events } = gateOf();
    await gate.execute('samples.write', { id: 'ab' }, caller);
    expect(steps).toEqual(['guard', 'inspect', 'begin', 'handler', 'finish ok']);
    expect(events).toMatchObject([
      { operation: 'samples.write', outcome: 'ok', kind: null, code: null, flags: [] },
    ]);
  });
  test('whoever asks too often learns nothing about permission or input, and is audited', async () => {
    const { gate, steps, events } = gateOf({}, turnAway(true));
    const nobody: Actor = { kind: 'anonymous', name: 'anonymous' };
    const call = gate.execute('samples.write', { id: 1 }, { ...caller, actor: nobody });
    await expect(call).rejects.toMatchObject({ kind: 'rate_limited' });
    expect(steps).toEqual(['begin', 'operation ended without success', 'finish refused']);
    expect(events).toMatchObject([{ outcome: 'refused', kind: 'rate_limited' }]);
  });
  test('a flood causes neither audit entries nor log lines of its own, and is still counted', async () => {
    const { gate, steps, events } = gateOf({}, turnAway(false));
    const call = gate.execute('samples.write', { id: 'ab' }, caller);
    await expect(call).rejects.toMatchObject({ kind: 'rate_limited' });
    expect(steps).toEqual([]);
    expect(events).toHaveLength(1);
  });
  test('an embedding program is held to the same limits', async () => {
    const { gate, steps } = gateOf({}, turnAway(true));
    const block = { operation: 'own.thing', permissions: ['tasks:read'] };
    await expect(gate.secure(block, caller, async () => 1)).rejects.toMatchObject({
      kind: 'rate_limited',
    });
    expect(steps).not.toContain('handler');
  });
  test('an observer that fails changes nothing for the caller', async () => {
    const { gate, steps } = gateOf(
      {},
      {
        observe: () => {
          throw new Error('no metrics today');
        },
      },
    );
    expect(await gate.execute('samples.write', { id: 'ab' }, caller)).toBe('answer');
    expect(steps).toContain('an observer of the gate failed');
  });
});

describe('input that looks like an attack', () => {
  const inspect = () => [
    { field: 'id', kinds: ['sql'], digest: 'd' },
    { field: 'note', kinds: ['xss'], digest: 'd' },
    { field: 'lines.3.text', kinds: ['xss'], digest: 'd' },
  ];
  test('is accepted, audited with its fields and told to the guard; free text is told from fields with a grammar', async () => {
    const { gate, begun, suspects, events } = gateOf({}, { inspect });
    expect(await gate.execute('samples.write', { id: "a' or 1=1", note: '<script>' }, caller)).toBe(
      'answer',
    );
    const flags = [
      { field: 'id', kinds: ['sql'], digest: 'd', isFreeText: false },
      { field: 'note', kinds: ['xss'], digest: 'd', isFreeText: true },
      { field: 'lines.3.text', kinds: ['xss'], digest: 'd', isFreeText: true },
    ];
    expect(begun).toMatchObject([{ flags }]);
    expect(suspects).toMatchObject([{ flags, actor: owner, clientId: 'local' }]);
    expect(events).toMatchObject([{ outcome: 'ok', flags }]);
  });
  test('is not looked for in what is secret: a strong password may look like anything', async () => {
    const input = z.object({ id: z.string().meta({ writeOnly: true }), note: z.string() });
    const { gate, begun } = gateOf({ input }, { inspect });
    await gate.execute('samples.write', { id: "' or 1=1--", note: 'x' }, caller);
    expect(begun[0]?.flags?.map(({ field }) => field)).toEqual(['note', 'lines.3.text']);
  });
  test('is seen even when the schema refuses it, because that is where probing shows', async () => {
    const { gate, begun, suspects } = gateOf({}, { inspect });
    await expect(gate.execute('samples.write', { id: 7 }, caller)).rejects.toMatchObject({
      kind: 'invalid_input',
    });
    expect(begun[0]?.flags).toHaveLength(3);
    expect(suspects).toHaveLength(1);
  });
});

describe('a dangerous act', () => {
  const now = createManualClock().now().getTime();
  const person = (provenAtMs: number): Actor => ({
    kind: 'user',
    name: 'ada',
    roles: ['admin'],
    session: { id: 's', provenAtMs },
  });
  const token = (...scopes: string[]): Actor => ({ kind: 'token', name: 't', scopes });
  test.each<[string, Actor, boolean]>([
    ['a person who has just proven who they are', person(now), true],
    ['a person five minutes after the proof', person(now - 300_000), true],
    ['a person a millisecond later', person(now - 300_001), false],
    ['a person whose proof lies in the future', person(now + 60_000), false],
    ['a person without a session', { kind: 'user', name: 'ada', roles: ['admin'] }, false],
    ['the owner at the command line', owner, true],
    ['a token whose scope names the permission', token('tasks:write'), true],
    ['the system itself', { kind: 'system', name: 'scheduler' }, true],
  ])('by %s', async (_name, actor, isAllowed) => {
    const { gate } = gateOf({ dangerous: true });
    const call = gate.execute('samples.write', { id: 'ab' }, { ...caller, actor });
    if (isAllowed) expect(await call).toBe('answer');
    else await expect(call).rejects.toMatchObject({ kind: 'forbidden', code: 'proof_needed' });
  });
  test.each<[string, Actor]>([
    ['anybody else at the command line', { ...owner, isOwner: false }],
    ['a token, which has no scope for it', token('tasks:write')],
    ['nobody', { kind: 'anonymous', name: 'anonymous' }],
  ])('that needs no permission is refused to %s', async (_name, actor) => {
    const { gate } = gateOf({ dangerous: true, permission: 'public' });
    const call = gate.execute('samples.write', { id: 'ab' }, { ...caller, actor });
    await expect(call).rejects.toMatchObject({ code: 'proof_needed' });
  });
  test('is refused for the missing permission first', async () => {
    const { gate } = gateOf({ dangerous: true });
    const actor: Actor = { kind: 'user', name: 'v', roles: ['viewer'] };
    await expect(
      gate.execute('samples.write', { id: 'ab' }, { ...caller, actor }),
    ).rejects.toMatchObject({ code: 'permission_missing' });
  });
});

describe('an operation without a policy makes the start fail', () => {
  test.each<[string, object]>([
    ['no permission', { permission: undefined }],
    ['an unknown permission', { permission: 'tasks:everything' }],
    ['no effect', { effect: undefined }],
    ['no door', { doors: [] }],
    ['a deadline of nothing', { deadlineMs: 0 }],
    ['no name', { name: '' }],
  ])('%s', (_name, change) => {
    expect(() => gateOf(change)).toThrow('has no policy');
  });
});
