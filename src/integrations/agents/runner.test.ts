import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AgentEvent } from '../../domain/agent-event.ts';
import type { AgentLimits, AgentRunResult } from '../../domain/ports/agent.ts';
import { systemClock } from '../../lib/clock.ts';
import { systemRandom } from '../../lib/random.ts';
import { removeTree } from '../../lib/remove-tree.ts';
import { agentUserOf, createBubblewrap } from '../sandbox/bubblewrap.ts';
import type { AgentOptions } from './agent-options.ts';
import { createCommandRunner } from './command-runner.ts';
import { createAgents } from './create-agents.ts';
import { createAgentRunner } from './runner.ts';
import { watch } from './watchdog.ts';

let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'cms-run-'));
});
afterAll(() => rm(root, { recursive: true, force: true, maxRetries: 5 }));

const generous: AgentLimits = {
  timeoutMs: 60_000,
  stallMs: 60_000,
  budgetUsd: null,
  outputBytes: 1e6,
};
const base = { clock: systemClock, random: systemRandom, nodePath: process.execPath };

function parts() {
  const tempRoot = join(root, 't');
  const runAs = agentUserOf(process.getuid?.());
  return { ...base, tempRoot, sandbox: createBubblewrap({ ...base, tempRoot, runAs }) };
}

interface Run {
  readonly result: AgentRunResult;
  readonly events: readonly AgentEvent[];
  readonly workspace: string;
}

async function run(
  options: AgentOptions,
  limits: Partial<AgentLimits> = {},
  signal = new AbortController().signal,
  diskBytes = 2 ** 30,
): Promise<Run> {
  const workspace = await mkdtemp(join(root, 'work-'));
  const baseDir = join(root, 'config');
  await mkdir(baseDir, { recursive: true });
  await writeFile(join(baseDir, 'agent.mjs'), agentProgram);
  const agent = createAgents({ mine: options }, { path: '/usr/bin', baseDir }).find(
    ({ name }) => name === 'mine',
  );
  if (agent === undefined) throw new Error('no agent was made');
  const secrets = async (name: string) => (name === 'MY_SECRET' ? 'value' : undefined);
  const runner = createAgentRunner({ ...parts(), secrets, path: '/usr/bin' });
  const events: AgentEvent[] = [];
  const result = await runner.run({
    agent,
    assignment: { prompt: 'Do it.\n', budgetUsd: null, timeoutMs: 60_000, correlationId: 'run-1' },
    workspace,
    limits: { ...generous, ...limits },
    egress: [],
    signal,
    sandbox: { limits: { memoryBytes: 2 ** 30, processes: 100, fileBytes: 2 ** 30, diskBytes } },
    onEvent: (event) => events.push(event),
  });
  return { result, events, workspace };
}

/** Writes what it was given into the work tree. */
const agentProgram = `
import { readFileSync, writeFileSync } from 'node:fs';
const stdin = readFileSync(0, 'utf8');
writeFileSync('seen.json', JSON.stringify({ argument: process.argv.at(-1), stdin, env: process.env, cwd: process.cwd() }));
const file = process.env.CLAUDE_MANAGER_TASK_FILE;
writeFileSync('task.txt', readFileSync(file, 'utf8'));
console.log('finished');
`;

const shell = (line: string): AgentOptions => ({ command: ['sh', '-c', line] });

