import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AgentRunResult } from '../../../domain/ports/agent.ts';
import { systemClock } from '../../../lib/clock.ts';
import { systemRandom } from '../../../lib/random.ts';
import { createNoSandbox } from '../../sandbox/no-sandbox.ts';
import type { AgentOptions } from '../agent-options.ts';
import { createAgents } from '../create-agents.ts';
import { createAgentRunner } from '../runner.ts';

const key = 'sk-openai-canary-0123456789';

/** Writes down how it was started, and answers as the real one was seen to (samples of `codex exec --json`). */
const codex = `#!/bin/sh
if [ "$1" = --version ]; then echo 'codex-cli 0.145.0'; exit; fi
for argument do echo "$argument"; done > arguments.txt
env > environment.txt
cat > stdin.txt
echo '{"type":"item.completed","item":{"type":"agent_message","text":"done by codex"}}'
echo '{"type":"turn.completed","usage":{"input_tokens":120,"cached_input_tokens":20,"output_tokens":7}}'
`;

let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'cms-codex-'));
  await mkdir(join(root, 'bin'));
  await writeFile(join(root, 'bin', 'codex'), codex, { mode: 0o755 });
});
afterAll(() => rm(root, { recursive: true, force: true, maxRetries: 5 }));

function agentHere(options: AgentOptions = {}) {
  const agent = createAgents({ codex: options }, { path: join(root, 'bin'), baseDir: null }).find(
    ({ name }) => name === 'codex',
  );
  if (agent === undefined) throw new Error('no agent was made');
  return agent;
}

interface Seen {
  readonly result: AgentRunResult;
  readonly words: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly stdin: string;
}

async function run(prompt: string, options: AgentOptions = {}): Promise<Seen> {
  const workspace = await mkdtemp(join(root, 'work-'));
  const tempRoot = join(root, 't');
  const base = { clock: systemClock, random: systemRandom, nodePath: process.execPath, tempRoot };
  const runner = createAgentRunner({
    ...base,
    sandbox: createNoSandbox(base),
    secrets: async (name) => (name === 'OPENAI_API_KEY' ? key : undefined),
    path: join(root, 'bin'),
  });
  const result = await runner.run({
    agent: agentHere(options),
    assignment: { prompt, budgetUsd: 1, timeoutMs: 60_000, correlationId: 'run-c' },
    workspace,
    limits: { timeoutMs: 60_000, stallMs: 60_000, budgetUsd: 1, outputBytes: 1e6 },
    egress: [],
    signal: new AbortController().signal,
    onEvent: () => undefined,
  });
  const lines = async (name: string): Promise<readonly string[]> =>
    (await readFile(join(workspace, name), 'utf8')).trimEnd().split('\n');
  return {
    result,
    words: await lines('arguments.txt'),
    environment: Object.fromEntries(
      (await lines('environment.txt')).map((line) => line.split(/=(.*)/su).slice(0, 2)),
    ),
    stdin: (await lines('stdin.txt')).join('\n'),
  };
}

describe('codex', () => {
  it('is started without a terminal, with write access to its workspace, our proxy as its only model and the task behind "--"', async () => {
    const { result, words, environment } = await run('--help is a task', { model: 'gpt-x' });
    expect(result).toMatchObject({
      end: { kind: 'completed', message: 'done by codex' },
      usage: { inputTokens: 100, cachedTokens: 20, outputTokens: 7 },
    });
    const { OPENAI_BASE_URL: base, OPENAI_API_KEY: placeholder, CODEX_HOME: home } = environment;
    expect(base).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/u);
    expect(words.slice(0, 5)).toEqual([
      'exec',
      '--json',
      '--sandbox',
      'workspace-write',
      '--skip-git-repo-check',
    ]);
    expect(words).toContain(`model_providers.manager.base_url="${base}"`);
    expect(words).toContain('model_provider="manager"');
    expect(words.slice(-4)).toEqual(['--model', 'gpt-x', '--', '--help is a task']);
    expect(home).toBe(join(environment['HOME'] ?? '', '.codex'));
    expect(placeholder).toMatch(/^placeholder-/u);
    expect(JSON.stringify([words, environment])).not.toContain(key);
  });

  it('gets a task on standard input that is too long for an argument', async () => {
    const long = `${'Handle it. '.repeat(12_000)}end`;
    const { words, stdin } = await run(long);
    expect(words.at(-1)).toBe('-');
    expect(stdin).toBe(long);
  });

  it('is probed by the version that it prints', async () => {
    const probe = await agentHere().probe(AbortSignal.timeout(20_000));
    expect(probe).toMatchObject({ works: true, version: '0.145.0' });
  });
});
