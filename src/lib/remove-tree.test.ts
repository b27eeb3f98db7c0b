import { mkdirSync, writeFileSync } from 'node:fs';
import { chmod, lstat, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { removeTree } from './remove-tree.ts';

// Root may remove everything, so the process of this file becomes an ordinary user for good.
if (process.getuid?.() === 0) {
  process.setgroups?.([]);
  process.setgid?.(61_001);
  process.setuid?.(61_001);
}

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cms-remove-'));
});
afterEach(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

describe('what a foreign program left is removed', () => {
  test('where it closed folders, to us as well', async () => {
    const root = join(folder, 'left');
    for (const [name, mode] of [
      ['closed', 0o000],
      ['read-only', 0o555],
      ['not to be entered', 0o600],
    ] as const) {
      await mkdir(join(root, name, 'inner'), { recursive: true });
      await writeFile(join(root, name, 'inner', 'file'), 'x');
      await chmod(join(root, name), mode);
    }
    await removeTree(root);
    expect(await readdir(folder)).toEqual([]);
  });

  test('where folders lie deeper than a path may name, closed ones too', async () => {
    const root = join(folder, 'left');
    const name = 'a'.repeat(200);
    const here = process.cwd();
    mkdirSync(root);
    try {
      process.chdir(root);
      for (let depth = 0; depth < 60; depth += 1) {
        mkdirSync(name);
        writeFileSync('file', 'x');
        process.chdir(name);
      }
    } finally {
      process.chdir(here);
    }
    await chmod(join(root, name, name), 0o500);
    await removeTree(root);
    expect(await readdir(folder)).toEqual([]);
  });

  test('without what its links lead to', async () => {
    const [root, kept] = [join(folder, 'left'), join(folder, 'kept')];
    await mkdir(join(root, 'closed'), { recursive: true });
    await mkdir(kept);
    await writeFile(join(kept, 'file'), 'x');
    await symlink(kept, join(root, 'closed', 'link'));
    await chmod(join(root, 'closed'), 0o500);
    await chmod(kept, 0o750);
    await removeTree(root);
    expect(await readdir(folder)).toEqual(['kept']);
    expect(await readdir(kept)).toEqual(['file']);
    expect((await lstat(kept)).mode & 0o777).toBe(0o750);
  });

  test('and where there is nothing nothing is done', async () => {
    await removeTree(join(folder, 'nothing'));
    expect(await readdir(folder)).toEqual([]);
  });
});