interface Seen {
  readonly argument: string;
  readonly stdin: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

async function seenBy({ workspace }: Run): Promise<Seen> {
  return JSON.parse(await readFile(join(workspace, 'seen.json'), 'utf8')) as Seen;
}

describe('the agent runner', () => {
  it('gives a command its task as a file, found beside the configuration, in its work tree', async () => {
    const done = await run({
      command: ['node', 'agent.mjs'],
      secrets: ['MY_SECRET'],
      env: { A: '1' },
    });
    expect(done.result).toMatchObject({
      end: { kind: 'completed', message: 'finished', exitCode: 0 },
      stopped: null,
      sandbox: 'bubblewrap',
    });
    const seen = await seenBy(done);
    expect(seen.cwd).toBe(done.workspace);
    expect(seen.argument).toBe(seen.env['CLAUDE_MANAGER_TASK_FILE']);
    expect(await readFile(join(done.workspace, 'task.txt'), 'utf8')).toBe('Do it.\n');
    expect(seen.env).toMatchObject({ CMS_RUN_ID: 'run-1', MY_SECRET: 'value', A: '1' });
    expect(await readdir(join(root, 't'))).toEqual([]);
  });

  it('gives it as the last argument or on standard input when asked', async () => {
    const command = ['node', 'agent.mjs'];
    expect(await seenBy(await run({ command, task: 'argument' }))).toMatchObject({
      argument: 'Do it.\n',
      stdin: '',
    });
    expect(await seenBy(await run({ command, task: 'stdin' }))).toMatchObject({
      stdin: 'Do it.\n',
    });
  });

  it('tells events as they come and the end last', async () => {
    const { events } = await run(shell('echo one; echo two >&2; echo three'));
    expect(events.filter(({ type }) => type === 'output')).toHaveLength(3);
    expect(events.at(-1)).toMatchObject({ type: 'ended', end: { kind: 'completed' } });
  });

  it('stops at the time limit, children in sessions of their own too', async () => {
    const { result } = await run(
      shell('(setsid sleep 999 &); while :; do echo busy; sleep 0.05; done'),
      { timeoutMs: 600 },
    );
    expect(result).toMatchObject({
      stopped: 'timeout',
      end: { kind: 'interrupted', failure: null },
    });
  });

  it('stops a silent run that changes nothing', async () => {
    const { result } = await run(shell('sleep 999'), { stallMs: 500 });
    expect(result.stopped).toBe('stall');
  });

  it('does not take silent work on files for a stall', async () => {
    const line = 'for i in 1 2 3 4 5 6 7 8; do sleep 0.25; date +%N > file; done';
    const { result } = await run(shell(line), { stallMs: 1000 });
    expect(result).toMatchObject({ stopped: null, end: { kind: 'completed' } });
  });

  it('stops over the budget by what the agent reports', async () => {
    const line = `echo '{"type":"result","message":"x","usage":{"costUsd":9}}'; sleep 999`;
    const { result } = await run(shell(line), { budgetUsd: 5 });
    expect(result).toMatchObject({
      stopped: 'budget',
      end: { kind: 'max_budget' },
      usage: { costUsd: 9 },
    });
  });

  it('stops over its tokens or its turns, as far as they are told', async () => {
    const line = `echo '{"type":"result","message":"x","usage":{"inputTokens":90,"outputTokens":20}}'; sleep 999`;
    const { result } = await run(shell(line), { tokens: 100 });
    expect(result).toMatchObject({ stopped: 'budget', end: { kind: 'max_budget' } });
    const watched = (turns: number) => ({
      clock: systemClock,
      limits: { ...generous, turns: 5 },
      diskBytes: 1e9,
      folders: [],
      before: { newestMs: 0, bytes: 0, isWhole: true },
      deletedBytes: async () => 0,
      signal: AbortSignal.timeout(200),
      lastOutputMs: () => systemClock.monotonicMs(),
      used: () => ({ costUsd: 0, tokens: 0, turns }),
    });
    const over = new AbortController().signal;
    expect(await watch(watched(6), over)).toBe('budget');
    expect(await watch(watched(5), over)).toBe('canceled');
  });

  it('stops when it takes more disk than it may', async () => {
    const diskBytes = 10 * 2 ** 20;
    const ways = {
      'files one after the other':
        'i=0; while :; do head -c 900000 /dev/zero > "f$i"; i=$((i+1)); sleep 0.02; done',
      'files without a byte': 'mkdir d; cd d; i=0; while :; do : > "f$i"; i=$((i+1)); done',
      'folders far below each other':
        'node -e \'for (let n = 0; n < 30; n += 1) { fs.mkdirSync("a".repeat(200)); process.chdir("a".repeat(200)); } let n = 0; setInterval(() => fs.writeFileSync("f" + n++, Buffer.alloc(900000, 1)), 20)\'',
      'a file that no folder has any more':
        'exec 3> f; rm f; while :; do head -c 900000 /dev/zero >&3; sleep 0.02; done',
    };
    for (const [way, line] of Object.entries(ways)) {
      const { result, workspace } = await run(shell(line), {}, undefined, diskBytes);
      expect([way, result]).toMatchObject([
        way,
        { stopped: null, end: { kind: 'failed', failure: 'agent' } },
      ]);
      expect(result.end.message).toContain('disk');
      await removeTree(workspace);
    }
  });

  it('does not take for disk what takes none: names of one file, holes in files, what is deleted again', async () => {
    const line =
      'head -c 900000 /dev/zero > f; for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do ln f "f$n"; done; truncate -s 1G hole; for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do head -c 900000 /dev/zero > g; rm g; sleep 0.2; done';
    const { result } = await run(shell(line), {}, undefined, 10 * 2 ** 20);
    expect(result).toMatchObject({ stopped: null, end: { kind: 'completed' } });
  });

  it('stops when it is canceled, and does not start when it was canceled before', async () => {
    const during = await run(shell('sleep 999'), {}, AbortSignal.timeout(400));
    expect(during.result.stopped).toBe('canceled');
    const before = await run(shell('touch started'), {}, AbortSignal.abort());
    expect(before.result.stopped).toBe('canceled');
    expect(await readdir(before.workspace)).toEqual([]);
  });

  it('keeps no output past its cap, while the run goes on to its end', async () => {
    const line = 'head -c 3000000 /dev/zero | tr "\\0" "x" | fold -w 1000; echo last';
    const { events, result } = await run(shell(line), { outputBytes: 100_000 });
    const kept = events.reduce(
      (sum, event) => sum + (event.type === 'output' ? event.text.length : 0),
      0,
    );
    expect(kept).toBeLessThanOrEqual(100_000);
    expect(kept).toBeGreaterThan(90_000);
    expect(result.end.message).toContain('last');
  });

  it('says which secret is missing instead of starting', async () => {
    const { result, workspace } = await run({
      command: ['touch', 'started'],
      secrets: ['NOT_THERE'],
    });
    expect(result.end).toMatchObject({ kind: 'failed', failure: 'authentication' });
    expect(result.end.message).toContain('NOT_THERE');
    expect(await readdir(workspace)).toEqual([]);
  });

  it('says which program is missing', async () => {
    await expect(run({ command: ['no-such-agent'] })).rejects.toMatchObject({
      code: 'agent_missing',
    });
  });
});

describe('the command runner', () => {
  const line = async (
    command: string,
    timeoutMs = 60_000,
    signal = new AbortController().signal,
  ) => {
    const workspace = await mkdtemp(join(root, 'work-'));
    return await createCommandRunner(parts()).run({
      command,
      workspace,
      timeoutMs,
      egress: [],
      signal,
    });
  };

  it('gives the exit code and the last output', async () => {
    expect(await line('echo out; echo err >&2; exit 3')).toMatchObject({
      exitCode: 3,
      timedOut: false,
    });
    const long = await line('seq 1 100000; echo the end');
    expect(long.output).toMatch(/the end\n$/);
    expect(long.output.length).toBeLessThanOrEqual(16_000);
  });

  it('ends when it takes more disk than it may, and says so', async () => {
    const workspace = await mkdtemp(join(root, 'work-'));
    const ended = await createCommandRunner(parts()).run({
      command: 'i=0; while :; do head -c 900000 /dev/zero > "f$i"; i=$((i+1)); sleep 0.02; done',
      workspace,
      timeoutMs: 60_000,
      egress: [],
      signal: new AbortController().signal,
      limits: { memoryBytes: 2 ** 30, processes: 100, fileBytes: 2 ** 30, diskBytes: 10 * 2 ** 20 },
    });
    expect(ended).toMatchObject({ exitCode: null, timedOut: false });
    expect(ended.output).toContain('disk');
  });

  it('ends at its deadline and when it is canceled', async () => {
    expect(await line('sleep 999', 300)).toMatchObject({ exitCode: null, timedOut: true });
    expect(await line('sleep 999', 60_000, AbortSignal.timeout(300))).toMatchObject({
      exitCode: null,
      timedOut: false,
    });
  });
});
