import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createManager, loadConfig } from '../../src/index.ts';
import { createGithubEmulator } from '../support/github-emulator/emulator.ts';
import { createTestDatabase } from '../support/test-database.ts';

const owner = { clientId: '127.0.0.1', userId: userInfo().username };

test('an issue asked for through the library is made once on GitHub, though the answer was lost', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cms-library-'));
  const emulator = await createGithubEmulator();
  const database = await createTestDatabase();
  const roles = { 'svc-bot': 'write' } as const;
  emulator.addUser('svc-bot', { token: 'ghp_canary0123456789canary0123456789cana' });
  await emulator.addRepository({ fullName: 'acme/manager', files: { 'README.md': 'x\n' }, roles });
  vi.stubEnv('DATABASE_URL', database.url);
  vi.stubEnv('GITHUB_TOKEN', 'ghp_canary0123456789canary0123456789cana');
  vi.stubEnv('GITHUB_API_URL', emulator.apiUrl);
  vi.stubEnv('GITHUB_SERVER_URL', emulator.serverUrl);
  const file = join(folder, 'config.json');
  writeFileSync(file, JSON.stringify({ github: { managerRepo: 'acme/manager' } }));
  const manager = await createManager(await loadConfig(file));
  onTestFinished(async () => {
    await manager.stop();
    await emulator.close();
    await database.drop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  const path = '/repos/acme/manager/issues';
  emulator.faults.add({ kind: 'reset-after', match: { method: 'POST', path } });
  const ask = { repository: 'acme/manager', title: 'Bug report', body: 'Description' };
  const caller = { ...owner, correlationId: 'order-4711' };
  const first = await manager.execute('issues.create', ask, caller);
  const again = await manager.execute('issues.create', ask, caller);
  expect(emulator.faults.pending()).toBe(0);
  expect(emulator.issues('acme/manager').map(({ title }) => title)).toEqual(['Bug report']);
  expect([first, again]).toMatchObject([{ number: 1 }, { number: 1 }]);

  const { checks } = await manager.health.run({ categories: ['external'] });
  const named = new Map(checks.map((check) => [check.name, check]));
  expect(named.get('github_credentials')).toMatchObject({ status: 'healthy' });
  expect(named.get('GitHub')).toMatchObject({ value: expect.any(Number) });
});
