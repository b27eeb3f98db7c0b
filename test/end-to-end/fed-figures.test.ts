import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SeriesLine } from '../../src/domain/series-line.ts';
import { createClient } from '../../src/operations/api-client/client.ts';
import { createBackup } from '../../src/operations/backups/contract.ts';
import type { MetricsExport } from '../../src/operations/metrics/contract.ts';
import { keepBaseline, type PerformanceReport } from '../../src/operations/performance/contract.ts';
import { listTasks } from '../../src/operations/tasks/contract.ts';
import { listTokens } from '../../src/operations/tokens/contract.ts';
import { bootstrapUsers } from '../../src/operations/users/contract.ts';
import { alertKinds } from '../../src/platform/alerts/rules.ts';
import { countedObjectives } from '../../src/platform/telemetry/objectives.ts';
import { areas } from '../../src/platform/telemetry/telemetry.ts';
import { browserFetch } from '../support/browser-fetch.ts';
import { createGithubLoop, type GithubLoop, manager } from '../support/github-loop.ts';
import { type RunningService, startService } from '../support/running-service.ts';
import { signDelivery } from '../support/sign-delivery.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

const patience = { timeout: 120_000, interval: 500 };
const planter = new URL('../support/plant-faults.ts', import.meta.url).pathname;
const root = new URL('../../', import.meta.url);

/** Does the work, takes as long as figures are kept before they are read again, and costs most of the day's budget. */
const dearAgent = [
  'sleep 7',
  'echo "opened();" > a.ts',
  `echo '{"type":"result","message":"done","usage":{"costUsd":4.5}}'`,
].join('; ');

const webhookSecret = 'between GitHub and us';

