import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createClient } from '../../src/operations/api-client/client.ts';
import {
  changeConfiguration,
  checkConfiguration,
  showConfiguration,
} from '../../src/operations/config/contract.ts';
import { runHealth } from '../../src/operations/health/contract.ts';
import { serviceStatus } from '../../src/operations/service/contract.ts';
import { program, programEnv } from '../support/program.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

interface ReloadEntry {
  readonly before: string;
  readonly after: string;
  readonly facts: { readonly changes?: readonly object[] };
}

const patience = { timeout: 120_000, interval: 100 };
const base = { dataDir: 'data', logDir: 'logs', repositories: [{ match: './r' }] };

let folder = '';
let file = '';
let database: TestDatabase;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cms-reload-'));
  file = join(folder, 'config.json');
  database = await createTestDatabase();
  await mkdir(join(folder, 'r'));
  await write({});
});
afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

const write = (more: object): Promise<void> =>
  writeFile(file, JSON.stringify({ ...base, ...more }));
const reloads = async (): Promise<number> =>
  (
    await database.pool.query<{ count: number }>(
      "select count(*)::int as count from audit_entries where event = 'config.reloaded'",
    )
  ).rows[0]?.count ?? 0;
const budget = (perDayUsd: number) => ({ executor: { budget: { perRunUsd: 1, perDayUsd } } });

test('a running service follows its file, keeps the last good one, answers all the while and audits what changed', async () => {
  const child = spawn(
    process.execPath,
    [program, '--verbose', 'start', '--port', '0', '--no-security'],
    {
      cwd: folder,
      env: programEnv(folder, { DATABASE_URL: database.url }),
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    said += part;
  });
  try {
    const address = await vi.waitFor(() => {
      const found = /listening on (http:\S+)/u.exec(said)?.[1];
      if (found === undefined) throw new Error(said);
      return found;
    }, patience);
    const client = createClient({
      baseUrl: address,
      fetch: (url, init) =>
        fetch(url, { ...init, headers: { ...(init?.headers as object), origin: address } }),
    });
    const budgetNow = async (): Promise<number> =>
      (await client.call(serviceStatus, {})).budgetTodayUsd;
    const fileCheck = async () => {
      const { checks } = await client.call(runHealth, { categories: ['configuration'] });
      return checks.find(({ name }) => name === 'configuration_file');
    };
    expect(await budgetNow()).toBe(50);

    await write(budget(7));
    await vi.waitFor(async () => expect(await budgetNow()).toBe(7), patience);

    await writeFile(file, '{ "executor": { "budget": { "perDayUsd": "much" } }, ');
    await vi.waitFor(
      async () =>
        expect(await fileCheck()).toMatchObject({
          status: 'unhealthy',
          evidence: expect.stringContaining('config.json:1:'),
        }),
      patience,
    );
    expect(await budgetNow()).toBe(7);

    await write({ ...budget(8), database: { poolSize: 33 } });
    await vi.waitFor(async () => expect(await budgetNow()).toBe(8), patience);
    expect(await fileCheck()).toMatchObject({
      status: 'degraded',
      evidence: expect.stringContaining('database.poolSize'),
    });

    const { version } = await client.call(showConfiguration, {});
    const perDay = { key: 'executor.budget.perDayUsd', value: '12' };
    await client.call(changeConfiguration, { ...perDay, version: version ?? '' });
    expect(await budgetNow()).toBe(12);
    const stale = client.call(changeConfiguration, {
      ...perDay,
      value: '13',
      version: version ?? '',
    });
    await expect(stale).rejects.toMatchObject({ code: 'config_changed' });
    await expect(
      client.call(changeConfiguration, { ...perDay, value: 'much' }),
    ).rejects.toMatchObject({ code: 'config_invalid' });
    await expect(
      client.call(changeConfiguration, { key: 'executor.allowUnsandboxed', value: 'true' }),
    ).rejects.toMatchObject({ code: 'config_file_only' });
    expect(await budgetNow()).toBe(12);
    const shown = await client.call(showConfiguration, {});
    expect(shown.needRestart).toEqual(['database.poolSize']);
    expect(shown.keys.find(({ key }) => key === perDay.key)).toMatchObject({
      value: 12,
      source: 'file',
      editable: true,
    });
    expect((await client.call(checkConfiguration, { environment: 'development' })).valid).toBe(
      true,
    );

    await writeFile(join(folder, 'other.json'), JSON.stringify({ ...base, ...budget(9) }));
    await symlink('other.json', join(folder, 'link.json'));
    await rename(join(folder, 'link.json'), file);
    await vi.waitFor(async () => expect(await budgetNow()).toBe(9), patience);

    // A hundred a second, by turns whole, cut in the middle and wrong, while others ask all the time.
    const before = await reloads();
    const ends = new Map<string, number>();
    const over = new AbortController();
    const asking = Array.from({ length: 4 }, async () => {
      while (!over.signal.aborted) {
        const end = await budgetNow().then(
          // A wrong file never holds.
          (dollars) => (dollars >= 0 ? 'answered' : `budget of ${dollars}`),
          (error: unknown) => String(error),
        );
        ends.set(end, (ends.get(end) ?? 0) + 1);
      }
    });
    const began = performance.now();
    for (let round = 0; round < 300; round += 1) {
      const text = JSON.stringify({ ...base, ...budget(round) });
      const damaged = [text, text.slice(0, 40), JSON.stringify({ ...base, ...budget(-1) })];
      if (round % 4 < 2) await writeFile(file, damaged[round % 3] ?? text);
      else {
        await writeFile(join(folder, 'next.json'), text);
        await rename(join(folder, 'next.json'), file);
      }
      await delay(Math.max(0, began + (round + 1) * 10 - performance.now()));
    }
    const seconds = (performance.now() - began) / 1000;
    await vi.waitFor(async () => expect(await budgetNow()).toBe(299), patience);
    over.abort();
    await Promise.all(asking);
    expect([...ends.keys()]).toEqual(['answered']);
    expect(ends.get('answered')).toBeGreaterThan(4);
    // What comes within a tenth of a second is one reading, so the log does not fill.
    expect((await reloads()) - before).toBeLessThanOrEqual(Math.ceil(seconds) * 10 + 10);

    const lines = (await readFile(join(folder, 'logs', 'application.json'), 'utf8')).split('\n');
    expect(lines.filter((line) => line.includes('the last good one stays'))).not.toEqual([]);
    const { rows } = await database.pool.query<{ body: string }>(
      `select body from audit_entries where event = 'config.reloaded' order by seq`,
    );
    // Each begins with what the one before it left, and a file that was refused leaves all as it was.
    const told = rows.map(({ body }) => JSON.parse(body) as ReloadEntry);
    for (const [index, entry] of told.entries()) {
      expect(entry.before).toMatch(/^[0-9a-f]{64}$/u);
      if (index > 0) expect(entry.before).toBe(told[index - 1]?.after);
      const isChanged = (entry.facts.changes ?? []).length > 0;
      expect({ ...entry, isChanged: entry.before !== entry.after }).toEqual({
        ...entry,
        isChanged,
      });
    }
    expect(told.some(({ before, after }) => before !== after)).toBe(true);
    expect(JSON.stringify(rows)).toContain('executor.budget.perDayUsd');
    // What holds from the next start only is named there too.
    expect(JSON.stringify(rows)).toMatch(/needRestart[^\]]*database\.poolSize/u);
  } finally {
    child.kill('SIGTERM');
    if (child.exitCode === null) await once(child, 'exit');
  }
}, 420_000);
