import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Sandbox } from '../../src/domain/ports/sandbox.ts';
import { createAgents } from '../../src/integrations/agents/create-agents.ts';
import { createAgentRunner } from '../../src/integrations/agents/runner.ts';
import { agentUserOf, createBubblewrap } from '../../src/integrations/sandbox/bubblewrap.ts';
import { createNoSandbox } from '../../src/integrations/sandbox/no-sandbox.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { systemRandom } from '../../src/lib/random.ts';

const canary = 'canary-secret-4f1b';
const program = join(import.meta.dirname, '..', 'support', 'hostile-agent-program.ts');

interface Report {
  readonly tried: number;
  readonly succeeded: readonly string[];
}

interface Attack {
  readonly workspace: string;
  readonly tcpPort: number;
  readonly egress: readonly string[];
  readonly only: readonly string[] | null;
}

describe('an agent that tries everything', () => {
  let root = '';
  const servers: Server[] = [];
  let port = 0;

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'cms-hostile-'));
    await mkdir(join(root, 'clone', '.git'), { recursive: true });
    await writeFile(join(root, 'clone', '.git', 'config'), canary);
    await writeFile(join(root, 'open.txt'), canary, { mode: 0o666 });
    await writeFile(join(root, 'owner.txt'), canary, { mode: 0o600 });
    for (const target of [{ path: join(root, 'db.sock') }, { path: '\0cms-test' }, { port: 0 }]) {
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
    await rm(root, { recursive: true, force: true });
  });

  it.each([
    { network: 'without a network', egress: [] },
    { network: 'with a proxy for one host', egress: ['allowed.test'] },
  ])('gets none of it $network', async ({ egress }) => {
    vi.stubEnv('GITHUB_TOKEN', canary);
    const workspace = await mkdtemp(join(root, 'work-'));
    const report = await runHostileAgent(bubblewrapIn(root), root, {
      workspace,
      tcpPort: port,
      egress,
      only: null,
    });
    expect(report.succeeded).toEqual([]);
    expect(report.tried).toBeGreaterThanOrEqual(95);
    expect(await readFile(join(root, 'open.txt'), 'utf8')).toBe(canary);
    expect(await readFile(join(root, 'owner.txt'), 'utf8')).toBe(canary);
    const outside = await readdir(root);
    expect(outside.filter((name) => ['trap-fired', 'hostile'].includes(name))).toEqual([]);
    expect(await sleepers()).toEqual([]);
  });

  it('does get a lot where there is no sandbox, so its probes are real', async () => {
    vi.stubEnv('GITHUB_TOKEN', canary);
    const workspace = await mkdtemp(join(root, 'work-'));
    const sandbox = createNoSandbox({ ...base, tempRoot: join(root, 't') });
    const report = await runHostileAgent(sandbox, root, {
      workspace,
      tcpPort: port,
      egress: [],
      only: harmless,
    });
    expect(report.succeeded).toEqual(harmless);
    expect(await sleepers()).toEqual([]);
  });
});

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
];

const base = { clock: systemClock, random: systemRandom, nodePath: process.execPath };

function bubblewrapIn(root: string): Sandbox {
  const runAs = agentUserOf(process.getuid?.());
  return createBubblewrap({ ...base, tempRoot: join(root, 't'), runAs });
}

async function runHostileAgent(
  sandbox: Sandbox,
  root: string,
  { workspace, tcpPort, egress, only }: Attack,
): Promise<Report> {
  const tempRoot = join(root, 't');
  const runner = createAgentRunner({
    ...base,
    sandbox,
    tempRoot,
    secrets: async () => canary,
    path: '/usr/bin',
  });
  const agent = createAgents(
    { hostile: { command: ['node', program], task: 'argument' } },
    { path: '/usr/bin', baseDir: null },
  ).find(({ name }) => name === 'hostile');
  if (agent === undefined) throw new Error('no agent was made');
  const plan = {
    openFile: join(root, 'open.txt'),
    ownerFile: join(root, 'owner.txt'),
    serviceFolder: root,
    otherClone: join(root, 'clone'),
    unixSocket: join(root, 'db.sock'),
    tcpPort,
    servicePid: process.pid,
    canaries: [canary],
    workspace,
    only,
  };
  const { end } = await runner.run({
    agent,
    assignment: {
      prompt: JSON.stringify(plan),
      budgetUsd: null,
      timeoutMs: 90_000,
      correlationId: 'run-hostile',
    },
    workspace,
    limits: { timeoutMs: 90_000, stallMs: 90_000, budgetUsd: null, outputBytes: 1e6 },
    egress,
    signal: AbortSignal.timeout(100_000),
    onEvent: () => undefined,
  });
  return JSON.parse(end.message) as Report;
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
