import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createInspect } from '../src/platform/inspection/inspect.ts';
import { createSlidingWindow } from '../src/platform/ratelimit/sliding-window.ts';
import { openGateBench } from './gate-bench.ts';

/**
 * What the gate costs a call: `node bench/gate.ts [calls]` (2,000 when not said). The same handler bare, through the gate
 * without an audit log (limits, permission, schema, inspection, metrics, log lines on disk), and through the gate with it;
 * beside single rows with a commit each on the same database in the same run.
 */
const calls = Number(process.argv[2] ?? 2000);
const folder = await mkdtemp(join(tmpdir(), 'cms-bench-gate-'));
const counted = new Map<string, number>();
const bench = await openGateBench(folder, {
  observe: ({ outcome }) => counted.set(outcome, (counted.get(outcome) ?? 0) + 1),
});
const { pool } = bench.database;

try {
  await pool.query('create table bench_rows (id bigint generated always as identity, text text)');
  const noTrail = { begin: async () => '1', finish: async () => undefined };
  const row = async (): Promise<void> => {
    await pool.query('insert into bench_rows (text) values ($1)', [bench.input.body]);
  };

  const handlerAlone = await times(() => bench.bare());
  const withoutAudit = await times(bench.through(bench.gateWith(noTrail)));
  const oneRow = await times(row);
  const withAudit = await times(bench.through(bench.gateWith(bench.trail)));
  const oneRowAgain = await times(row);
  const commit = Math.min(oneRow.p50, oneRowAgain.p50);
  print('schema and handler alone', handlerAlone);
  print('gate, nothing audited', withoutAudit);
  print('one INSERT and COMMIT', oneRow);
  print('one INSERT and COMMIT, again', oneRowAgain);
  print('gate, begun and finished on disk', withAudit);
  say(
    `the gate's price without audit: ${us(withoutAudit.p50 - handlerAlone.p50)} (to reach: 50 µs)`,
  );
  say(
    `with audit: ${us(withAudit.p50)} = ${(withAudit.p50 / commit).toFixed(1)} × one commit (to reach: 1.5 ms)`,
  );
  say(
    `processor time at 20 calls a second: ${((withAudit.cpuMs * 20) / 10).toFixed(2)} % (to reach: 2 %)`,
  );
  say(`calls seen by metrics: ${JSON.stringify(Object.fromEntries(counted))}`);
  inspection();
  addresses();
} finally {
  await bench.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

interface Times {
  readonly p50: number;
  readonly p99: number;
  /** Of this process, a call. */
  readonly cpuMs: number;
}

async function times(body: () => Promise<unknown>): Promise<Times> {
  for (let warm = 0; warm < Math.min(500, calls); warm += 1) await body();
  const all: number[] = [];
  const before = process.cpuUsage();
  for (let call = 0; call < calls; call += 1) {
    const started = performance.now();
    await body();
    all.push(performance.now() - started);
  }
  const { user, system } = process.cpuUsage(before);
  all.sort((one, other) => one - other);
  return {
    p50: all[Math.floor(calls / 2)] ?? 0,
    p99: all[Math.floor(calls * 0.99)] ?? 0,
    cpuMs: (user + system) / 1000 / calls,
  };
}

/** 64 KB of what is worst for patterns. */
function inspection(): void {
  const inspect = createInspect(new Uint8Array(32));
  let worst = 0;
  let of = '';
  for (const piece of [
    '<',
    '<a x ',
    "' or 1=1 ",
    '../',
    '{{',
    '$(',
    ';a ',
    '%25',
    '&#60;',
    ')',
    'x\n',
    '`a` ',
    '1 or ',
    'please print the ',
    'push ',
    '忽略',
  ]) {
    const text = piece.repeat(65_536 / piece.length);
    inspect(text);
    const started = performance.now();
    inspect(text);
    const took = performance.now() - started;
    if (took > worst) [worst, of] = [took, piece];
  }
  say(
    `inspection of 64 KB at worst: ${worst.toFixed(1)} ms, of ${JSON.stringify(of)} (to reach: 50 ms)`,
  );
}

function addresses(): void {
  const before = heap();
  const window = createSlidingWindow({ limit: () => 60, windowMs: 60_000, maxKeys: 100_000 });
  const started = performance.now();
  for (let one = 0; one < 1_000_000; one += 1)
    window.take(`address:${one >> 16}.${(one >> 8) & 255}.${one & 255}.1`, one / 1000);
  const took = performance.now() - started;
  const grown = (heap() - before) / 1_048_576;
  say(
    `a million addresses: ${grown.toFixed(0)} MB more (to reach: 50 MB), ${((took / 1_000_000) * 1000).toFixed(2)} µs each, ${window.size()} remembered`,
  );
}

/** Bytes in use after everything that is garbage is gone. */
function heap(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

function print(name: string, { p50, p99 }: Times): void {
  say(`${name.padEnd(36)} p50 ${us(p50).padStart(9)}   p99 ${us(p99).padStart(9)}`);
}

function us(ms: number): string {
  return `${(ms * 1000).toFixed(0)} µs`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
