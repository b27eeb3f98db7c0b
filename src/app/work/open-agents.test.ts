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

/** Rooms of a machine whose agents go without a sandbox. */
async function open(executor: Readonly<Record<string, unknown>>): Promise<AgentRooms> {
  const folder = await mkdtemp(join(tmpdir(), 'cms-agents-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const config = configSchema.parse({ executor: { sandbox: 'none', ...executor } });
  return await openAgents({
    config,
    current: () => config,
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
  expect(await outcome(rooms, rooms.agents('demo'))).toBe('failed inside none');
  expect(rooms.refusal('other')).toMatch(/only the agent of the demo runs, not other\. Run `apt-/u);
  for (const agent of [rooms.agents('other'), fakeAgent('demo', 'free')])
    await expect(outcome(rooms, agent)).rejects.toMatchObject({ code: 'sandbox_missing' });
  const taken = await open({ default: 'demo', agents: { demo: other } });
  expect(taken.refusal('demo')).not.toBeNull();
});

test('with consent every agent runs without one; without a demo and consent none does', async () => {
  const consented = await open({ default: 'demo', allowUnsandboxed: true, agents: { other } });
  expect(consented.refusal('other')).toBeNull();
  expect(await outcome(consented, consented.agents('other'))).toBe('completed inside none');
  const plain = await open({ default: 'other', agents: { other } });
  expect(plain.missing).toContain('No sandbox for agents works');
  await expect(outcome(plain, plain.agents('other'))).rejects.toMatchObject({
    code: 'sandbox_missing',
  });
});
