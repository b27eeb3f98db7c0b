import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { createBubblewrap } from './bubblewrap.ts';
import { asOrdinaryUser, runtimeBase } from './ordinary-user.suite.ts';

await asOrdinaryUser('bubblewrap of an ordinary user', () => {
  test('its file systems in memory hold no more than the memory of the run', async () => {
    const root = await mkdtemp(join(tmpdir(), 'cms-bo-'));
    onTestFinished(() => rm(root, { recursive: true, force: true, maxRetries: 5 }));
    const [workspace, home] = [join(root, 'work'), join(root, 'home')];
    await mkdir(workspace);
    await mkdir(home);
    const sandbox = createBubblewrap({ ...runtimeBase, tempRoot: join(root, 't'), runAs: null });
    const running = await sandbox.start({
      argv: [
        '/bin/sh',
        '-c',
        'for at in /tmp /dev/shm; do head -c 50000000 /dev/zero > "$at/f" 2>/dev/null; wc -c < "$at/f"; done',
      ],
      env: { PATH: '/usr/bin:/bin' },
      workspace,
      home,
      readable: [],
      stdin: null,
      egress: [],
      limits: { memoryBytes: 20 * 2 ** 20, processes: 1000, fileBytes: 2 ** 30 },
    });
    const [said] = await Promise.all([text(running.stdout), running.exited]);
    const held = said.trim().split('\n').map(Number);
    expect(held).toEqual([20 * 2 ** 20, 20 * 2 ** 20]);
  });
});
