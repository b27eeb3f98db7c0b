import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

// Usage: node bench/start.ts [PROGRAM]. What starting costs: `--version` beside bare Node, the service until it listens on
// a new and on an existing data folder, and what it takes when nothing happens (Linux). Of memory first what counts: all
// pages of the service, those of Node's own program too, and the shares of the database's processes. The proportional
// memory behind it is up to 50 MiB less while others on the machine run Node, because those pages are shared with them.
// PROGRAM is the bundle that `./run` starts (made by any command of it), src/app/main.ts or a built dist/app/main.js.
const program = path.resolve(
  process.argv[2] ?? path.join(import.meta.dirname, '../.cache/program/main.mjs'),
);
/** Over a whole minute, because much comes once in one, and after the first, in which a start is cleared away. */
const [startedSeconds, idleSeconds] = [60, 60];
const ticksPerSecond = 100;
/** Fields of proc(5), counted from the state. */
const ofItself = [11, 12] as const;
const ofChildren = [13, 14] as const;
const folder = mkdtempSync(path.join(tmpdir(), 'cms-bench-start-'));
const config = path.join(folder, 'config.json');

try {
  spawnSync('git', ['init', '--quiet', '--bare', path.join(folder, 'code.git')]);
  const settings = {
    repositories: [{ match: path.join(folder, 'code.git') }],
    executor: { default: 'command', agents: { command: { kind: 'command', command: ['true'] } } },
    dataDir: 'data',
    logDir: 'logs',
  };
  writeFileSync(config, JSON.stringify(settings));
  report('bare node', best(['-e', '0']));
  report('claude-manager --version', best([program, '--version']));
  report('start on a new data folder, until it listens', await untilReady());
  report('start on an existing one', await untilReady());
  report('start on an existing one, and then idle', await untilReady(idle));
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

interface Time {
  /** Milliseconds; processor time is that of all processes, user and system. */
  readonly wall: number;
  readonly processor: number;
}

function report(what: string, { wall, processor }: Time): void {
  const text = `${wall.toFixed(0)} ms by the clock, ${processor.toFixed(0)} ms of processor time`;
  process.stdout.write(`${what}: ${text}\n`);
}

function best(words: readonly string[]): Time {
  const times = Array.from({ length: 9 }, () => {
    const before = processorOf('self', ofChildren);
    const start = performance.now();
    spawnSync(process.execPath, words);
    return { wall: performance.now() - start, processor: processorOf('self', ofChildren) - before };
  });
  const least = (one: keyof Time) => Math.min(...times.map((time) => time[one]));
  return { wall: least('wall'), processor: least('processor') };
}

async function untilReady(then?: (service: number) => Promise<void>): Promise<Time> {
  const words = [program, '--config', config, '--verbose', 'start', '--port', '0'];
  const start = performance.now();
  const service = spawn(process.execPath, words, {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const pid = service.pid ?? 0;
  const ended = new Promise((resolve) => service.once('exit', resolve));
  let said = '';
  await new Promise<void>((resolve, reject) => {
    service.stderr.on('data', (text: Buffer) => {
      said += text.toString();
      if (said.includes('listening on')) resolve();
    });
    service.once('exit', () => reject(new Error(`the service ended:\n${said}`)));
  });
  const wall = performance.now() - start;
  const processor = sum(family(pid), (one) => processorOf(one, ofItself));
  await then?.(pid);
  service.kill('SIGTERM');
  await ended;
  return { wall, processor };
}

/** What the service and its database take in its second minute. */
async function idle(service: number): Promise<void> {
  await sleep(1000 * startedSeconds);
  // What has ended meanwhile stands in the times that its parent took over.
  const spent = (): number =>
    sum(family(service), (one) => processorOf(one, ofItself) + processorOf(one, ofChildren));
  const before = spent();
  await sleep(1000 * idleSeconds);
  const used = spent() - before;
  const proportional = sum(family(service), (one) => kilobytes(one, 'Pss'));
  const [shared, whole] = [kilobytes(String(service), 'Pss'), kilobytes(String(service), 'Rss')];
  const inMebibytes = (size: number): string => (size / 1024).toFixed(0);
  process.stdout.write(
    `idle: ${((used / idleSeconds / 1000) * 100).toFixed(2)} % of a processor, ${inMebibytes(proportional - shared + whole)} MiB (service ${inMebibytes(whole)}), ` +
      `${inMebibytes(proportional)} MiB proportional (service ${inMebibytes(shared)}) in ${family(service).length} processes\n`,
  );
}

/** The service, its children, and the database of its data folder, which is in a session of its own. */
function family(service: number): string[] {
  const parents = new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/u.test(name))
      .map((name) => [name, statOf(name)[1] ?? '']),
  );
  const found = new Set([String(service), databasePid()].filter((pid) => parents.has(pid)));
  for (let before = 0; before < found.size; ) {
    before = found.size;
    for (const [pid, parent] of parents) if (found.has(parent)) found.add(pid);
  }
  return [...found];
}

function databasePid(): string {
  const file = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((name) =>
    name.endsWith('postmaster.pid'),
  );
  return file === undefined
    ? ''
    : (readFileSync(path.join(folder, file), 'utf8').split('\n')[0] ?? '');
}

/** Fields of proc(5) after the name; [0] is the state, [1] the parent. */
function statOf(pid: string): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}

/** Milliseconds of two fields; 0 of a process that is gone. */
function processorOf(pid: string, [user, system]: readonly [number, number]): number {
  const fields = statOf(pid);
  return (1000 / ticksPerSecond) * (Number(fields[user] ?? 0) + Number(fields[system] ?? 0));
}

/** All pages of a process, or its share of each. */
function kilobytes(pid: string, which: 'Rss' | 'Pss'): number {
  try {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    return Number(new RegExp(`^${which}:\\s+(\\d+)`, 'mu').exec(rollup)?.[1] ?? 0);
  } catch {
    return 0;
  }
}

function sum(pids: readonly string[], of: (pid: string) => number): number {
  return pids.reduce((total, pid) => total + of(pid), 0);
}
