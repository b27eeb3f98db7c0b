import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startModelServer } from '../../../../test/support/model-server.ts';
import type { AgentRunResult } from '../../../domain/ports/agent.ts';
import { systemClock } from '../../../lib/clock.ts';
import { systemRandom } from '../../../lib/random.ts';
import { agentUserOf, createBubblewrap } from '../../sandbox/bubblewrap.ts';
import { createAgents } from '../create-agents.ts';
import { createAgentRunner } from '../runner.ts';

/** Behaves as the real one was seen to: makes its folders, then starts the `claude` on PATH with the repository's servers. */
const claudeFlow = `#!/bin/sh
case "$2" in
  init) mkdir -p .hive-mind .claude-flow; echo ready; touch .hive-mind/state ;;
  spawn) [ -e .hive-mind/state ] || exit 9
    for last do :; done
    claude --mcp-config=./.mcp.json -p --output-format stream-json --dangerously-skip-permissions "$last" ;;
  *) echo 'claude-flow v3.43.0' ;;
esac
`;

const claude = `#!/bin/sh
for argument do echo "$argument"; done > arguments.txt
echo '{"type":"result","subtype":"success","is_error":false,"result":"done by the hive","num_turns":2,"usage":{}}'
`;

let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'cms-flow-'));
  await mkdir(join(root, 'bin'));
  await writeFile(join(root, 'bin', 'claude-flow'), claudeFlow, { mode: 0o755 });
  await writeFile(join(root, 'bin', 'claude'), claude, { mode: 0o755 });
});
afterAll(() => rm(root, { recursive: true, force: true, maxRetries: 5 }));

function agentHere() {
  const agent = createAgents({}, { path: join(root, 'bin'), baseDir: null }).find(
    ({ name }) => name === 'claude-flow',
  );
  if (agent === undefined) throw new Error('no agent was made');
  return agent;
}

async function run(workspace: string): Promise<AgentRunResult> {
  const model = await startModelServer([]);
  onTestFinished(() => model.close());
  const base = { clock: systemClock, random: systemRandom, nodePath: process.execPath };
  const tempRoot = join(root, 't');
  const runAs = agentUserOf(process.getuid?.());
  const sandbox = createBubblewrap({ ...base, tempRoot, runAs });
  const secrets = async () => 'key';
  const path = join(root, 'bin');
  const runner = createAgentRunner({ ...base, sandbox, tempRoot, secrets, path });
  return await runner.run({
    agent: agentHere(),
    assignment: { prompt: "It's a task", budgetUsd: 1, timeoutMs: 60_000, correlationId: 'run-f' },
    workspace,
    limits: { timeoutMs: 60_000, stallMs: 60_000, budgetUsd: 1, outputBytes: 1e6 },
    egress: [],
    signal: new AbortController().signal,
    onEvent: () => undefined,
  });
}

describe('claude-flow', () => {
  it('starts claude behind a shim that refuses the settings and servers of the repository', async () => {
    const workspace = await mkdtemp(join(root, 'work-'));
    const { end } = await run(workspace);
    expect(end).toMatchObject({ kind: 'completed', message: 'done by the hive' });
    const words = (await readFile(join(workspace, 'arguments.txt'), 'utf8')).trim().split('\n');
    expect(words.slice(0, 3)).toEqual(['--setting-sources', 'user', '--strict-mcp-config']);
    expect(words.at(-1)).toBe("It's a task");
    expect(words.filter((word) => word.startsWith('--mcp-config'))).toEqual([]);
  });

  it('leaves none of its own folders, but keeps those of the repository', async () => {
    const workspace = await mkdtemp(join(root, 'work-'));
    await mkdir(join(workspace, '.hive-mind'));
    await run(workspace);
    expect(new Set(await readdir(workspace))).toEqual(new Set(['.hive-mind', 'arguments.txt']));
  });

  it('is probed by the version that it prints', async () => {
    const probe = await agentHere().probe(AbortSignal.timeout(20_000));
    expect(probe).toMatchObject({ works: true, version: '3.43.0' });
  });
});
