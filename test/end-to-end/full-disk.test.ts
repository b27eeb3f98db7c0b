import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test, vi } from 'vitest';
import { systemRandom } from '../../src/lib/random.ts';
import { ApiError, createClient } from '../../src/operations/api-client/client.ts';
import { createIssue } from '../../src/operations/issues/contract.ts';
import { listTasks } from '../../src/operations/tasks/contract.ts';
import { prepareLayout } from '../../src/platform/database/embedded/layout.ts';
import { browserFetch } from '../support/browser-fetch.ts';
import { startService } from '../support/running-service.ts';
import { createServiceProcess, type ServiceProcess } from '../support/service-process.ts';
import { canMount, type SmallDisk, smallDisk } from '../support/small-disk.ts';

const run = promisify(execFile);
const patience = { timeout: 120_000, interval: 250 };

/** A service whose data, logs and embedded database lie on the disk, and one repository that does not. */
async function placeOn(disk: SmallDisk, repository: string): Promise<ServiceProcess> {
  const config = { repositories: [{ match: repository }] };
  return await createServiceProcess({ folder: disk.folder, config, env: {} });
}

/** Writes until one is refused, and answers why. */
async function refusal(write: () => Promise<void>): Promise<unknown> {
  for (;;) {
    try {
      await write();
    } catch (error) {
      return error;
    }
  }
}

// Mounting a disk needs root.
describe.skipIf(!canMount)('a data disk without room', () => {
  test.each([
    ['too small for a database', { megabytes: 90 }, /^A new database needs 300 MB/u],
    ['that takes no further file', { files: 3 }, /^ENOSPC: no space left on device/u],
  ])('%s: a start says so and what to do, exit code 4', async (_what, size, said) => {
    const disk = await smallDisk(size);
    try {
      const ended = await (await placeOn(disk, disk.folder)).run(['start', '--once']);
      expect(`${ended.exitCode} ${ended.stdout}`).toMatch(/^4 /u);
      expect(ended.json).toMatchObject({
        error: {
          kind: 'unavailable',
          message: expect.stringMatching(said),
          next: expect.stringMatching(/^Free some space on that disk, or choose another/u),
        },
      });
    } finally {
      await disk.remove();
    }
  });

  test('that takes no folder for a database says so, and what to do', async () => {
    const disk = await smallDisk({ files: 2 });
    try {
      await expect(prepareLayout(disk.folder, systemRandom)).rejects.toMatchObject({
        kind: 'unavailable',
        code: 'disk_full',
        next: 'Free some space on that disk, or choose another data folder.',
      });
    } finally {
      await disk.remove();
    }
  });

  test('one that fills under a running service: writes are refused with the next step, reads are answered, and with room again it goes on without a restart, nothing lost', async () => {
    const disk = await smallDisk();
    const repository = await mkdtemp(join(tmpdir(), 'cms-full-'));
    await run('git', ['init', '-q', repository]);
    const place = await placeOn(disk, repository);
    const service = await startService(place, { words: ['--no-security'] });
    try {
      const fetch = browserFetch(service.address);
      const client = createClient({ baseUrl: service.address, fetch });
      let asked = 0;
      const made: number[] = [];
      const write = async (): Promise<void> => {
        asked += 1;
        const { number } = await client.call(createIssue, { repository, title: `No ${asked}` });
        made.push(number);
      };
      await write();
      await disk.fill();
      const refused = await refusal(write);
      expect(refused).toBeInstanceOf(ApiError);
      expect([503, 507]).toContain((refused as ApiError).status);
      expect((refused as ApiError).next).toMatch(/\S/u);
      await client.call(listTasks, {});
      expect((await fetch(`${service.address}/livez`)).status).toBe(200);
      const typed = await place.run(['credentials', 'set', 'SOME_KEY'], { input: 'word' });
      expect(typed.exitCode).toBe(4);
      expect(typed.json).toMatchObject({ error: { next: expect.stringMatching(/\S/u) } });

      await disk.free();
      await vi.waitFor(write, patience);
      expect(new Set(made).size).toBe(made.length);
      const verified = await place.run(['security', 'verify']);
      expect(`${verified.exitCode} ${verified.stdout}`).toMatch(/^0 /u);
      expect(await service.stop()).toBe(0);
    } finally {
      await service.kill();
      await disk.remove();
      await rm(repository, { recursive: true, force: true, maxRetries: 5 });
    }
  }, 420_000);
});
