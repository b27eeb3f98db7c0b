import { execFileSync } from 'node:child_process';
import {
  chmod,
  chown,
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemRandom } from '../../lib/random.ts';
import { fernetKeyText } from './fernet.ts';
import { createKeySource } from './key-source.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cms-key-'));
});
afterEach(async () => await rm(folder, { recursive: true, force: true, maxRetries: 5 }));

const userId = process.getuid?.();
const isRoot = userId === 0;
const file = (): string => join(folder, 'place', 'vault.key');
const newKey = (): string => fernetKeyText(systemRandom.bytes(32));
const sourceOf = (env: Readonly<Record<string, string>> = {}, ownFolder = false) =>
  createKeySource({ env, file: file(), ownFolder, random: systemRandom, userId });

async function put(text: string, mode = 0o600): Promise<void> {
  await mkdir(dirname(file()), { recursive: true });
  await writeFile(file(), text, { mode });
  await chmod(file(), mode);
}

describe('a key file is refused', () => {
  const refused = async (code: string, words: RegExp): Promise<void> => {
    const before = await readFile(file(), 'utf8').catch(() => null);
    await expect(sourceOf().find()).rejects.toMatchObject({
      kind: 'not_well',
      code,
      message: expect.stringMatching(words),
      next: expect.stringMatching(/\w/),
    });
    expect(await readFile(file(), 'utf8').catch(() => null)).toBe(before);
  };

  test.each([0o640, 0o604, 0o660, 0o644, 0o610])('with mode %o', async (mode) => {
    await put(newKey(), mode);
    await refused('vault_key_unsafe', /others than its owner/);
  });

  test('that is a symbolic link, also to nowhere', async () => {
    await put(newKey());
    await rename(file(), join(folder, 'real'));
    await symlink(join(folder, 'real'), file());
    await refused('vault_key_unsafe', /symbolic link/);
    await rm(join(folder, 'real'));
    await refused('vault_key_unsafe', /symbolic link/);
  });

  test('that has a second name', async () => {
    await put(newKey());
    await link(file(), join(folder, 'other'));
    await refused('vault_key_unsafe', /hard link/);
  });

  test('that is a folder', async () => {
    await mkdir(file(), { recursive: true, mode: 0o700 });
    await refused('vault_key_unsafe', /not a plain file/);
  });

  test('that is a pipe, without waiting for its other end', async () => {
    await mkdir(dirname(file()), { recursive: true });
    execFileSync('mkfifo', ['-m', '600', file()]);
    await expect(sourceOf().find()).rejects.toMatchObject({ code: 'vault_key_unsafe' });
  });

  test.skipIf(!isRoot)('that belongs to another user', async () => {
    await put(newKey());
    await chown(file(), 65_534, 65_534);
    await refused('vault_key_unsafe', /another user/);
  });

  test('that lies inside a repository, at any depth', async () => {
    await put(newKey());
    await mkdir(join(folder, '.git'));
    await refused('vault_key_unsafe', /inside the git repository/);
  });

  test('that lies among the backups, at any depth and through a link; one beside them is taken', async () => {
    await put(newKey());
    const link = join(folder, 'link');
    await symlink(folder, link);
    const find = async (backups: string) =>
      await createKeySource({
        env: {},
        file: file(),
        ownFolder: false,
        backups,
        random: systemRandom,
        userId,
      }).find();
    for (const backups of [dirname(file()), folder, join(link, 'place')])
      await expect(find(backups), backups).rejects.toMatchObject({
        code: 'vault_key_unsafe',
        message: expect.stringMatching(/among the backups/),
      });
    await mkdir(join(folder, 'pla'));
    for (const backups of [join(folder, 'pla'), join(folder, 'nowhere')])
      expect((await find(backups))?.keys, backups).toHaveLength(1);
  });

  test('that is reached through a link into a repository', async () => {
    await mkdir(join(folder, 'repository', '.git'), { recursive: true });
    await mkdir(join(folder, 'repository', 'inner'));
    await symlink(join(folder, 'repository', 'inner'), dirname(file()));
    await put(newKey());
    await refused('vault_key_unsafe', /inside the git repository/);
  });

  test.each([
    ['', /holds no key/],
    ['# only a comment\n', /holds no key/],
    ['too-short', /key 1 is not 32 bytes/],
    ['A'.repeat(43), /key 1 is not 32 bytes/],
    [`${'A'.repeat(42)}+=`, /key 1 is not 32 bytes/],
    [`${'A'.repeat(43)}=\nhalf-a-key`, /key 2 is not 32 bytes/],
    ['0'.repeat(70_000), /larger/],
  ])('that holds %j', async (text, words) => {
    await put(text);
    await refused('vault_key_malformed', words);
  });
});

