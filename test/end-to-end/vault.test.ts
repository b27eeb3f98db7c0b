import { chmod, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { systemRandom } from '../../src/lib/random.ts';
import type { Credential } from '../../src/operations/credentials/contract.ts';
import { fernetKeyText } from '../../src/platform/vault/fernet.ts';
import type { GithubLoop } from '../support/github-loop.ts';
import { createGithubLoop, manager } from '../support/github-loop.ts';
import type { Finished } from '../support/service-process.ts';

/** The token that the emulator knows; it is given to the service by its vault alone. */
const token = 'ghp_canary0123456789canary0123456789cana';
const planted = `planted/${systemRandom.bytes(18).toString('hex')}+x`;
const said: string[] = [];
let loop: GithubLoop;

beforeEach(async () => {
  said.length = 0;
  loop = await createGithubLoop({
    targets: { widgets: { 'list.js': '// TODO: handle the empty list\nexport const a = 1;\n' } },
    env: { GITHUB_TOKEN: '' },
  });
});
afterEach(async () => await loop.close());

async function credentials(
  words: readonly string[],
  options: Parameters<GithubLoop['service']['run']>[1] = {},
): Promise<Finished> {
  const ended = await loop.service.run(['--verbose', '--debug', 'credentials', ...words], options);
  said.push(ended.stdout, ended.stderr);
  return ended;
}

/** How a secret may stand in a file. */
function disguises(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const base64 = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    return text.slice(before === 0 ? 0 : 4, -4);
  });
  return [
    secret,
    ...base64,
    ...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
    bytes.toString('hex'),
    encodeURIComponent(secret),
    [...secret].reverse().join(''),
  ];
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder, { recursive: true });
  return names.map((name) => join(folder, name));
}

async function hits(files: readonly string[], needles: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const file of files) {
    // Files of a running database come and go.
    const content = await readFile(file).catch(() => null);
    if (content !== null && needles.some((needle) => content.includes(needle))) found.push(file);
  }
  return found;
}

/** Arguments and environment of every process on this machine that we may look into. */
async function processes(needles: readonly string[]): Promise<readonly string[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/u.test(name));
  return hits(
    ids.flatMap((id) => [`/proc/${id}/cmdline`, `/proc/${id}/environ`]),
    needles,
  );
}

test('a secret that was stored works, and stands nowhere', { timeout: 300_000 }, async () => {
  const secrets = [planted, token];
  const over = new AbortController();
  const seen = new Set<string>();
  const watching = (async () => {
    while (!over.signal.aborted) {
      for (const place of await processes(secrets)) seen.add(place);
      await delay(100);
    }
  })();

  const without = await loop.once({ exitCode: 3 });
  expect(without.problems[0]?.code).toBe('github_token_missing');
  const stored = await credentials(['set', 'GITHUB_TOKEN'], { input: `${token}\n` });
  expect(stored.json).toMatchObject({ name: 'GITHUB_TOKEN', version: 1 });
  expect(stored.json).toMatchObject({ madeKeyIn: expect.stringMatching(/keys\/vault\.key$/) });
  expect((await credentials(['set', 'MY_KEY'], { input: planted })).json).toMatchObject({
    version: 1,
    madeKeyIn: null,
  });
  for (const words of [
    ['set', 'MY_KEY', '--expires', 'nonsense'],
    ['set', 'not a name'],
  ]) {
    expect((await credentials(words, { input: planted })).exitCode).toBe(2);
  }

  expect((await loop.once()).proposed).toBe(1);
  loop.emulator.as('wendy').label(manager, loop.proposals()[0]?.number ?? 0, 'approved-for-dev');
  await loop.once();
  expect(loop.pulls('acme/widgets')).toHaveLength(1);
  const used = (await credentials(['show', 'GITHUB_TOKEN'])).json as Credential;
  expect(used).toMatchObject({ version: 1, lastPurpose: 'requests to GitHub' });
  expect(used.usageCount).toBeGreaterThan(0);
  const uses = await readFile(join(loop.service.folder, 'logs', 'security.json'), 'utf8');
  expect(uses).toContain('requests to GitHub');

  const killed = await credentials(['rekey'], { killAt: 'vault.batch.moved' });
  expect(killed.signal).toBe('SIGKILL');
  expect((await credentials(['rekey', '--drop-old'])).json).toMatchObject({ dropped: true });
  const imported = await credentials(['import'], { env: { GITHUB_TOKEN: token } });
  expect(imported.json).toMatchObject({ unchanged: ['GITHUB_TOKEN'], imported: [] });
  over.abort();
  await watching;

  const environments = [...seen].filter((place) => !place.endsWith('environ'));
  expect(environments).toEqual([]);
  const folder = await filesBelow(loop.service.folder);
  expect(folder.length).toBeGreaterThan(10);
  // The test itself gives the agent the token backwards to look for.
  const backwards = [...token].reverse().join('');
  const needles = secrets.flatMap(disguises).filter((needle) => needle !== backwards);
  expect(await hits(folder, needles)).toEqual([]);
  expect(said.filter((text) => needles.some((needle) => text.includes(needle)))).toEqual([]);
  await checkpoint(loop);
  const database = await filesBelow(inject('postgresDataDir'));
  expect(database.some((file) => file.includes('pg_wal'))).toBe(true);
  expect(await hits(database, disguises(planted))).toEqual([]);
});

/** Everything that the server still holds in memory goes to its files. */
async function checkpoint({ service }: GithubLoop): Promise<void> {
  const client = new pg.Client({ connectionString: service.env['DATABASE_URL'] });
  await client.connect();
  await client.query('checkpoint');
  await client.end();
}

describe('a service does not start, and asks nobody anything,', { timeout: 240_000 }, () => {
  const refused = async (code: string, env: Readonly<Record<string, string>> = {}) => {
    const before = loop.emulator.journal.effects.length;
    const ended = await loop.service.run(['start', '--once'], { env });
    expect(ended).toMatchObject({ exitCode: 1, json: { error: { kind: 'not_well', code } } });
    expect(loop.emulator.journal.effects).toHaveLength(before);
  };
  const key = (): string => join(loop.service.folder, 'data', 'keys', 'vault.key');

  test('when others may read the key, when it is no key, and when it is not that of the vault', async () => {
    await credentials(['set', 'ANY'], { input: 'any-value' });
    const text = await readFile(key(), 'utf8');
    await chmod(key(), 0o640);
    await refused('vault_key_unsafe');
    await chmod(key(), 0o600);
    await writeFile(key(), 'no key');
    await refused('vault_key_malformed');
    const other = fernetKeyText(systemRandom.bytes(32));
    await writeFile(key(), other);
    await refused('vault_key_wrong');
    expect(await readFile(key(), 'utf8')).toBe(other);
    await refused('vault_key_wrong', { CMS_VAULT_KEY: other });
    await writeFile(key(), text);
    expect((await credentials(['list'])).exitCode).toBe(0);
  });
});
