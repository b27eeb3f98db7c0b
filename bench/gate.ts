import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { z } from 'zod';
import { openGuard } from '../src/app/doors/open-guard.ts';
import { gateAuditOf } from '../src/app/store/open-audit.ts';
import { openLogger } from '../src/app/watching/open-logger.ts';
import type { Actor } from '../src/domain/actor.ts';
import { bodyText, repositoryName, titleText } from '../src/domain/input.ts';
import { systemClock } from '../src/lib/clock.ts';
import { silentLog } from '../src/lib/log.ts';
import { systemRandom } from '../src/lib/random.ts';
import { createGate, type GateAudit, serve } from '../src/operations/gate.ts';
import { operation } from '../src/operations/operation.ts';
import { createAnchorFile } from '../src/platform/audit/anchors.ts';
import { auditMigrations, createAudit } from '../src/platform/audit/audit.ts';
import { createNoteSigner } from '../src/platform/audit/signed-note.ts';
import { loadConfig } from '../src/platform/config/load-config.ts';
import { openDatabase } from '../src/platform/database/database.ts';
import { migrate } from '../src/platform/database/migrate.ts';
import { createInspect } from '../src/platform/inspection/inspect.ts';
import { withContext } from '../src/platform/logging/context.ts';
import { ratelimitMigrations } from '../src/platform/ratelimit/migrations.ts';
import { createSlidingWindow } from '../src/platform/ratelimit/sliding-window.ts';

/**
 * What the gate costs a call: `node bench/gate.ts [calls]` (2,000 when not said). The same handler bare, through the gate
 * without an audit log (limits, permission, schema, inspection, metrics, log lines on disk), and through the gate with it;
 * beside single rows with a commit each on the same database in the same run.
 */
const calls = Number(process.argv[2] ?? 2000);
const folder = await mkdtemp(join(tmpdir(), 'cms-bench-gate-'));
const file = join(folder, 'config.json');
await mkdir(join(folder, 'logs'));
await writeFile(
  file,
  JSON.stringify({
    security: {
      rate_limiting: {
        max_requests_per_minute: 100_000,
        max_requests_per_minute_per_address: 1_000_000,
      },
    },
  }),
);
const { config } = await loadConfig({ file, required: true, folder, env: {} });
const logger = openLogger(
  () => ({ ...config, logDir: join(folder, 'logs') }),
  (line) => line,
  {},
  { isService: false, others: () => [] },
);
const deps = { clock: systemClock, random: systemRandom, log: silentLog };
const database = await openDatabase(
  { dataDir: join(folder, 'data') },
  { ...deps, searchPath: process.env['PATH'] },
);

const contract = operation({
  name: 'bench.write',
  summary: 'A write with the input of an issue',
  permission: 'issues:write',
  effect: 'write',
  kind: 'call',
  needs: 'nothing',
  doors: ['http'],
  deadlineMs: 30_000,
  input: z.strictObject({ repository: repositoryName, title: titleText, body: bodyText }),
  output: z.object({ length: z.number() }),
});
const handler = async ({ body }: { body: string }): Promise<{ length: number }> => ({
  length: body.length,
});
const actor: Actor = { kind: 'token', name: 'bench', owner: 'ada', scopes: ['issues:write'] };
const input = {
  repository: 'acme/widgets',
  title: 'Sign-in fails on Safari when the name has an apostrophe',
  body: "Steps to reproduce: open the page, type a name like `O'Brien`, press enter.\n\n```ts\nif (a && b) run();\n```\n",
};

try {
  await migrate(database, [...auditMigrations, ...ratelimitMigrations]);
  const audit = createAudit({
    database,
    clock: systemClock,
    signer: createNoteSigner(systemRandom.bytes(32)),
    anchors: [createAnchorFile(join(folder, 'anchors.jsonl'))],
    version: '0.0.0-bench',
  });
  const { guard } = openGuard({ database, audit, config: () => config, log: silentLog });
  const counted = new Map<string, number>();
  const gateWith = (trail: GateAudit) =>
    createGate({
      served: [serve(contract, handler)],
      audit: trail,
      clock: systemClock,
      newCorrelationId: () => systemRandom.uuid(),
      within: (context, body) => withContext(context, body),
      log: logger,
      guard,
      inspect: createInspect(systemRandom.bytes(32)),
      observe: ({ outcome }) => counted.set(outcome, (counted.get(outcome) ?? 0) + 1),
    });
  const bare = gateWith({ begin: async () => '1', finish: async () => undefined });
  const whole = gateWith(gateAuditOf(audit));
  const through = (gate: typeof bare) => () =>
    gate.execute('bench.write', input, { door: 'http', actor, clientId: '192.0.2.7' });
  await database.pool.query(
    'create table bench_rows (id bigint generated always as identity, text text)',
  );
  const row = async (): Promise<void> => {
    await database.pool.query('insert into bench_rows (text) values ($1)', [input.body]);
  };

  const handlerAlone = await times(() => handler(contract.input.parse(input)));
  const withoutAudit = await times(through(bare));
  const oneRow = await times(row);
  const withAudit = await times(through(whole));
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
  await logger.close();
  await database.close();
  await rm(folder, { recursive: true, force: true });
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
