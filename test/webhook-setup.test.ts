import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { createHookServer } from './support/hook-server.ts';
import { startService } from './support/running-service.ts';
import { createServiceProcess } from './support/service-process.ts';
import { createTestDatabase } from './support/test-database.ts';

test('webhooks setup makes the hook once, repairs it, and list says how it stands; a service that starts asks again for what nobody took', {
  timeout: 180_000,
}, async () => {
  const github = await createHookServer();
  const database = await createTestDatabase();
  const folder = await mkdtemp(join(tmpdir(), 'cms-hooks-'));
  const service = await createServiceProcess({
    folder,
    config: {
      github: { managerRepo: 'acme/manager', reposToScan: [] },
      server: { publicUrl: 'https://manager.example.com' },
    },
    env: {
      DATABASE_URL: database.url ?? '',
      GITHUB_TOKEN: 'ghp_canary0123456789canary0123456789cana',
      GITHUB_API_URL: github.apiUrl,
      GITHUB_WEBHOOK_SECRET: 'the secret of the hook',
    },
  });
  try {
    expect((await service.run(['webhooks', 'list'])).json).toMatchObject([{ state: 'missing' }]);
    const first = await service.run(['webhooks', 'setup']);
    expect(first.json).toMatchObject([{ repository: 'acme/manager', done: 'created' }]);
    expect(github.hooks).toMatchObject([
      {
        active: true,
        config: {
          url: 'https://manager.example.com/webhooks/github',
          content_type: 'json',
          insecure_ssl: '0',
          secret: 'the secret of the hook',
        },
      },
    ]);
    for (const hook of github.hooks) Object.assign(hook, { active: false, events: ['push'] });
    expect((await service.run(['webhooks', 'list'])).json).toMatchObject([{ state: 'wrong' }]);
    const second = await service.run(['webhooks', 'setup']);
    expect(second.json).toMatchObject([{ done: 'updated' }]);
    expect(github.hooks).toHaveLength(1);
    const listed = await service.run(['webhooks', 'list']);
    expect(listed.json).toMatchObject([{ state: 'good' }]);
    for (const { stdout, stderr } of [first, second, listed])
      expect(stdout + stderr).not.toContain('the secret of the hook');

    const failed = { status_code: 502, delivered_at: new Date().toISOString() };
    github.deliveries.push({ id: 7, guid: 'missed', ...failed });
    const running = await startService(service);
    try {
      await vi.waitFor(() => expect(github.redelivered).toEqual([7]), { timeout: 180_000 });
    } finally {
      await running.stop();
    }
  } finally {
    await github.close();
    await database.drop();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
});
