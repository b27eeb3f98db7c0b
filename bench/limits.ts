// How well the limits of a run hold, one fake agent for each in bubblewrap, as the service runs it:
// `node bench/limits.ts [NAME…]`, all of them or those of `measures` below. Limit, what was reached, by how much that is
// beside it, and the time from the moment at which the limit was passed until no process was left, where that can be told.
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import type { AgentLimits, AgentRunResult } from '../src/domain/ports/agent.ts';
import { createAgents } from '../src/integrations/agents/create-agents.ts';
import { createAgentRunner } from '../src/integrations/agents/runner.ts';
import { lookAtTrees } from '../src/integrations/agents/tree-look.ts';
import { agentUserOf, createBubblewrap } from '../src/integrations/sandbox/bubblewrap.ts';
import { systemClock } from '../src/lib/clock.ts';
import { systemRandom } from '../src/lib/random.ts';

const root = await mkdtemp(join(tmpdir(), 'cms-limits-'));
const base = { clock: systemClock, random: systemRandom, nodePath: process.execPath };
const MB = 2 ** 20;

interface Bounds {
  readonly limits?: Partial<AgentLimits>;
  readonly memoryBytes?: number;
  readonly processes?: number;
  readonly diskBytes?: number;
  readonly cpus?: number;
}

interface Ran {
  readonly result: AgentRunResult;
  readonly workspace: string;
  /** Characters of output that were kept. */
  readonly kept: number;
  readonly ms: number;
}

/** Runs a program of Node as the agent; its work tree is there until `forget`. */
async function run(program: string, bounds: Bounds): Promise<Ran> {
  const workspace = await mkdtemp(join(root, 'work-'));
  const tempRoot = join(root, 't');
  await mkdir(tempRoot, { recursive: true });
  const sandbox = createBubblewrap({
    ...base,
    tempRoot,
    runAs: agentUserOf(process.getuid?.()),
  });
  const agent = createAgents(
    { mine: { command: ['node', '-e', program] } },
    { path: '/usr/bin', baseDir: null },
  ).find(({ name }) => name === 'mine');
  if (agent === undefined) throw new Error('no agent was made');
  const runner = createAgentRunner({
    ...base,
    tempRoot,
    sandbox,
    path: '/usr/bin',
    secrets: async () => undefined,
  });
  let kept = 0;
  const began = performance.now();
  const result = await runner.run({
    agent,
    assignment: { prompt: '', budgetUsd: null, timeoutMs: 600_000, correlationId: 'bench' },
    workspace,
    limits: {
      timeoutMs: 600_000,
      stallMs: 600_000,
      budgetUsd: null,
      outputBytes: 10 * MB,
      ...bounds.limits,
    },
    egress: [],
    signal: new AbortController().signal,
    sandbox: {
      limits: {
        memoryBytes: bounds.memoryBytes ?? 1024 * MB,
        processes: bounds.processes ?? 256,
        fileBytes: 4096 * MB,
        diskBytes: bounds.diskBytes ?? 4096 * MB,
        cpus: bounds.cpus ?? null,
      },
    },
    onEvent: (event) => {
      if (event.type === 'output') kept += event.text.length + 1;
    },
  });
  return { result, workspace, kept, ms: performance.now() - began };
}

/** Writes the time into a file at the moment at which it passes its limit. */
const passing = `const passed = () => require('node:fs').writeFileSync('passed', String(Date.now()));`;

async function secondsSincePassed({ workspace }: Ran): Promise<number | null> {
  const at = await readFile(join(workspace, 'passed'), 'utf8').catch(() => null);
  return at === null ? null : (Date.now() - Number(at)) / 1000;
}

function tell(
  name: string,
  limit: number,
  reached: number,
  unit: string,
  late: number | null,
): void {
  const off = ((reached - limit) / limit) * 100;
  const end = late === null ? '' : `, over ${late.toFixed(2)} s after it was passed`;
  process.stdout.write(
    `${name}: limit ${limit}${unit}, reached ${Number(reached.toFixed(2))}${unit} (${off >= 0 ? '+' : ''}${off.toFixed(1)} %)${end}\n`,
  );
}

async function wall(): Promise<void> {
  const ran = await run('setInterval(() => console.log(1), 100)', {
    limits: { timeoutMs: 20_000 },
  });
  if (ran.result.stopped !== 'timeout') throw new Error(`stopped: ${ran.result.stopped}`);
  tell('wall', 20, ran.ms / 1000, ' s', ran.ms / 1000 - 20);
}

async function cpu(): Promise<void> {
  const busy = `
    const { fork } = require('node:child_process');
    const end = performance.now() + 10000;
    const spin = () => { while (performance.now() < end); const { user, system } = process.cpuUsage(); return (user + system) / 1e6; };
    if (process.argv.at(-1) === 'child') { console.log('used ' + spin()); }
    else {
      require('node:fs').writeFileSync('spin.cjs', 'const end = performance.now() + 10000; while (performance.now() < end); const { user, system } = process.cpuUsage(); process.send((user + system) / 1e6);');
      let sum = 0; let left = 2;
      for (let n = 0; n < 2; n += 1) fork('spin.cjs').on('message', (used) => {
        sum += used; left -= 1;
        if (left === 0) require('node:fs').writeFileSync('used', String(sum / (performance.now() / 1000)));
      });
    }`;
  const ran = await run(busy, { cpus: 0.5 });
  tell('processors', 0.5, Number(await readFile(join(ran.workspace, 'used'), 'utf8')), '', null);
}

