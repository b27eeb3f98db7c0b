import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gateObserver, openTelemetry } from '../src/app/watching/open-telemetry.ts';
import { systemRandom } from '../src/lib/random.ts';
import { createRedactor } from '../src/platform/redaction/redactor.ts';
import { openGateBench } from './gate-bench.ts';

/**
 * What the robust parts cost: `node bench/overhead.ts [operations]` (5,000 when not said). One process does the work of an
 * operation with a plain log line, one does it through the gate (limits, permission, schema, inspection, redaction, metrics,
 * logs), one keeps the audit log as well; each in a process and a folder of its own. Memory is what is in use after
 * everything that is garbage is gone, processor time that of the process, storage what its log files and its database
 * have grown by. None of them asks anything of the network.
 */
const operations = Number(process.argv[2] ?? 5000);
const modes = ['bare', 'robust', 'robust and audited'] as const;
type Mode = (typeof modes)[number];

interface Cost {
  readonly processorMs: number;
  readonly memoryMb: number;
  readonly logBytes: number;
  readonly databaseBytes: number;
}

const mode = process.argv[3] as Mode | undefined;
if (mode === undefined) await compare();
else process.send?.(await measured(mode));

async function compare(): Promise<void> {
  const costs = new Map<Mode, Cost>();
  for (const one of modes) {
    const child = fork(import.meta.filename, [String(operations), one]);
    const [cost] = (await once(child, 'message')) as [Cost];
    await once(child, 'exit');
    costs.set(one, cost);
    say(
      `${one.padEnd(18)} ${(cost.processorMs / operations).toFixed(3)} ms of processor an operation, ${cost.memoryMb.toFixed(1)} MB in use, ` +
        `${(cost.logBytes / operations).toFixed(0)} bytes of logs and ${(cost.databaseBytes / operations).toFixed(0)} of database an operation`,
    );
  }
  const bare = costs.get('bare');
  for (const one of modes.slice(1)) {
    const cost = costs.get(one);
    if (bare === undefined || cost === undefined) continue;
    const more = (cost.processorMs - bare.processorMs) / operations;
    say(
      `${one}: ${(cost.memoryMb - bare.memoryMb).toFixed(1)} MB more (to reach: 15), ${((more * 20) / 10).toFixed(2)} % of a processor more ` +
        `at 20 operations a second (to reach: 2), logs ${((cost.logBytes / bare.logBytes - 1) * 100).toFixed(0)} % more (to reach: 30)`,
    );
  }
}

async function measured(one: Mode): Promise<Cost> {
  const folder = await mkdtemp(join(tmpdir(), 'cms-bench-overhead-'));
  const redactor = createRedactor(systemRandom.bytes(32));
  const observe = gateObserver(openTelemetry());
  const bench = await openGateBench(folder, {
    ...(one === 'bare' ? {} : { redact: (text) => redactor.redact(text) }),
    observe,
  });
  try {
    const call = callOf(one, bench);
    for (let warm = 0; warm < 500; warm += 1) await call();
    const databaseBefore = await databaseBytes(bench);
    const logsBefore = await logBytes(folder, bench);
    const before = process.cpuUsage();
    for (let n = 0; n < operations; n += 1) await call();
    const { user, system } = process.cpuUsage(before);
    return {
      processorMs: (user + system) / 1000,
      memoryMb: memoryInUse() / 1_048_576,
      logBytes: (await logBytes(folder, bench)) - logsBefore,
      databaseBytes: (await databaseBytes(bench)) - databaseBefore,
    };
  } finally {
    await bench.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

type Bench = Awaited<ReturnType<typeof openGateBench>>;

function callOf(one: Mode, bench: Bench): () => Promise<unknown> {
  if (one === 'bare')
    return async () => {
      await bench.bare();
      bench.logger.info('operation finished', { category: 'performance' });
    };
  const none = { begin: async () => '1', finish: async () => undefined };
  return bench.through(bench.gateWith(one === 'robust' ? none : bench.trail));
}

async function databaseBytes({ database }: Bench): Promise<number> {
  const { rows } = await database.pool.query<{ bytes: number }>(
    'select pg_database_size(current_database())::bigint as bytes',
  );
  return rows[0]?.bytes ?? 0;
}

async function logBytes(folder: string, { logger }: Bench): Promise<number> {
  await logger.flush();
  const logs = join(folder, 'logs');
  const sizes = (await readdir(logs)).map(async (name) => (await stat(join(logs, name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

function memoryInUse(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
