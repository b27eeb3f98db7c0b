import { execFileSync, spawn } from 'node:child_process';
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { zstdDecompressSync } from 'node:zlib';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { systemRandom } from '../../src/lib/random.ts';
import { createClient } from '../../src/operations/api-client/client.ts';
import { apiRoot, routeOf } from '../../src/operations/api-client/route.ts';
import type { BackupFacts } from '../../src/operations/backups/contract.ts';
import { catalogue } from '../../src/operations/catalogue.ts';
import type { Credential } from '../../src/operations/credentials/contract.ts';
import { bootstrapUsers } from '../../src/operations/users/contract.ts';
import { sealBytes } from '../../src/platform/backup/container.ts';
import { fernetKeyText } from '../../src/platform/vault/fernet.ts';
import { browserFetch } from '../support/browser-fetch.ts';
import type { GithubLoop } from '../support/github-loop.ts';
import { createGithubLoop, manager } from '../support/github-loop.ts';
import { type RunningService, startService } from '../support/running-service.ts';
import type { Finished } from '../support/service-process.ts';

/** A token that the emulator takes, and no other test has; it is given to the service by its vault alone. */
const token = `ghp_${systemRandom.bytes(18).toString('hex')}`;
const planted = `planted/${systemRandom.bytes(18).toString('hex')}+x`;
const patience = { timeout: 120_000, interval: 500 };
const said: string[] = [];
let loop: GithubLoop;
/** Where the service keeps what it needs for a moment. */
let temporary: string;

beforeEach(async () => {
  said.length = 0;
  temporary = await mkdtemp(join(tmpdir(), 'cms-vault-'));
  loop = await createGithubLoop({
    targets: { widgets: { 'list.js': '// TODO: handle the empty list\nexport const a = 1;\n' } },
    env: { GITHUB_TOKEN: '', TMPDIR: temporary, CLAUDE_MANAGER_GITHUB_POLL_SECONDS: '1' },
  });
  loop.emulator.addUser('svc-bot', { token });
});
afterEach(async () => {
  await loop.close();
  await rm(temporary, { recursive: true, force: true, maxRetries: 5 });
});

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

/**
 * Processes on this machine that we may look into with a needle in their arguments or their environment. What asks
 * GitHub for code gets its header there, in a disguise and readable for this user alone.
 */
async function processes(
  secrets: readonly string[],
  looks: Map<string, number>,
): Promise<readonly string[]> {
  const disguised = secrets.flatMap(disguises);
  const found: string[] = [];
  for (const id of (await readdir('/proc')).filter((name) => /^\d+$/u.test(name))) {
    const before = looks.get(id) ?? 0;
    if (before >= enoughLooks) continue;
    looks.set(id, before + 1);
    const name = await readFile(`/proc/${id}/comm`, 'utf8').catch(() => '');
    const needles = name.startsWith('git') ? secrets : disguised;
    found.push(...(await hits([`/proc/${id}/cmdline`, `/proc/${id}/environ`], needles)));
  }
  return found;
}

/** What a process was started with changes only when it becomes another one, which is soon or never. */
const enoughLooks = 5;

test('a secret that a process was given in its environment or its arguments is seen, in a disguise too', async () => {
  const given = `given/${systemRandom.bytes(18).toString('hex')}`;
  const [, base64 = ''] = disguises(given);
  const program = 'setTimeout(() => undefined, 600_000)';
  const env = { PATH: process.env['PATH'], GIVEN: base64 };
  const child = spawn(process.execPath, ['-e', program, given], { env, stdio: 'ignore' });
  try {
    const places = ['cmdline', 'environ'].map((name) => `/proc/${child.pid}/${name}`);
    await expect
      .poll(() => processes([given], new Map()), patience)
      .toEqual(expect.arrayContaining(places));
  } finally {
    child.kill('SIGKILL');
  }
});

/** Looks again and again at all processes and at what lies in a folder, until it is told to end. */
function watch(folder: string, secrets: readonly string[]): () => Promise<ReadonlySet<string>> {
  const over = new AbortController();
  const seen = new Set<string>();
  const looks = new Map<string, number>();
  const watching = (async () => {
    while (!over.signal.aborted) {
      const before = await processes(secrets, looks);
      // A process that is about to become another one shows what its parent has.
      const still = new Set(before.length === 0 ? [] : await processes(secrets, new Map()));
      for (const place of before) if (still.has(place)) seen.add(place);
      for (const place of await hits(await filesBelow(folder), secrets)) seen.add(place);
      await delay(100);
    }
    return seen;
  })();
  return async () => {
    over.abort();
    return await watching;
  };
}

