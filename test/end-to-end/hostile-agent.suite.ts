import { access, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EgressRefusal } from '../../src/domain/egress-refusal.ts';
import type { Sandbox } from '../../src/domain/ports/sandbox.ts';
import { createAgents } from '../../src/integrations/agents/create-agents.ts';
import { createAgentRunner } from '../../src/integrations/agents/runner.ts';
import { createNoSandbox } from '../../src/integrations/sandbox/no-sandbox.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { systemRandom } from '../../src/lib/random.ts';
import { type Baits, layBaits, onTheService, reachedWithout } from '../support/hostile-baits.ts';

const canary = 'canary-secret-4f1b';

/** By which its children are told from others on this machine. */
const sleepSeconds = 42_000_000 + process.pid;

/** The program with its parts: what the arguments name is what the sandbox shows of them. */
export const hostileCommand = [
  'node',
  ...['agent-program', 'calls', 'network', 'leftovers'].map((part) =>
    join(import.meta.dirname, '..', 'support', `hostile-${part}.ts`),
  ),
];

/** What the hostile agent says of itself. */
export interface HostileReport {
  readonly tried: number;
  /** Names of all of its probes. */
  readonly names: readonly string[];
  /** The user that it is. */
  readonly uid: number;
  readonly succeeded: readonly string[];
  /** Ways out that were refused, as it saw it. */
  readonly refused: { readonly byProxy: number; readonly byKernel: number };
}

/** What the agent is told, and what it may reach. */
interface Attack extends Readonly<Record<string, unknown>> {
  readonly workspace: string;
  readonly egress: readonly string[];
}

interface Ran {
  readonly report: HostileReport;
  readonly refusals: readonly EgressRefusal[];
}

export interface HostileSubject {
  readonly name: string;
  /** Probes that get something in this sandbox that is harmless. */
  readonly concedes: readonly string[];
  make(tempRoot: string): Sandbox;
}

/** A sandbox keeps everything from an agent that tries everything, and without it the same agent gets what it wants. */
export function describeHostileAgent(subject: HostileSubject): void {
  const { name, concedes } = subject;
  describe(`an agent that tries everything, in the sandbox ${name}`, () => {
    let root = '';
    let baits: Baits;

    beforeAll(async () => {
      root = await mkdtemp(join(tmpdir(), 'cms-hostile-'));
      baits = await layBaits(root, [canary]);
    });

    afterAll(async () => {
      await baits.close();
      await rm(root, { recursive: true, force: true, maxRetries: 5 });
    });

    const attack = async (
      sandbox: Sandbox,
      egress: readonly string[],
      only: readonly string[] | null = null,
    ): Promise<Ran> => {
      const workspace = await mkdtemp(join(root, 'work-'));
      return await runHostileAgent(sandbox, root, {
        ...baits.plan,
        workspace,
        reportFile: null,
        sleepSeconds,
        egress,
        only,
      });
    };

    it('gets each bait where nothing seals it in, so its probes are real', async () => {
      const unsealed = createNoSandbox({
        clock: systemClock,
        random: systemRandom,
        tempRoot: join(root, 't'),
      });
      const { report } = await attack(unsealed, [], reachedWithout);
      expect(report.succeeded.toSorted()).toEqual(reachedWithout.toSorted());
      expect(report.uid).toBe(process.getuid?.());
      expect(await sleepers()).toEqual([]);
    });

    it.runIf(process.getuid?.() === 0)(
      'is another user than the service, and can do nothing to it',
      async () => {
        const { report } = await attack(subject.make(join(root, 't')), [], onTheService);
        expect(onTheService).toHaveLength(10);
        expect(report.names).toEqual(expect.arrayContaining([...onTheService]));
        expect(report.succeeded).toEqual([]);
        expect(report.uid).not.toBe(process.getuid?.());
      },
    );

    it.each([
      { network: 'without a network', egress: [] },
      { network: 'with a proxy for one host', egress: ['allowed.test'] },
    ])('gets none of it $network, and each refused way out is told', async ({ egress }) => {
      const { report, refusals } = await attack(subject.make(join(root, 't')), egress);
      expect(report.succeeded.filter((probe) => !concedes.includes(probe))).toEqual([]);
      expect(report.tried).toBeGreaterThanOrEqual(149);
      expect(await readFile(join(root, 'open.txt'), 'utf8')).toBe(canary);
      expect(await readFile(join(root, 'owner.txt'), 'utf8')).toBe(`${baits.vaultKey}\n`);
      const outside = await readdir(root);
      expect(outside.filter((entry) => ['trap-fired', 'hostile'].includes(entry))).toEqual([]);
      for (const place of systemPlaces) await expect(access(place)).rejects.toThrow('ENOENT');
      expect(await sleepers()).toEqual([]);
      const byProxy = refusals.filter(({ host }) => host !== null);
      expect(byProxy).toHaveLength(report.refused.byProxy);
      expect(byProxy.length > 0).toBe(egress.length > 0);
      // A question for a name is several packets, of which the agent sees one end.
      const past = refusals.find(({ host }) => host === null)?.attempts ?? 0;
      expect(report.refused.byKernel).toBeGreaterThanOrEqual(7);
      expect(past).toBeGreaterThanOrEqual(report.refused.byKernel);
    });
  });
}

/** Where the agent tries to write into this machine. */
const systemPlaces = [
  '/usr/bin/hostile',
  '/etc/hostile',
  '/etc/cron.d/hostile',
  '/etc/ld.so.preload',
];

async function runHostileAgent(
  sandbox: Sandbox,
  root: string,
  { egress, ...plan }: Attack,
): Promise<Ran> {
  const runner = createAgentRunner({
    clock: systemClock,
    random: systemRandom,
    nodePath: process.execPath,
    sandbox,
    tempRoot: join(root, 't'),
    secrets: async () => canary,
    path: '/usr/bin',
  });
  const agent = createAgents(
    { hostile: { command: hostileCommand, task: 'argument' } },
    { path: '/usr/bin', baseDir: null },
  ).find(({ name }) => name === 'hostile');
  if (agent === undefined) throw new Error('no agent was made');
  const refusals: EgressRefusal[] = [];
  const { end } = await runner.run({
    agent,
    assignment: {
      prompt: JSON.stringify(plan),
      budgetUsd: null,
      timeoutMs: 90_000,
      correlationId: 'run-hostile',
    },
    workspace: plan.workspace,
    limits: { timeoutMs: 90_000, stallMs: 90_000, budgetUsd: null, outputBytes: 1e6 },
    egress,
    signal: AbortSignal.timeout(100_000),
    onEvent: (event) => {
      if (event.type === 'egress_refused') refusals.push(event);
    },
  });
  return { report: JSON.parse(end.message) as HostileReport, refusals };
}

/** Children that the agent left on this machine. */
async function sleepers(): Promise<readonly string[]> {
  const found: string[] = [];
  for (const id of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const line = await readFile(`/proc/${id}/cmdline`, 'latin1').catch(() => '');
    if (line.startsWith(`sleep\u0000${sleepSeconds}`)) found.push(id);
  }
  return found;
}
