import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { fakeAgent } from '../../../test/fakes/fake-work.ts';
import type { Agent } from '../../domain/ports/agent.ts';
import { systemClock } from '../../lib/clock.ts';
import { systemRandom } from '../../lib/random.ts';
import { configSchema } from '../../platform/config/schema.ts';
import { type AgentRooms, openAgents } from './open-agents.ts';

/** Rooms of a machine whose agents go without a sandbox, on the samples of a demo or a repository of somebody's own. */
async function open(
  executor: Readonly<Record<string, unknown>>,
  own: { readonly atFirst?: boolean; readonly later?: boolean } = {},
): Promise<AgentRooms> {
  const folder = await mkdtemp(join(tmpdir(), 'cms-agents-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const configOn = (isOwn = false) =>
    configSchema.parse({
      executor: { sandbox: 'none', ...executor },
      repositories: isOwn
        ? [{ match: join(folder, 'widgets'), checks: ['node --test'] }]
        : [{ match: join(folder, 'repositories', 'payments'), checks: ['node --test'] }],
    });
  const config = configOn(own.atFirst);
  const later = configOn(own.later ?? own.atFirst);
  return await openAgents({
    config,
    current: () => later,
    folder,
    dataDir: folder,
    slot: { folder },
    clock: systemClock,
    random: systemRandom,
    path: '/usr/bin',
    secret: async () => undefined,
    redact: (text) => text,
    isWorking: true,
    warn: () => undefined,
  });
}

async function outcome({ runner }: AgentRooms, agent: Agent | null): Promise<string> {
  if (agent === null) throw new Error('there is no such agent');
  const workspace = await mkdtemp(join(tmpdir(), 'cms-agents-'));
  onTestFinished(() => rm(workspace, { recursive: true, force: true, maxRetries: 5 }));
  const result = await runner.run({
    agent,
    assignment: { prompt: 'x', budgetUsd: null, timeoutMs: 60_000, correlationId: 'run-1' },
    workspace,
    limits: { timeoutMs: 60_000, stallMs: 60_000, budgetUsd: null, outputBytes: 1e6 },
    egress: [],
    signal: new AbortController().signal,
    onEvent: () => undefined,
  });
  return `${result.end.kind} inside ${result.sandbox}`;
}

const other = { kind: 'command', command: ['true'] };

test('without a sandbox the demo runs its own agent alone: no other, and none that took its name', async () => {
  const rooms = await open({ default: 'demo', agents: { other } });
  expect(rooms.missing).toBeNull();
  expect(rooms.refusal('demo')).toBeNull();
  expect(rooms.demoAlone()).toEqual({
    text: expect.stringMatching(
      /only the agent of the demo runs, on its own samples, not another\./u,
    ),
    spares: 'demo',
  });
  expect(await outcome(rooms, rooms.agents('demo'))).toBe('failed inside none');
  expect(rooms.refusal('other')).toMatch(
    /only the agent of the demo runs, on its own samples, not other\. Run `apt-/u,
  );
  for (const agent of [rooms.agents('other'), fakeAgent('demo', 'free')])
    await expect(outcome(rooms, agent)).rejects.toMatchObject({ code: 'sandbox_missing' });
  const taken = await open({ default: 'demo', agents: { demo: other } });
  expect(taken.refusal('demo')).not.toBeNull();
  expect(taken.demoAlone()).toMatchObject({ spares: null });
});

test('on repositories of somebody’s own not even the demo goes without a sandbox, and no command of their policy, from the start or after a reload', async () => {
  const command = async ({ commands }: AgentRooms): Promise<unknown> => {
    const workspace = await mkdtemp(join(tmpdir(), 'cms-agents-'));
    onTestFinished(() => rm(workspace, { recursive: true, force: true, maxRetries: 5 }));
    const { signal } = new AbortController();
    return await commands.run({
      command: 'true',
      workspace,
      timeoutMs: 60_000,
      egress: [],
      signal,
      onEgressRefused: () => undefined,
    });
  };
  expect(await command(await open({ default: 'demo' }))).toMatchObject({ passed: true });
  const own = await open({ default: 'demo' }, { atFirst: true });
  expect(own.missing).toContain('No sandbox for agents works');
  const later = await open({ default: 'demo' }, { later: true });
  expect(later.refusal('demo')).toMatch(/not demo elsewhere/u);
  expect(later.demoAlone()).toMatchObject({ spares: null });
  for (const rooms of [own, later]) {
    await expect(outcome(rooms, rooms.agents('demo'))).rejects.toMatchObject({
      code: 'sandbox_missing',
    });
    await expect(command(rooms)).rejects.toMatchObject({ code: 'sandbox_missing' });
  }
});

test('with consent every agent runs without one; without a demo and consent none does', async () => {
  const consented = await open({ default: 'demo', allowUnsandboxed: true, agents: { other } });
  expect([consented.refusal('other'), consented.demoAlone()]).toEqual([null, null]);
  expect(await outcome(consented, consented.agents('other'))).toBe('completed inside none');
  const plain = await open({ default: 'other', agents: { other } });
  expect(plain.missing).toContain('No sandbox for agents works');
  await expect(outcome(plain, plain.agents('other'))).rejects.toMatchObject({
    code: 'sandbox_missing',
  });
});