/** Everything that the service answers to who may read all of it, its pages among it. */
async function answersOf(address: string, ask: typeof fetch): Promise<readonly string[]> {
  const names = ['GITHUB_TOKEN', 'MY_KEY'];
  const reads = catalogue()
    .filter(({ doors, kind }) => doors.includes('http') && kind === 'call')
    .map(routeOf)
    .filter(({ method }) => method === 'GET')
    .flatMap(({ path }) => names.map((name) => path.replaceAll(/\{\w+\}/gu, name)));
  const others = ['/', '/tasks', '/settings', '/security', '/metrics', '/health'];
  const answers: string[] = [];
  for (const path of new Set([...reads, ...others, `${apiRoot}/openapi.json`])) {
    const answer = await ask(`${address}${path}`);
    answers.push(JSON.stringify([...answer.headers]), await answer.text());
  }
  return answers;
}

test('a secret that was stored works, and stands nowhere; a service whose vault was tampered with is not ready', {
  timeout: 420_000,
}, async () => {
  const startedMs = Date.now();
  const secrets = [planted, token];
  const seen = watch(temporary, secrets);

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

  const entry = async () =>
    (
      await loop.query<{ token: string }>("select token from vault_entries where name = 'MY_KEY'")
    )[0]?.token ?? '';
  const sealed = await entry();
  const spoiled = `${sealed.slice(0, 40)}${sealed[40] === 'A' ? 'B' : 'A'}${sealed.slice(41)}`;
  const put = (text: string) =>
    loop.query(`update vault_entries set token = '${text}' where name = 'MY_KEY'`);
  await put(spoiled);
  const service = await startService(loop.service);
  try {
    const probe = async () => {
      const answer = await fetch(`${service.address}/readyz`);
      return [answer.status, await answer.json()];
    };
    await expect
      .poll(probe, patience)
      .toEqual([503, { status: 'unavailable', problem: 'vault_entry_tampered' }]);
    expect(await entry()).toBe(spoiled);
    await put(sealed);
    await expect.poll(probe, patience).toEqual([200, { status: 'ok' }]);

    await expect.poll(() => loop.proposals().length, patience).toBe(1);
    loop.emulator.as('wendy').label(manager, loop.proposals()[0]?.number ?? 0, 'approved-for-dev');
    await expect.poll(() => loop.pulls('acme/widgets').length, patience).toBe(1);
    said.push(...(await answersGiven(service)));
  } finally {
    await service.stop();
  }
  said.push(service.said());
  const used = (await credentials(['show', 'GITHUB_TOKEN'])).json as Credential;
  expect(used).toMatchObject({ version: 1, lastPurpose: 'requests to GitHub' });
  expect(used.usageCount).toBeGreaterThan(0);
  const uses = await readFile(join(loop.service.folder, 'logs', 'security.json'), 'utf8');
  expect(uses).toContain('requests to GitHub');

  const killed = await credentials(['rekey'], { killAt: 'vault.batch.moved' });
  expect(killed.signal).toBe('SIGKILL');
  expect((await credentials(['rekey', '--drop-old'])).json).toMatchObject({ dropped: true });
  const backup = await loop.service.run(['backup']);
  expect(backup.exitCode, backup.stderr).toBe(0);
  let importer = 0;
  const imported = await credentials(['import'], {
    env: { GITHUB_TOKEN: token },
    onStart: (pid) => {
      importer = pid;
    },
  });
  expect(imported.json).toMatchObject({ unchanged: ['GITHUB_TOKEN'], imported: [] });

  // Who imports it was given it there; nothing that it starts gets it, and nobody else has it.
  const places = [...(await seen())].filter((place) => place !== `/proc/${importer}/environ`);
  expect(places).toEqual([]);
  const folder = await filesBelow(loop.service.folder);
  expect(folder.length).toBeGreaterThan(10);
  const needles = secrets.flatMap(disguises);
  expect(await hits(folder, needles)).toEqual([]);
  expect(await hits(await filesBelow(temporary), needles)).toEqual([]);
  expect(said.length).toBeGreaterThan(100);
  expect(said.filter((text) => needles.some((needle) => text.includes(needle)))).toEqual([]);
  const packed = await readFile((backup.json as BackupFacts).file);
  const body = zstdDecompressSync(packed.subarray(packed.indexOf(10) + 1, -sealBytes));
  expect(body.includes('vault_entries')).toBe(true);
  expect(needles.filter((needle) => body.includes(needle))).toEqual([]);
  await checkpoint(loop);
  const database = await changedSince(await filesBelow(inject('postgresDataDir')), startedMs);
  expect(database.some((file) => file.includes('pg_wal'))).toBe(true);
  expect(await hits(database, needles)).toEqual([]);
});