describe('keys are found', () => {
  test('in the file, the newest first, comments aside', async () => {
    await put(`# made today\n${newKey()}\n\n${newKey()}\n`);
    const found = await sourceOf().find();
    expect(found?.keys).toHaveLength(2);
    expect(found).toMatchObject({ place: file(), writable: true });
  });

  test('in the environment before the systemd credential before the file', async () => {
    const texts = { env: newKey(), systemd: newKey(), file: newKey() };
    const unit = join(folder, 'unit');
    await mkdir(unit);
    await writeFile(join(unit, 'cms-vault-key'), texts.systemd, { mode: 0o400 });
    await put(texts.file);
    const first = async (env: Record<string, string>): Promise<string | undefined> =>
      (await sourceOf(env).find())?.keys[0]?.id;
    const ids = [
      await first({ CMS_VAULT_KEY: `${texts.env}, ${newKey()}`, CREDENTIALS_DIRECTORY: unit }),
      await first({ CREDENTIALS_DIRECTORY: unit }),
      await first({ CREDENTIALS_DIRECTORY: join(folder, 'nothing') }),
    ];
    expect(new Set(ids).size).toBe(3);
    const alone = await first({ CMS_VAULT_KEY: texts.file });
    expect(alone).toBe(ids[2]);
    await chmod(join(unit, 'cms-vault-key'), 0o404);
    await expect(sourceOf({ CREDENTIALS_DIRECTORY: unit }).find()).rejects.toMatchObject({
      code: 'vault_key_unsafe',
    });
  });

  test('nowhere: null, and nothing is made', async () => {
    expect(await sourceOf().find()).toBeNull();
    expect(await readdir(folder)).toEqual([]);
  });

  test('a wrong key in the environment is no reason to take another one', async () => {
    await put(newKey());
    await expect(sourceOf({ CMS_VAULT_KEY: 'nonsense' }).find()).rejects.toMatchObject({
      code: 'vault_key_malformed',
      message: expect.not.stringContaining('nonsense'),
    });
  });
});

describe('a key is made', () => {
  test('with mode 0600, once, by however many at the same time', async () => {
    const found = await Promise.all(Array.from({ length: 8 }, () => sourceOf().create()));
    expect(new Set(found.map(({ keys }) => keys[0]?.id)).size).toBe(1);
    expect((await stat(file())).mode & 0o777).toBe(0o600);
    expect(await readdir(dirname(file()))).toEqual(['vault.key']);
  });

  test('not inside a repository', async () => {
    await mkdir(join(folder, '.git'));
    await expect(sourceOf().create()).rejects.toMatchObject({ code: 'vault_key_unsafe' });
    await expect(stat(file())).rejects.toThrow('ENOENT');
  });

  test('in our own folder inside a repository, where git is kept out', async () => {
    execFileSync('git', ['init', '-q', folder]);
    await sourceOf({}, true).create();
    const seen = execFileSync('git', ['-C', folder, 'status', '--porcelain', '-uall'], {
      encoding: 'utf8',
    });
    expect(seen).toBe('');
    expect((await sourceOf({}, true).find())?.keys).toHaveLength(1);
  });
});

test('a key is put before those that stay, the others go', async () => {
  await put(`${newKey()}\n${newKey()}\n`);
  const [first, second] = (await sourceOf().find())?.keys ?? [];
  if (first === undefined || second === undefined) throw new Error('two keys were put there');
  const added = await sourceOf().write({ add: true, keep: new Set([first.id]) });
  expect(added.keys.map(({ id }) => id)).toEqual([expect.any(String), first.id]);
  expect((await sourceOf().find())?.keys.map(({ id }) => id)).toEqual(
    added.keys.map(({ id }) => id),
  );
  expect((await stat(file())).mode & 0o777).toBe(0o600);
});
