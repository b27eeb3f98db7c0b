import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { listAlerts } from '../../src/operations/alerts/contract.ts';
import { ApiError, createClient } from '../../src/operations/api-client/client.ts';
import { listFindings } from '../../src/operations/findings/contract.ts';
import type { MetricsExport } from '../../src/operations/metrics/contract.ts';
import { showOutcomes } from '../../src/operations/outcomes/contract.ts';
import type { PerformanceReport } from '../../src/operations/performance/contract.ts';
import { listRuns } from '../../src/operations/runs/contract.ts';
import { serviceStatus } from '../../src/operations/service/contract.ts';
import {
  countTasks,
  explainTask,
  listTasks,
  rejectTask,
  showTask,
} from '../../src/operations/tasks/contract.ts';
import { initRepositoryWith } from '../support/git-work.ts';
import { program, programEnv } from '../support/program.ts';
import { type RunningService, startService } from '../support/running-service.ts';
import { seededFractions } from '../support/seeded.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

const run = promisify(execFile);
/** How many operations; the full number is 10,000. */
const wanted = Number(process.env['OPERATIONS'] ?? 400);
const proposals = 12;
const seed = Number(process.env['OPERATIONS_SEED'] ?? 1);

let folder = '';
let database: TestDatabase;
let service: RunningService;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cms-count-'));
  database = await createTestDatabase();
  const repository = join(folder, 'r');
  initRepositoryWith(
    repository,
    Object.fromEntries(
      Array.from({ length: proposals }, (_, n) => [
        `f${n}.js`,
        `// TODO: mend the thing number ${n}\nf(${n});\n`,
      ]),
    ),
  );
  await writeFile(
    join(folder, 'config.json'),
    JSON.stringify({
      dataDir: 'data',
      logDir: 'logs',
      repositories: [{ match: './r' }],
      analyzer: { maxIssuesPerRepo: proposals },
      // With all 10,000 operations the files are rotated on the way.
      logging: { maxFileMb: 1, maxFiles: 1000 },
    }),
  );
  service = await startService(
    { folder, env: { DATABASE_URL: database.url } },
    { words: ['--no-security'] },
  );
}, 420_000);
afterAll(async () => {
  await service.stop();
  await database.drop();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

const manager = async <T>(...words: string[]): Promise<T> => {
  const { stdout } = await run(process.execPath, [program, '--json', ...words], {
    cwd: folder,
    env: programEnv(folder, { DATABASE_URL: database.url }),
    maxBuffer: 2 ** 26,
  });
  return JSON.parse(stdout) as T;
};

test(`after ${wanted} operations, metrics, the performance report, status, outcomes and the log say what their caller counted; asked to stop under load it drops nothing`, {
  timeout: 600_000,
}, async () => {
  let sent = 0;
  const client = createClient({
    baseUrl: service.address,
    fetch: (url, init) => {
      sent += 1;
      const own = { origin: service.address, 'x-correlation-id': `${unit}${sent}` };
      return fetch(url, { ...init, headers: { ...(init?.headers as object), ...own } });
    },
  });
  await expect
    .poll(async () => (await client.call(serviceStatus, {})).states['proposed'], {
      timeout: 180_000,
    })
    .toBe(proposals);
  const before = await figures();

  const counted = new Map<string, { calls: number; refused: number }>();
  const tell = async (name: string, call: Promise<unknown>): Promise<boolean> => {
    const tally = counted.get(name) ?? { calls: 0, refused: 0 };
    counted.set(name, tally);
    tally.calls += 1;
    try {
      await call;
      return true;
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(ApiError);
      tally.refused += 1;
      return false;
    }
  };
  const { items: tasks } = await client.call(listTasks, {});
  counted.set(listTasks.name, { calls: 1, refused: 0 });
  const fraction = seededFractions(seed);
  let rejected = 0;
  const one = async (): Promise<void> => {
    const dice = fraction();
    const id = tasks[Math.floor(fraction() * tasks.length)]?.id ?? '';
    if (dice < 0.3) await tell(listTasks.name, client.call(listTasks, {}));
    else if (dice < 0.5) await tell(showTask.name, client.call(showTask, { id }));
    else if (dice < 0.6) await tell(showTask.name, client.call(showTask, { id: 'abcdef012345' }));
    else if (dice < 0.7) await tell(explainTask.name, client.call(explainTask, { id }));
    else if (dice < 0.8) await tell(listFindings.name, client.call(listFindings, {}));
    else if (dice < 0.9) await tell(countTasks.name, client.call(countTasks, {}));
    else if (dice < 0.95) await tell(listAlerts.name, client.call(listAlerts, {}));
    // The second rejection of the same proposal is refused.
    else if (await tell(rejectTask.name, client.call(rejectTask, { id, reason: 'not now' })))
      rejected += 1;
  };
  const worker = async (): Promise<void> => {
    while ([...counted.values()].reduce((sum, { calls }) => sum + calls, 0) < wanted) await one();
  };
  await Promise.all(Array.from({ length: 6 }, worker));

  const mine = Object.fromEntries(
    [...counted].map(([name, { calls, refused }]) => [name, { ok: calls - refused, refused }]),
  );
  expect(differenceOf(before, await figures(), [...counted.keys()])).toEqual(mine);

  const { states } = await client.call(serviceStatus, {});
  expect([states['proposed'] ?? 0, states['rejected'] ?? 0]).toEqual([
    proposals - rejected,
    rejected,
  ]);
  const summed = await client.call(showOutcomes, {});
  expect(summed.totals).toMatchObject({ proposed: proposals, rejected });

  // What the service holds of the last minute is kept at its end, which comes while people still ask.
  const ends = new Set<string>();
  const ask = async (): Promise<void> => {
    for (;;) {
      const end = await client.call(listRuns, {}).then(() => 'answered', endOf);
      ends.add(end);
      if (end !== 'answered') return;
    }
  };
  const asking = Promise.all(Array.from({ length: 30 }, ask));
  await expect.poll(() => ends.has('answered'), { timeout: 120_000 }).toBe(true);
  const code = await service.stop();
  // What it said last tells why, when it did not end well.
  expect({ code, said: code === 0 ? '' : service.said().slice(-3000) }).toEqual({
    code: 0,
    said: '',
  });
  await asking;
  // An idle connection ends with the server, perhaps as the next request is on its way (RFC 9112, section 9.5).
  const ways = ['answered', 'service_stopping', 'ECONNREFUSED', 'ECONNRESET', 'UND_ERR_SOCKET'];
  for (const end of ends) expect(ways).toContain(end);
  const report = await manager<PerformanceReport>('performance', 'report');
  const reported = report.series.filter(
    ({ area, name }) => area === 'operation' && counted.has(name),
  );
  expect(
    Object.fromEntries(
      reported.map(({ name, calls, refused }) => [name, { ok: calls - refused, refused }]),
    ),
  ).toEqual(mine);
  expect(await logged([...counted.keys()])).toEqual(
    Object.fromEntries([...counted].map(([name, { calls }]) => [name, calls])),
  );
});

/** The code of a refusal, or of what the network did. */
function endOf(thrown: unknown): string {
  if (thrown instanceof ApiError && thrown.status !== 0)
    return thrown.code === 'foreign_answer' ? thrown.message : thrown.code;
  for (let error = thrown; error instanceof Error; error = error.cause)
    if ('code' in error && /^(?:E[A-Z]+|UND_ERR_SOCKET)$/u.test(String(error.code)))
      return String(error.code);
  return String(thrown);
}

type Figures = Readonly<Record<string, { readonly ok: number; readonly refused: number }>>;

/** Of `metrics`, by operation. */
async function figures(): Promise<Figures> {
  // A service that is slow to answer on a busy machine is asked again: what it left in the history is older.
  const samples = await vi.waitFor(
    async () => {
      const now = await manager<MetricsExport>('metrics', '--output', 'now', '--no-history');
      expect(now.source).toBe('service');
      return now.samples;
    },
    { timeout: 180_000, interval: 500 },
  );
  const found: Record<string, { ok: number; refused: number }> = {};
  for (const { name, labels, value } of samples) {
    const { operation, outcome } = labels;
    if (name !== 'claude_manager_operation_calls_total' || operation === undefined) continue;
    found[operation] ??= { ok: 0, refused: 0 };
    const place = found[operation];
    place[outcome === 'ok' ? 'ok' : 'refused'] += value;
  }
  return found;
}

function differenceOf(before: Figures, after: Figures, names: readonly string[]): Figures {
  return Object.fromEntries(
    names.map((name) => {
      const was = before[name] ?? { ok: 0, refused: 0 };
      const is = after[name] ?? { ok: 0, refused: 0 };
      return [name, { ok: is.ok - was.ok, refused: is.refused - was.refused }];
    }),
  );
}

/** How the callers begin the ids of their calls, one each. */
const unit = 'counted-';

/** Lines of performance.json and its rotated files, by operation; each call has left one, with the id that it was made with. */
async function logged(names: readonly string[]): Promise<Readonly<Record<string, number>>> {
  const found: Record<string, number> = {};
  const seen = new Set<string>();
  const files = (await readdir(join(folder, 'logs'))).filter((name) =>
    name.startsWith('performance'),
  );
  const texts = await Promise.all(
    files.map((name) => readFile(join(folder, 'logs', name), 'utf8')),
  );
  for (const line of texts.join('').split('\n')) {
    if (line === '') continue;
    const record = JSON.parse(line) as Record<'operation' | 'message' | 'correlation_id', string>;
    const { operation, message, correlation_id: id } = record;
    if (!message.startsWith('operation ') || !names.includes(operation)) continue;
    found[operation] = (found[operation] ?? 0) + 1;
    expect(id.startsWith(unit) && !seen.has(id), `${id} of ${operation}`).toBe(true);
    seen.add(id);
  }
  return found;
}
