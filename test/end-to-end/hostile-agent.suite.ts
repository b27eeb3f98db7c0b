import { access, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { EgressRefusal } from '../../src/domain/egress-refusal.ts';
import type { Sandbox } from '../../src/domain/ports/sandbox.ts';
import { createAgents } from '../../src/integrations/agents/create-agents.ts';
import { createAgentRunner } from '../../src/integrations/agents/runner.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { systemRandom } from '../../src/lib/random.ts';

const canary = 'canary-secret-4f1b';

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

/** A sandbox keeps everything from an agent that tries everything; where there is none, its probes do get something. */
export function describeHostileAgent(subject: HostileSubject): void {
  const { name, concedes } = subject;
  describe(`an agent that tries everything, in the sandbox ${name}`, () => {
    let root = '';
    const servers: Server[] = [];
    let port = 0;

    beforeAll(async () => {
      root = await mkdtemp(join(tmpdir(), 'cms-hostile-'));
      await mkdir(join(root, 'clone', '.git'), { recursive: true });
      await writeFile(join(root, 'clone', '.git', 'config'), canary);
      await writeFile(join(root, 'open.txt'), canary, { mode: 0o666 });
      await writeFile(join(root, 'owner.txt'), canary, { mode: 0o600 });
      for (const target of [
        { path: join(root, 'db.sock') },
        { path: `\0cms-test-${process.pid}` },
        { port: 0 },
      ]) {
        const server = createServer((socket) => {
          socket.on('error', () => socket.destroy());
          socket.end('hello');
        });
        await new Promise<void>((listening) => server.listen(target, listening));
        servers.push(server);
        if ('port' in target) port = (server.address() as AddressInfo).port;
      }
    });

    afterAll(async () => {
      for (const server of servers) server.close();
      await rm(root, { recursive: true, force: true, maxRetries: 5 });
    });

    const attack = async (
      egress: readonly string[],
      only: readonly string[] | null = null,
    ): Promise<Ran> => {
      vi.stubEnv('GITHUB_TOKEN', canary);
      const workspace = await mkdtemp(join(root, 'work-'));
      return await runHostileAgent(subject.make(join(root, 't')), root, {
        openFile: join(root, 'open.txt'),
        ownerFile: join(root, 'owner.txt'),
        serviceFolder: root,
        otherClone: join(root, 'clone'),
        unixSocket: join(root, 'db.sock'),
        abstractSocket: `\0cms-test-${process.pid}`,
        tcpPort: port,
        servicePid: process.pid,
        canaries: [[...canary].reverse().join('')],
        workspace,
        reportFile: null,
        egress,
        only,
      });
    };

    if (name === 'none') {
      it('does get a lot, so its probes are real', async () => {
        const { report } = await attack([], harmless);
        expect(report.succeeded).toEqual(harmless);
        expect(await sleepers()).toEqual([]);
      });
      return;
    }
    it.each([
      { network: 'without a network', egress: [] },
      { network: 'with a proxy for one host', egress: ['allowed.test'] },
    ])('gets none of it $network, and each refused way out is told', async ({ egress }) => {
      const { report, refusals } = await attack(egress);
      expect(report.succeeded.filter((probe) => !concedes.includes(probe))).toEqual([]);
      expect(report.tried).toBeGreaterThanOrEqual(149);
      expect(await readFile(join(root, 'open.txt'), 'utf8')).toBe(canary);
      expect(await readFile(join(root, 'owner.txt'), 'utf8')).toBe(canary);
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

/** Probes that change nothing outside of the test's own folder. */
const harmless = [
  'read an open file elsewhere',
  'read a file of the service',
  'list the folder of the service',
  'read another clone',
  'database socket',
  'abstract socket',
  'service on loopback',
  'read through /proc/self/cwd',
  'hard link to a file outside',
  'signal the service',
  'a handle of the service',
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
    if (line.startsWith('sleep\u00004242')) found.push(id);
  }
  return found;
}