let folder = '';
let faults = '';
let database: TestDatabase;
let loop: GithubLoop;
let service: RunningService;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cms-fed-'));
  faults = join(folder, 'faults');
  await mkdir(faults);
  loop = await createGithubLoop({
    folder,
    targets: {
      widgets: {
        'a.ts': '// TODO: close the file\nopen();\n',
        'b.ts': '// TODO: read the file to its end\nread();\n',
      },
    },
    database: async () => (database = await createTestDatabase()),
    config: {
      alerts: { everySeconds: 1, webhookCredential: 'ALERT_HOOK', allowedHosts: ['127.0.0.1'] },
      backup: { folder: 'config.json/backups' },
      database: { poolSize: 4 },
      executor: {
        default: 'dear',
        agents: { dear: { kind: 'command', command: ['sh', '-c', dearAgent] } },
        budget: { perRunUsd: 5, perDayUsd: 5, perRepositoryDayUsd: 5, perTaskUsd: 5 },
      },
      resilience: { github: { retry: { attempts: 1 } } },
      server: { trustedProxies: ['127.0.0.1'] },
    },
    env: {
      ALERT_HOOK: 'http://127.0.0.1:9/',
      GITHUB_WEBHOOK_SECRET: webhookSecret,
      CLAUDE_MANAGER_GITHUB_POLL_SECONDS: '2',
      NODE_OPTIONS: `--import=${planter}`,
      PLANT_FOLDER: faults,
    },
  });
}, 240_000);
afterAll(async () => {
  over.abort();
  await service?.stop();
  await loop.close();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

const plant = (name: string, value: number | string): Promise<void> =>
  writeFile(join(faults, name), String(value));
const run = async (words: readonly string[], input = ''): Promise<unknown> => {
  const ended = await loop.service.run(words, { input });
  expect(ended.exitCode, ended.stderr).toBe(0);
  return ended.json;
};
/** A person at an address of their own, behind the proxy on this machine. */
const at = (address: string) =>
  createClient({
    baseUrl: service.address,
    fetch: browserFetch(service.address, { 'x-forwarded-for': address }),
  });

interface Line {
  readonly message: string;
  readonly kind?: string;
}
const logged = async (file: string): Promise<readonly Line[]> => {
  const text = await readFile(join(folder, 'logs', file), 'utf8').catch(() => '');
  const whole = text.split('\n').slice(0, -1);
  return whole.map((line) => JSON.parse(line) as Line);
};
/** Kinds of alerts that people were told of until now. */
const told = async (): Promise<readonly string[]> =>
  (await logged('errors.json')).flatMap(({ message, kind = '' }) =>
    message === 'an alert began' ? kind : [],
  );
const isTold = async (kind: (typeof alertKinds)[number]): Promise<void> => {
  await expect.poll(told, { ...patience, message: kind }).toContain(kind);
};
/** Whether it is known, though it has not lasted long enough to be told. */
const isSeen = async (kind: (typeof alertKinds)[number]): Promise<void> => {
  const seen = async () =>
    (await loop.query<{ kind: string }>('select kind from alerts')).map((one) => one.kind);
  await expect.poll(seen, { ...patience, message: kind }).toContain(kind);
};

/** Families of `/metrics` that had another value than 0 at any time, and all that were there. */
const fed = new Set<string>();
const shown = new Set<string>();
const over = new AbortController();
async function keepLooking(): Promise<void> {
  while (!over.signal.aborted) {
    await look().catch(() => undefined);
    await delay(700);
  }
}
async function look(): Promise<void> {
  const text = await (await fetch(`${service.address}/metrics`)).text();
  for (const line of text.split('\n')) {
    const [, family] = /^# TYPE (\S+)/u.exec(line) ?? [];
    if (family !== undefined) shown.add(family);
    const [, name = '', value = '0'] = /^([a-z_]\w*)(?:\{.*\})? (\S+)$/u.exec(line) ?? [];
    if (Number(value) !== 0) fed.add(name.replace(/_(?:bucket|sum|count)$/u, ''));
  }
}
const isFed = async (name: string): Promise<void> => {
  await expect
    .poll(() => [...fed], { ...patience, message: name })
    .toContain(`claude_manager_${name}`);
};

/** Who wants what the statement locks waits until the body has ended. */
async function whileLocked<T>(statement: string, body: () => Promise<T>): Promise<T> {
  const locker = new pg.Client({ connectionString: database.url });
  await locker.connect();
  try {
    await locker.query(`begin; ${statement}`);
    return await body();
  } finally {
    await locker.end();
  }
}

/** Every family that the program can show, by the words of its sources. */
async function families(): Promise<ReadonlySet<string>> {
  const files = [
    'src/app/watching/service-readings.ts',
    'src/platform/telemetry/exposition.ts',
    'src/platform/telemetry/machine-readings.ts',
  ];
  const texts = await Promise.all(files.map((file) => readFile(new URL(file, root), 'utf8')));
  const text = texts.join('\n');
  const gauges = [...text.matchAll(/\bgauge\(\s*'([a-z_\d]+)'/gu)].map(([, name]) => name);
  const others = [...text.matchAll(/name: 'claude_manager_([a-z_]+)'/gu)].map(([, name]) => name);
  const counted = areas.flatMap((area) => [`${area}_calls_total`, `${area}_duration_seconds`]);
  return new Set([...gauges, ...others, ...counted].map((name) => `claude_manager_${name}`));
}

test('every kind of alert, log file, family of /metrics and figure of a report is brought about in a running service', async () => {
  const github = loop.emulator;
  const tomorrow = new Date(Date.now() + 3_600_000).toISOString();
  await run(['credentials', 'set', 'SEAL', '--expires', tomorrow], 'a secret that ends soon\n');

  // One that runs with another configuration dies while it writes outside.
  const issues = `/repos/${manager}/issues`;
  await loop.killed({ killAt: 'effect.sending', env: { CLAUDE_MANAGER_GITHUB_POLL_SECONDS: '7' } });
  // The first issue takes longer than figures are kept, the second one is refused for good.
  for (const fault of [
    { kind: 'slow', ms: 7000 },
    { kind: 'status', status: 422 },
  ] as const)
    github.faults.add({ ...fault, match: { method: 'POST', path: issues } });
  // However long the next one takes to start: it is taken for gone after two minutes, and its lease is over at once.
  await loop.query(`update config_hashes set seen_at = now() + interval '10 minutes'`);
  await loop.query(`update effect_intents set lease_until = now() - interval '1 minute'
    where status = 'sending'`);
  await whileLocked('select from effect_intents for update', async () => {
    service = await startService(loop.service);
    void keepLooking();
    await isFed('leases_lost');
  });
  await isTold('config_drift');
  for (const name of ['leases_held', 'github_in_flight', 'effects', 'effect_oldest_seconds'])
    await isFed(name);
  await isTold('stuck_work');
  await isTold('credential_ending');

  await plant('function', 'measured');
  const ann = at('203.0.113.1');
  const password = 'six green boats at 4 in the fog';
  await ann.call(bootstrapUsers, { token: await service.firstLink(), name: 'ann', password });

  // An issue is approved, and the run that follows takes most of the day's money.
  const [proposal] = loop.proposals();
  github.as('wendy').label(manager, proposal?.number ?? 0, 'approved-for-dev');
  await isFed('runs_live');
  const { headers, body } = signDelivery(webhookSecret, 'ping', {}, 'first');
  const hook = `${service.address}/webhooks/github`;
  expect((await fetch(hook, { method: 'POST', headers, body })).status).toBe(202);
  // What we wrote stands there a second time.
  github
    .as(proposal?.user.login ?? '')
    .openIssue(manager, { title: 'The same again', body: proposal?.body ?? '' });
  await isTold('objective');

  // What is normal, and then three calls that wait for a table longer than that.
  for (let calls = 0; calls < 30; calls += 1) await ann.call(listTokens, {});
  const kept = async () =>
    Number(
      (
        await loop.query<{ calls: string }>(
          `select coalesce(sum(calls), 0) as calls from performance_minutes where name = 'tokens.list'`,
        )
      )[0]?.calls,
    );
  await expect.poll(kept, patience).toBe(30);
  const { baseline } = await ann.call(keepBaseline, {});
  const normal = baseline?.series.find(({ name }) => name === 'tokens.list')?.p95Ms ?? 0;
  const held = await whileLocked(
    'lock table identity_tokens in access exclusive mode',
    async () => {
      const calls = [1, 2, 3].map(() => ann.call(listTokens, {}));
      await delay(normal * 3 + 500);
      return { calls };
    },
  );
  await Promise.all(held.calls);
  await isSeen('latency');
  await isTold('budget');

  for (let tries = 0; tries < 6; tries += 1)
    await expect(ann.call(createBackup, {})).rejects.toThrow();
  const stranger = at('203.0.113.6');
  for (let calls = 0; calls < 64; calls += 1)
    await stranger.call(listTasks, {}).catch(() => undefined);
  await writeFile(join(folder, 'logs', 'left'), '');
  await truncate(join(folder, 'logs', 'left'), 2 * 2 ** 30);
  await plant('block', 3000);
  for (const kind of [
    'error_rate',
    'backup_failed',
    'security',
    'exhaustion',
    'unhealthy',
  ] as const)
    await isTold(kind);
  await isFed('breaker_open');
  // More calls than connections; for longer than figures are kept, so that they are read anew meanwhile.
  const crowd = async () => {
    const { calls } = await whileLocked(
      'lock table identity_tokens in access exclusive mode',
      async () => {
        const calls = Promise.allSettled(
          Array.from({ length: 12 }, () => ann.call(listTokens, {})),
        );
        await delay(6000);
        return { calls };
      },
    );
    await calls;
    return [...fed];
  };
  await expect.poll(crowd, patience).toContain('claude_manager_database_waiting');

  // GitHub refuses the credential, and once it is taken again lets it wait.
  github.faults.add({ kind: 'status', status: 401, match: { times: 1000 } });
  await isTold('credential_suspended');
  await isFed('github_suspended');
  github.faults.clear();
  // No longer than who asks may wait: whoever would have to wait longer is refused and waits for nothing.
  github.faults.add({ kind: 'secondary-limit', retryAfterSeconds: 80, match: { times: 1000 } });
  await run(['credentials', 'lift', 'GITHUB_TOKEN']);
  await isSeen('quota');
  await isFed('github_paused_seconds');
  await isFed('github_waiting');
  await plant('clock', 90_000);
  for (const kind of ['clock', 'latency', 'quota'] as const) await isTold(kind);

  const metrics = (await run(['metrics'])) as MetricsExport;
  const report = (await run(['performance', 'report'])) as PerformanceReport;
  for (const series of [metrics.history?.series ?? [], report.series]) {
    expect(new Set(series.map(({ area }) => area))).toEqual(new Set(areas));
    const figures = Object.keys(SeriesLine.shape) as (keyof SeriesLine)[];
    const empty = figures.filter((name) => series.every((one) => !one[name]));
    expect(empty).toEqual([]);
  }
  const objectives = report.series.filter(({ area }) => area === 'objective');
  expect(objectives.map(({ name }) => name).toSorted()).toEqual(countedObjectives.toSorted());
  expect(report.baseline?.series).not.toEqual([]);
  expect(metrics.source).toBe('service');
  const all = await families();
  expect([...shown].filter((name) => !all.has(name))).toEqual([]);
  expect([...all].filter((name) => !fed.has(name))).toEqual([]);

  // At the end, because nothing is signed after it.
  await loop.query('alter table audit_entries disable trigger all');
  const forge = async () => {
    await loop.query(`update audit_entries set body = replace(body, '"', '" ')
      where seq = (select max(seq) from audit_entries)`);
    return await told();
  };
  await expect.poll(forge, patience).toContain('audit_fault');
  const kinds = await told();
  expect(alertKinds.filter((kind) => !kinds.includes(kind))).toEqual([]);

  const sources = await readFile(new URL('src/platform/logging/logger.ts', root), 'utf8');
  const files = [...sources.matchAll(/\bopen\('(\w+)'/gu)].map(([, name]) => `${name}.json`);
  expect(files).toHaveLength(4);
  const written = await readdir(join(folder, 'logs'));
  expect(written.filter((name) => name.endsWith('.json')).toSorted()).toEqual(files.toSorted());
  for (const name of files) expect(await logged(name), name).not.toEqual([]);
}, 600_000);