/** What a person who may see everything is answered. */
async function answersGiven(service: RunningService): Promise<readonly string[]> {
  const ask = browserFetch(service.address);
  const person = createClient({ baseUrl: service.address, fetch: ask });
  await person.call(bootstrapUsers, {
    token: await service.firstLink(),
    name: 'ann',
    password: 'six green boats at 4 in the fog',
  });
  return await answersOf(service.address, ask);
}

/** Files that were written since; what is older cannot hold what is newer. */
async function changedSince(files: readonly string[], sinceMs: number): Promise<string[]> {
  const changed: string[] = [];
  for (const file of files) {
    const found = await stat(file).catch(() => null);
    if (found?.isFile() === true && found.mtimeMs >= sinceMs - 1000) changed.push(file);
  }
  return changed;
}

/** Everything that the server still holds in memory goes to its files. */
async function checkpoint({ service }: GithubLoop): Promise<void> {
  const client = new pg.Client({ connectionString: service.env['DATABASE_URL'] });
  await client.connect();
  await client.query('checkpoint');
  await client.end();
}

describe('a service does not start, opens no door and asks nobody anything,', {
  timeout: 420_000,
}, () => {
  const refused = async (code: string, env: Readonly<Record<string, string>> = {}) => {
    const before = loop.emulator.journal.effects.length;
    const words = ['--verbose', 'start', '--port', '0'];
    const ended = await loop.service.run(words, { env, maxMs: 120_000 });
    expect(ended).toMatchObject({ exitCode: 1, json: { error: { kind: 'not_well', code } } });
    expect(ended.stderr).not.toContain('listening on');
    expect(loop.emulator.journal.effects).toHaveLength(before);
  };
  const newKey = (): string => fernetKeyText(systemRandom.bytes(32));

  test('when its key is not that of the vault, and leaves vault and key as they are', async () => {
    const key = join(loop.service.folder, 'data', 'keys', 'vault.key');
    await credentials(['set', 'ANY'], { input: 'any-value' });
    const text = await readFile(key, 'utf8');
    const entries = async () => await loop.query('select * from vault_entries');
    const before = await entries();
    const other = newKey();
    await writeFile(key, other);
    await refused('vault_key_wrong');
    expect(await readFile(key, 'utf8')).toBe(other);
    await refused('vault_key_wrong', { CMS_VAULT_KEY: other });
    expect(await entries()).toEqual(before);
    await writeFile(key, text);
    expect((await credentials(['list'])).exitCode).toBe(0);
  });

  test('when its key is malformed, in a wrong place, a link, another user’s, or open to others', async () => {
    const places = join(loop.service.folder, 'places');
    /** A key file of its own in a folder of its own. */
    const put = async (folder: string, text = newKey(), mode = 0o600): Promise<string> => {
      await mkdir(join(places, folder), { recursive: true });
      const file = join(places, folder, 'vault.key');
      await writeFile(file, text, { mode });
      await chmod(file, mode);
      return file;
    };
    const linked = join(places, 'linked.key');
    await mkdir(places);
    await symlink(await put('behind'), linked);
    const foreign = await put('foreign');
    if (process.getuid?.() === 0) await chown(foreign, 65_534, 65_534);
    const inside = await put('repository');
    execFileSync('git', ['init', '--quiet'], { cwd: join(places, 'repository') });
    const backups = join('data', 'backups');
    const cases: readonly (readonly [code: string, file: string])[] = [
      ['vault_key_unsafe', await put('group', newKey(), 0o640)],
      ['vault_key_unsafe', await put('everybody', newKey(), 0o604)],
      ['vault_key_unsafe', linked],
      ...(process.getuid?.() === 0 ? [['vault_key_unsafe', foreign] as const] : []),
      ['vault_key_unsafe', inside],
      ['vault_key_unsafe', await put(join('..', backups))],
      ['vault_key_malformed', await put('short', systemRandom.bytes(31).toString('base64url'))],
      ['vault_key_malformed', await put('words', 'no key')],
    ];
    const asked =
      process.env['KEY_FILES'] === 'all' ? cases : cases.filter((_, at) => at % 3 === 0);
    for (const [code, file] of asked) await refused(code, { CMS_VAULT_KEY_FILE: file });
  });
});
