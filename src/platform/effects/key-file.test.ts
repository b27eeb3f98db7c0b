import { chmod, chown, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemRandom } from '../../lib/random.ts';
import { loadOrCreateKey } from './key-file.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cms-key-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

describe('the key file', () => {
  it('is made once, for the owner alone, and read ever after', async () => {
    const path = join(folder, 'keys', 'marker.key');
    const starts = Array.from({ length: 8 }, async () => await loadOrCreateKey(path, systemRandom));
    const keys = await Promise.all(starts);
    expect(new Set(keys.map((key) => key.toString('hex'))).size).toBe(1);
    expect(keys[0]).toHaveLength(32);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(folder, 'keys'))).toEqual(['marker.key']);
  });

  it('is refused when others may use it', async () => {
    const path = join(folder, 'marker.key');
    await loadOrCreateKey(path, systemRandom);
    await chmod(path, 0o640);
    await expect(loadOrCreateKey(path, systemRandom)).rejects.toMatchObject({
      code: 'key_file_unsafe',
    });
  });

  it('is refused when it is a link, even a dangling one', async () => {
    const target = join(folder, 'target.key');
    const path = join(folder, 'marker.key');
    await symlink(target, path);
    await expect(loadOrCreateKey(path, systemRandom)).rejects.toMatchObject({
      code: 'key_file_unsafe',
    });
    await loadOrCreateKey(target, systemRandom);
    await expect(loadOrCreateKey(path, systemRandom)).rejects.toMatchObject({
      code: 'key_file_unsafe',
    });
  });

  it.skipIf(process.getuid?.() !== 0)('is refused when it belongs to another user', async () => {
    const path = join(folder, 'marker.key');
    await loadOrCreateKey(path, systemRandom);
    await chown(path, 65_534, 65_534);
    await expect(loadOrCreateKey(path, systemRandom)).rejects.toMatchObject({
      code: 'key_file_unsafe',
    });
  });

  it.each(['', 'abc', 'z'.repeat(64), 'a'.repeat(63)])(
    'is refused when it holds %j and no key',
    async (text) => {
      const path = join(folder, 'marker.key');
      await writeFile(path, text, { mode: 0o600 });
      await expect(loadOrCreateKey(path, systemRandom)).rejects.toMatchObject({
        code: 'key_file_damaged',
      });
    },
  );

  it('is refused when it cannot be opened', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(loadOrCreateKey(join(folder, 'file', 'key'), systemRandom)).rejects.toThrow();
    await expect(loadOrCreateKey(folder, systemRandom)).rejects.toMatchObject({
      code: 'key_file_unsafe',
    });
  });
});
