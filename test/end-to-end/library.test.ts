import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { EmbeddedManager } from '../../src/index.ts';
import {
  AppError,
  createManager,
  loadConfig,
  makeRobust,
  monitorPerformance,
} from '../../src/index.ts';
import { initRepository } from '../support/git-work.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

const owner = { clientId: '127.0.0.1', userId: userInfo().username };
const stranger = { clientId: '192.0.2.7', userId: 'developer123' };

let folder: string;
let repository: string;
let database: TestDatabase;
let manager: EmbeddedManager;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cms-library-'));
  repository = join(folder, 'widgets');
  initRepository(repository, { bare: true });
  writeFileSync(
    join(folder, 'config.json'),
    JSON.stringify({ repositories: [{ match: repository }], logging: { level: 'INFO' } }),
  );
  database = await createTestDatabase();
  vi.stubEnv('DATABASE_URL', database.url);
  vi.stubEnv('GITHUB_TOKEN', undefined);
  manager = await createManager(await loadConfig(join(folder, 'config.json')));
});

afterEach(async () => {
  await manager.stop();
  await database.drop();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

test('the example of the documentation runs', async () => {
  const issue = await manager.execute(
    'issues.create',
    { repository, title: 'Bug report', body: 'Description' },
    owner,
  );
  expect(issue).toMatchObject({ repository, number: expect.any(Number), adopted: false });

  const answer = await manager.secureOperation(
    { operation: 'repositories.scan', ...owner, permissions: ['repo:read', 'issues:write'] },
    async (context) => `done by ${context.actor.name}`,
  );
  expect(answer).toBe(`done by ${owner.userId}`);

  expect(await monitorPerformance('github_api_call', () => 42)).toBe(42);

  const page = await servePage('a page');
  const fetchPage = async (url: string): Promise<string> => (await fetch(url)).text();
  const robustFetch = makeRobust('fetch_page', fetchPage, {
    retry: {},
    breaker: {},
    timeoutMs: 5000,
  });
  expect(await robustFetch(page.url)).toBe('a page');
  page.close();

  const report = await manager.health.run({ categories: ['resources', 'security'] });
  expect(new Set(report.checks.map(({ category }) => category))).toEqual(
    new Set(['resources', 'security']),
  );
  await manager.stop();
});

describe('the gate of the library', () => {
  test('a name that is not the owner of the data folder may look and not write', async () => {
    const asked = { repository, title: 'Bug report' };
    await expect(manager.execute('service.status', {}, stranger)).resolves.toBeDefined();
    await expect(manager.execute('issues.create', asked, stranger)).rejects.toMatchObject({
      kind: 'forbidden',
    });
    await expect(
      manager.execute('service.status', {}, { ...stranger, userId: '' }),
    ).rejects.toMatchObject({ kind: 'forbidden' });
  });

  test('an account acts with the rights that it has at that moment', async () => {
    const asked = { repository, title: 'Bug report' };
    const anna = { clientId: '192.0.2.8', userId: 'anna' };
    const roles = (role: string): readonly object[] => [{ role }];
    await manager.execute(
      'users.create',
      { name: 'anna', roles: roles('viewer'), password: 'quiet river orange lamp' },
      owner,
    );
    await expect(manager.execute('issues.create', asked, anna)).rejects.toMatchObject({
      code: 'permission_missing',
    });
    await manager.execute('users.set-roles', { name: 'anna', roles: roles('operator') }, owner);
    await expect(manager.execute('issues.create', asked, anna)).resolves.toMatchObject({
      adopted: false,
    });
    await expect(manager.execute('users.remove', { name: 'anna' }, anna)).rejects.toMatchObject({
      code: 'permission_missing',
    });
    await manager.execute('users.disable', { name: 'anna' }, owner);
    await expect(manager.execute('service.status', {}, anna)).rejects.toMatchObject({
      kind: 'forbidden',
    });
  });

  test('code of a program is not run for a name that is no account, whatever it asks for', async () => {
    const block = { operation: 'own.work', permissions: ['repo:read'] };
    let ran = false;
    const secured = manager.secureOperation({ ...block, ...stranger }, async () => {
      ran = true;
    });
    await expect(secured).rejects.toMatchObject({ code: 'permission_missing' });
    expect(ran).toBe(false);
  });

  test('code is not run unless the user holds every permission it names', async () => {
    let ran = false;
    const body = async (): Promise<void> => {
      ran = true;
    };
    const block = { operation: 'own.work', permissions: ['repo:read', 'issues:write'] };
    await expect(manager.secureOperation({ ...block, ...stranger }, body)).rejects.toBeInstanceOf(
      AppError,
    );
    const unknown = { ...block, permissions: ['everything'] };
    await expect(manager.secureOperation({ ...unknown, ...owner }, body)).rejects.toMatchObject({
      code: 'permission_missing',
    });
    expect(ran).toBe(false);
  });

  test('secured code leaves one audit pair and its lines carry its correlation id', async () => {
    const block = { operation: 'own.work', permissions: ['repo:read'], correlationId: 'unit-7' };
    await manager.secureOperation({ ...block, ...owner }, () =>
      monitorPerformance('step', () => 1),
    );
    const { rows } = await database.pool.query(
      "select outcome, actor_name from audit_entries where event = 'own.work' order by seq",
    );
    expect(rows).toEqual([
      { outcome: 'begun', actor_name: owner.userId },
      { outcome: 'ok', actor_name: owner.userId },
    ]);
    await manager.stop();
    expect(performanceLines()).toContainEqual(
      expect.objectContaining({ function: 'step', correlation_id: 'unit-7', ok: true }),
    );
  });

  test('operations that need no store pass the same gate', async () => {
    const found = await manager.execute('scans.path', { paths: [repository] }, owner);
    expect(found).toEqual([]);
    const { rows } = await database.pool.query(
      "select count(*) from audit_entries where event = 'scans.path'",
    );
    expect(rows).toEqual([{ count: 2 }]);
  });

  test('what needs the engine says so when the manager was made without it', async () => {
    await expect(manager.execute('service.start', { once: true }, owner)).rejects.toMatchObject({
      code: 'engine_not_open',
    });
  });

  test('after the stop nothing is done', async () => {
    await manager.stop();
    await expect(manager.execute('service.status', {}, owner)).rejects.toMatchObject({
      code: 'manager_stopped',
    });
  });
});

describe('issues.create', () => {
  test('the same words under one correlation id are one issue', async () => {
    const caller = { ...owner, correlationId: 'order-1' };
    const ask = { repository, title: 'Once', body: 'only' };
    const first = await manager.execute('issues.create', ask, caller);
    const again = await manager.execute('issues.create', ask, caller);
    expect(again).toMatchObject({ number: (first as { number: number }).number });
    const other = await manager.execute('issues.create', { ...ask, title: 'Another' }, caller);
    const later = await manager.execute('issues.create', ask, owner);
    const { rows } = await database.pool.query(
      "select title from local_items where kind = 'issue'",
    );
    expect(rows).toHaveLength(3);
    expect(
      new Set([first, other, later].map((one) => (one as { number: number }).number)).size,
    ).toBe(3);
  });

  test('is an entry of the audit log that is shown with the line that is hashed', async () => {
    const ask = { repository, title: 'Told', body: 'only' };
    await manager.execute('issues.create', ask, { ...owner, correlationId: 'order-17' });
    const listed = await manager.execute('audit.list', { correlationId: 'order-17' }, owner);
    const [entry] = (listed as { entries: readonly { seq: number; event: string }[] }).entries;
    expect(entry?.event).toBe('issues.create');
    const shown = await manager.execute('audit.show', { seq: entry?.seq }, owner);
    expect(shown).toMatchObject({ entry, proof: null });
    const { line } = shown as { line: string };
    expect(line).toContain('"order-17"');
  });

  test('a repository that is not watched, a body with a secret and our own labels are refused', async () => {
    const elsewhere = { repository: join(folder, 'other'), title: 'x' };
    await expect(manager.execute('issues.create', elsewhere, owner)).rejects.toMatchObject({
      code: 'repository_not_watched',
    });
    const secret = { repository, title: 'x', body: `ghp_${'a1B2c3D4e5'.repeat(4).slice(0, 36)}` };
    await expect(manager.execute('issues.create', secret, owner)).rejects.toMatchObject({
      code: 'secret_in_text',
    });
    const approved = { repository, title: 'x', labels: ['Approved-for-dev'] };
    await expect(manager.execute('issues.create', approved, owner)).rejects.toMatchObject({
      code: 'label_reserved',
    });
  });
});

describe('a manager with the engine', () => {
  test('runs the service to where a person decides', async () => {
    await manager.stop();
    manager = await createManager({ file: join(folder, 'config.json'), engine: true });
    const summary = await manager.execute('service.start', { once: true }, owner);
    expect(summary).toMatchObject({ scanned: 1, problems: [] });
  });
});

describe('health.run', () => {
  test('it tells what it measured, and unknown where it did not', async () => {
    const { checks, overallStatus, score } = await manager.health.run();
    const byName = new Map(checks.map((check) => [check.name, check]));
    expect(byName.get('database')).toMatchObject({ value: expect.any(Number), critical: true });
    expect(byName.get('disk')?.evidence).toContain('MB are free');
    expect(byName.get('GitHub')).toMatchObject({ status: 'unknown', value: null });
    expect(['healthy', 'degraded']).toContain(overallStatus);
    expect(score).toBeGreaterThan(0);
  });
});

function performanceLines(): object[] {
  return readFileSync(join(folder, 'logs', 'performance.json'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
}

async function servePage(text: string): Promise<{ url: string; close: () => void }> {
  const server = createServer((_request, response) => response.end(text));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, close: () => server.close() };
}