async function memory(): Promise<void> {
  const hog = `
    const fs = require('node:fs');
    const held = [];
    const step = () => {
      held.push(Buffer.alloc(2 ** 21, 1));
      fs.appendFileSync('held', /RssAnon:\\s+(\\d+)/.exec(fs.readFileSync('/proc/self/status', 'utf8'))[1] + ' ');
      fs.writeFileSync('passed', String(Date.now()));
      setTimeout(step, 2);
    };
    step();`;
  const ran = await run(hog, { memoryBytes: 512 * MB });
  const noted = (await readFile(join(ran.workspace, 'held'), 'utf8')).split(' ').map(Number);
  tell('memory', 512, Math.max(...noted) / 1024, ' MB', await secondsSincePassed(ran));
}

async function processes(): Promise<void> {
  const bomb = `
    const { spawn } = require('node:child_process');
    const fs = require('node:fs');
    const count = () => fs.readdirSync('/proc').filter((name) => /^\\d+$/.test(name))
      .reduce((sum, id) => { try { return sum + fs.readdirSync('/proc/' + id + '/task').length; } catch { return sum; } }, 0);
    let most = 0;
    for (let n = 0; n < 600; n += 1) {
      try { spawn('sleep', ['300']).on('error', () => {}); } catch {}
      if (n % 10 === 9) most = Math.max(most, count());
    }
    fs.writeFileSync('most', String(most));
    process.exit(0);`;
  const ran = await run(bomb, { processes: 256 });
  tell(
    'processes and threads',
    256,
    Number(await readFile(join(ran.workspace, 'most'), 'utf8')),
    '',
    null,
  );
}

async function disk(name: string, line: string): Promise<void> {
  const limit = 200 * MB;
  const ran = await run(`${passing} const limit = ${limit}; ${line}`, { diskBytes: limit });
  if (!ran.result.end.message.includes('disk')) throw new Error(ran.result.end.message);
  const look = await lookAtTrees([ran.workspace], { mostBytes: Infinity, isOver: () => false });
  tell(name, limit / MB, (look?.bytes ?? 0) / MB, ' MB', await secondsSincePassed(ran));
}

const fill = `
  const fs = require('node:fs');
  const block = Buffer.alloc(2 ** 20, 1);
  let n = 0;
  let bytes = 0;
  const step = () => {
    fs.writeFileSync('f' + n, block); n += 1; bytes += block.length;
    if (bytes > limit && bytes <= limit + block.length) passed();
    setTimeout(step, 5);
  };
  step();`;
const empty = `
  const fs = require('node:fs');
  for (let n = 0; ; n += 1) {
    if (n % 1000 === 0) fs.mkdirSync('d' + n / 1000);
    fs.closeSync(fs.openSync('d' + Math.floor(n / 1000) + '/f' + n, 'w'));
    if (n === Math.floor(limit / 4096)) passed();
  }`;

async function manyFiles(): Promise<void> {
  const program = `
    const fs = require('node:fs');
    for (let n = 0; n < 60000; n += 1) {
      if (n % 1000 === 0) fs.mkdirSync('d' + n / 1000);
      fs.writeFileSync('d' + Math.floor(n / 1000) + '/f' + n, 'x'.repeat(5000));
    }
    setTimeout(() => {}, 10000);`;
  const ran = await run(program, { diskBytes: 2048 * MB });
  process.stdout.write(
    `60,000 files of 5 kB under a limit of 2 GiB: ${ran.result.end.kind}, ${ran.result.stopped ?? 'not stopped'}\n`,
  );
}

async function output(): Promise<void> {
  const flood = `
    const line = 'x'.repeat(999);
    let n = 0;
    const more = () => { while (n++ < 50000) if (!process.stdout.write(line + '\\n')) return process.stdout.once('drain', more); };
    more();`;
  const before = process.memoryUsage().rss;
  const ran = await run(flood, { limits: { outputBytes: 10 * MB } });
  tell('output kept of 50 MB', 10, ran.kept / MB, ' MB', null);
  const grown = Math.max(0, process.memoryUsage().rss - before) / MB;
  process.stdout.write(`  meanwhile our own memory grew by ${grown.toFixed(0)} MB\n`);
}

async function budget(name: string, limits: Partial<AgentLimits>, limit: number): Promise<void> {
  const program = `
    ${passing}
    let used = 0;
    let told = false;
    setInterval(() => {
      used += ${limit} / 200;
      const usage = ${name === 'tokens' ? '{ inputTokens: used, outputTokens: 0 }' : '{ costUsd: used }'};
      console.log(JSON.stringify({ type: 'result', message: 'x', usage }));
      if (used > ${limit} && !told) { told = true; passed(); }
    }, 20);`;
  const ran = await run(program, { limits });
  if (ran.result.stopped !== 'budget') throw new Error(`stopped: ${ran.result.stopped}`);
  const { usage } = ran.result;
  const reached = name === 'tokens' ? (usage?.inputTokens ?? 0) : (usage?.costUsd ?? 0);
  tell(name, limit, reached, name === 'tokens' ? '' : ' US dollars', await secondsSincePassed(ran));
}

const measures: Readonly<Record<string, () => Promise<void>>> = {
  wall,
  processors: cpu,
  memory,
  processes,
  disk: () => disk('disk, files of a megabyte', fill),
  entries: () => disk('disk, empty files at 4 KiB', empty),
  'many-files': manyFiles,
  output,
  tokens: () => budget('tokens', { tokens: 100_000 }, 100_000),
  cost: () => budget('cost', { budgetUsd: 1 }, 1),
};

try {
  const wanted = process.argv.slice(2);
  for (const [name, measure] of Object.entries(measures))
    if (wanted.length === 0 || wanted.includes(name)) await measure();
} finally {
  await rm(root, { recursive: true, force: true, maxRetries: 5 });
}
