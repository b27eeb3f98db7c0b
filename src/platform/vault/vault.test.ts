import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.ts';
import { silentLog } from '../../lib/log.ts';
import { systemRandom } from '../../lib/random.ts';
import { auditMigrations, createAudit } from '../audit/audit.ts';
import { createNoteSigner } from '../audit/signed-note.ts';
import { migrate } from '../database/migrate.ts';
import { fernetKeyText } from './fernet.ts';
import { createKeySource } from './key-source.ts';
import type { RotationPolicy, VaultAlert } from './rotation.ts';
import { createVault, type Vault, vaultMigrations } from './vault.ts';

const by = { kind: 'command_line', name: 'ada' };
let database: TestDatabase;
let folder: string;
let now: number;
const registered: string[] = [];
let alerts: VaultAlert[] = [];
let policies: Record<string, RotationPolicy> = {};

beforeAll(async () => {
  database = await createTestDatabase();
  await migrate(database, [...auditMigrations, ...vaultMigrations]);
});
afterAll(async () => await database.drop());

beforeEach(async () => {
  now = Date.parse('2026-03-02T10:00:00Z');
  alerts = [];
  policies = {};
  folder = await mkdtemp(join(tmpdir(), 'cms-vault-'));
  await database.pool.query('delete from vault_entries; update vault_state set key_id = null');
});
afterEach(async () => await rm(folder, { recursive: true, force: true, maxRetries: 5 }));

const keyFile = (): string => join(folder, 'keys', 'vault.key');
const signer = createNoteSigner(systemRandom.bytes(32));
const audit = () =>
  createAudit({
    database,
    clock: { now: () => new Date(now) },
    signer,
    anchors: [],
    version: '0.0.0-test',
  });

function vaultWith(env: Readonly<Record<string, string>> = {}): Vault {
  const clock = { now: () => new Date(now) };
  return createVault({
    database,
    audit: audit(),
    keys: createKeySource({
      env,
      file: keyFile(),
      ownFolder: true,
      random: systemRandom,
      userId: process.getuid?.(),
    }),
    clock,
    random: systemRandom,
    redactor: { register: (_name, value) => void registered.push(value) },
    log: silentLog,
    correlationId: () => 'test',
    policies: () => policies,
    programs: { folder, path: process.env['PATH'] ?? '', home: folder, timeoutMs: 5000 },
    alert: async (alert) => void alerts.push(alert),
  });
}

/** A name of its own: the audit keeps what earlier tests did under theirs. */
const newName = (): string => `NAME_${systemRandom.bytes(6).toString('hex')}`;
const set = async (vault: Vault, name: string, value: string, expiresAt: Date | null = null) =>
  await vault.set(name, Buffer.from(value), { expiresAt, by });

const facts = async (vault: Vault, name: string) =>
  (await vault.list()).find((one) => one.name === name) ?? expect.fail(`${name} is not listed`);
const rowOf = async (name: string) =>
  (await database.pool.query('select * from vault_entries where name = $1', [name])).rows[0];
const day = 86_400_000;

describe('a stored value', () => {
  test('comes out as it went in, from another process too, and stands nowhere in the clear', async () => {
    const name = newName();
    await set(vaultWith(), name, 'wörth-of-a-secret');
    expect(await vaultWith().use(name, 'test')).toBe('wörth-of-a-secret');
    const { rows } = await database.pool.query('select * from vault_entries');
    expect(JSON.stringify(rows)).not.toContain('secret');
    expect(registered).toContain('wörth-of-a-secret');
  });

  test('is replaced by a new version; the old one is given out no more', async () => {
    const [vault, name] = [vaultWith(), newName()];
    expect(await set(vault, name, 'first')).toBe(1);
    expect(await set(vault, name, 'second')).toBe(2);
    expect(await vault.useAll(name, 'test')).toEqual(['second']);
  });

  test('is counted, with the time and the purpose, over restarts, and each use is in the audit', async () => {
    const name = newName();
    await set(vaultWith(), name, 'counted');
    for (const purpose of ['push', 'push', 'webhook']) {
      now += 1000;
      await vaultWith().use(name, purpose);
    }
    expect(await facts(vaultWith(), name)).toMatchObject({
      usageCount: 3,
      lastUsedAt: new Date(now),
      lastPurpose: 'webhook',
    });
    const entries = await audit().list({ event: 'credential.used', target: name });
    expect(entries.map((entry) => entry.facts)).toEqual([
      { version: 1, purpose: 'webhook' },
      { version: 1, purpose: 'push' },
      { version: 1, purpose: 'push' },
    ]);
  });

  test('is not given out when its use cannot be audited', async () => {
    const [vault, name] = [vaultWith(), newName()];
    await set(vault, name, 'audited');
    await database.pool.query('alter table audit_queue rename to audit_queue_away');
    try {
      await expect(vault.use(name, 'test')).rejects.toThrow('audit_queue');
      expect((await rowOf(name)).usage_count).toBe(0);
    } finally {
      await database.pool.query('alter table audit_queue_away rename to audit_queue');
    }
  });

  test('is gone once it is removed, and its number is not used again', async () => {
    const [vault, name] = [vaultWith(), newName()];
    await set(vault, name, 'first');
    expect(await vault.remove(name, by)).toBe(true);
    expect(await vault.remove(name, by)).toBe(false);
    expect(await vault.has(name)).toBe(false);
    await expect(vault.use(name, 'test')).rejects.toMatchObject({ code: 'credential_unknown' });
    expect(await set(vault, name, 'second')).toBe(2);
  });

  test('leaves no copy of its bytes in the buffers it went through', async () => {
    const [vault, name] = [vaultWith(), newName()];
    await set(vault, name, 'wiped-after-use');
    const seen: Buffer[] = [];
    const concat = Buffer.concat.bind(Buffer);
    vi.spyOn(Buffer, 'concat').mockImplementation((list, size) => {
      const made = concat(list, size);
      if (made.includes('wiped-after-use')) seen.push(made);
      return made;
    });
    await vault.use(name, 'test');
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.some((buffer) => buffer.includes('wiped-after-use'))).toBe(false);
  });
});

describe('somebody writes into the database', () => {
  const tampered = expect.objectContaining({ code: 'vault_entry_tampered' });

  test('the value of one entry in the row of another is refused, 100 of 100', async () => {
    const vault = vaultWith();
    const names = Array.from({ length: 11 }, newName);
    for (const name of names) await set(vault, name, `value of ${name}`);
    let refused = 0;
    for (let round = 0; round < 100; round += 1) {
      const [to, from] = [names[round % 10] ?? '', names[(round % 10) + 1] ?? ''];
      const { token } = await rowOf(to);
      await database.pool.query(
        'update vault_entries set token = (select token from vault_entries where name = $2) where name = $1',
        [to, from],
      );
      await vault.use(to, 'test').catch((error: unknown) => {
        expect(error).toEqual(tampered);
        refused += 1;
      });
      await database.pool.query('update vault_entries set token = $2 where name = $1', [to, token]);
    }
    expect(refused).toBe(100);
    expect(await vault.use(names[0] ?? '', 'test')).toBe(`value of ${names[0]}`);
  });

  test('an older version is refused, alone or with its whole row', async () => {
    const [vault, name] = [vaultWith(), newName()];
    await set(vault, name, 'old');
    const old = await rowOf(name);
    await set(vault, name, 'new');
    await database.pool.query('update vault_entries set token = $2 where name = $1', [
      name,
      old.token,
    ]);
    await expect(vault.use(name, 'test')).rejects.toEqual(tampered);
    await database.pool.query('update vault_entries set version = 1 where name = $1', [name]);
    await expect(vaultWith().use(name, 'test')).rejects.toEqual(tampered);
  });

  test('a removed value that is put back is refused', async () => {
    const [vault, name] = [vaultWith(), newName()];
    await set(vault, name, 'removed');
    const { token, key_id: keyId } = await rowOf(name);
    await vault.remove(name, by);
    await database.pool.query('update vault_entries set token = $2, key_id = $3 where name = $1', [
      name,
      token,
      keyId,
    ]);
    await expect(vault.use(name, 'test')).rejects.toEqual(tampered);
  });

  test('a token with a changed character is refused and named by the check', async () => {
    const [vault, name] = [vaultWith(), newName()];
    await set(vault, name, 'changed');
    await set(vault, newName(), 'sound');
    const { token } = await rowOf(name);
    const wrong = `${token.slice(0, 60)}${token[60] === 'A' ? 'B' : 'A'}${token.slice(61)}`;
    await database.pool.query('update vault_entries set token = $2 where name = $1', [name, wrong]);
    await expect(vault.use(name, 'test')).rejects.toEqual(tampered);
    expect(vault.problem()).toBeNull();
    expect(await vault.check()).toMatchObject({ entries: 2, damaged: [name] });
    expect(vault.problem()).toMatchObject({
      kind: 'not_well',
      code: 'vault_entry_tampered',
      message: expect.stringContaining(name),
    });
    await set(vault, name, 'stored again');
    await vault.check();
    expect(vault.problem()).toBeNull();
  });

  test('a later end in the column does not make a value last longer', async () => {
    const [vault, name] = [vaultWith(), newName()];
    await set(vault, name, 'short', new Date(now + 1000));
    await database.pool.query('update vault_entries set expires_at = null where name = $1', [name]);
    now += 1000;
    await expect(vault.use(name, 'test')).rejects.toMatchObject({ code: 'credential_expired' });
  });
});

describe('the end of a value', () => {
  test('it is given out before it and never at it or after', async () => {
    const [vault, name] = [vaultWith(), newName()];
    const end = now + 60_000;
    await set(vault, name, 'ends', new Date(end));
    now = end - 1000;
    expect(await vault.use(name, 'test')).toBe('ends');
    for (const later of [end, end + 1000, end + day]) {
      now = later;
      await expect(vault.use(name, 'test')).rejects.toMatchObject({ code: 'credential_expired' });
    }
  });

  test('it is announced 14, 7 and 1 days before and when it is there, once each', async () => {
    const [vault, name] = [vaultWith(), newName()];
    const end = now + 30 * day;
    await set(vault, name, 'ends', new Date(end));
    const told: string[] = [];
    for (let left = 16; left >= -1; left -= 0.5) {
      now = end - left * day;
      await vault.maintain();
      await vaultWith().maintain();
      told.push(...alerts.splice(0).map(({ code }) => `${left}: ${code}`));
    }
    expect(told).toEqual([
      '14: credential_expiring',
      '7: credential_expiring',
      '1: credential_expiring',
      '0: credential_expired',
    ]);
    now = end - 3 * day;
    expect((await facts(vault, name)).state).toBe('expiring');
    await set(vault, name, 'renewed', new Date(now + 20 * day));
    expect((await facts(vault, name)).state).toBe('valid');
    now += 10 * day;
    await vault.maintain();
    expect(alerts).toHaveLength(1);
  });
});

describe('keys', () => {
  const newKey = (): string => fernetKeyText(systemRandom.bytes(32));

  test('the newest encrypts, all decrypt', async () => {
    const [old, young] = [newKey(), newKey()];
    const [first, second] = [newName(), newName()];
    await set(vaultWith({ CMS_VAULT_KEY: old }), first, 'under the old');
    const both = vaultWith({ CMS_VAULT_KEY: `${young}\n${old}` });
    await set(both, second, 'under the young');
    expect([await both.use(first, 'test'), await both.use(second, 'test')]).toEqual([
      'under the old',
      'under the young',
    ]);
    const alone = vaultWith({ CMS_VAULT_KEY: young });
    expect(await alone.use(second, 'test')).toBe('under the young');
    await expect(alone.use(first, 'test')).rejects.toMatchObject({ code: 'vault_key_wrong' });
    const done = await both.rekey({ dropOld: true }, by);
    expect(done).toMatchObject({ madeKey: false, entries: 1, dropped: false });
    expect(await alone.use(first, 'test')).toBe('under the old');
    await expect(both.rekey({ dropOld: false }, by)).rejects.toMatchObject({
      code: 'vault_key_not_new',
    });
  });

  test('without the key, or with another one, nothing is read, written or made', async () => {
    const name = newName();
    await set(vaultWith(), name, 'kept');
    const before = JSON.stringify(await rowOf(name));
    const key = await readFile(keyFile());
    await rm(keyFile());
    const refused = async (env: Readonly<Record<string, string>>, code: string) => {
      const vault = vaultWith(env);
      await expect(vault.use(name, 'test')).rejects.toMatchObject({ code });
      await expect(set(vault, name, 'other')).rejects.toMatchObject({ code });
      await expect(set(vault, newName(), 'other')).rejects.toMatchObject({ code });
      await expect(vault.rekey({ dropOld: true }, by)).rejects.toMatchObject({ code });
      await expect(vault.check()).rejects.toMatchObject({ code });
      await expect(vault.seal('x', 'y')).rejects.toMatchObject({ code });
    };
    await refused({}, 'vault_key_missing');
    await refused({ CMS_VAULT_KEY: newKey() }, 'vault_key_wrong');
    expect(await readdir(join(folder, 'keys'))).toEqual(['.gitignore']);
    expect(JSON.stringify(await rowOf(name))).toBe(before);
    await writeFile(keyFile(), key, { mode: 0o600 });
    expect(await vaultWith().use(name, 'test')).toBe('kept');
  });

  test('a process that runs goes on after another one changed the key and dropped the old one', async () => {
    const [running, name] = [vaultWith(), newName()];
    await set(running, name, 'first');
    const sealed = await running.seal('seed', 'totp:1');
    const done = await vaultWith().rekey({ dropOld: true }, by);
    expect(done).toMatchObject({ madeKey: true, dropped: true });
    expect(await running.use(name, 'test')).toBe('first');
    await set(running, name, 'second');
    expect(await vaultWith().use(name, 'test')).toBe('second');
    expect((await vaultWith().open(sealed, 'totp:1')).toString()).toBe('seed');
  });
});

describe('rotation', () => {
  const generate: RotationPolicy = { rotateEveryDays: 30, rotator: 'generate', keepOldHours: 24 };
  const withCommand = (script: string): RotationPolicy => ({
    rotateEveryDays: 30,
    rotator: [process.execPath, '-e', script],
    keepOldHours: 0,
  });
  const reading = `let text = ''; process.stdin.on('data', (chunk) => (text += chunk)).on('end', () => `;

  test('a secret of ours is made anew when it is due, and the one before holds a while', async () => {
    const [vault, name] = [vaultWith(), newName()];
    policies = { [name]: generate };
    await set(vault, name, 'first');
    now += 30 * day - 1;
    await vault.maintain();
    expect(await vault.useAll(name, 'test')).toEqual(['first']);
    now += 1;
    await Promise.all([vault.maintain(), vaultWith().maintain(), vaultWith().maintain()]);
    expect(await vault.useAll(name, 'test')).toEqual([
      expect.stringMatching(/^[0-9a-f]{64}$/),
      'first',
    ]);
    expect((await facts(vault, name)).version).toBe(2);
    now += day;
    expect(await vault.useAll(name, 'test')).toHaveLength(1);
    expect(alerts).toEqual([]);
  });

  test('a program gets the value that stands and its name, and prints the next one', async () => {
    const [vault, name] = [vaultWith(), newName()];
    const script = `${reading} console.log(text + ' then ' + process.env.CMS_CREDENTIAL + Object.keys(process.env).sort()))`;
    policies = { [name]: withCommand(script) };
    await set(vault, name, 'first');
    expect(await vault.rotate(name, by)).toBe(2);
    expect(await vault.useAll(name, 'test')).toEqual([
      `first then ${name}CMS_CREDENTIAL,HOME,PATH`,
    ]);
  });

  test.each([
    ['ends with a code', `console.log('new'); process.exit(3)`, /ended with code 3/],
    ['prints nothing', ``, /printed no value/],
    ['prints the same', `${reading} process.stdout.write(text))`, /stands already/],
    ['floods', `process.stdout.write('x'.repeat(100000))`, /more than 65536/],
    [
      'hangs, with a child',
      `require('child_process').spawn('sleep', ['600'], {stdio: 'inherit'}); setInterval(() => 0, 1000)`,
      /was ended by SIGKILL/,
    ],
  ])('a program that %s leaves the old value and alerts', async (_what, script, why) => {
    const [vault, name] = [vaultWith(), newName()];
    policies = { [name]: withCommand(script) };
    await set(vault, name, 'first');
    now += 31 * day;
    await vault.maintain();
    expect(await vault.use(name, 'test')).toBe('first');
    expect(alerts).toEqual([
      { code: 'rotation_failed', credential: name, text: expect.stringMatching(why) },
    ]);
    expect((await facts(vault, name)).rotationError).toMatch(why);
    await vault.maintain();
    expect(alerts).toHaveLength(1);
    now += 3_600_000;
    policies = { [name]: generate };
    await vault.maintain();
    expect((await facts(vault, name)).version).toBe(2);
  });

  test('a program that is not there, a name without policy and an unknown name are refused', async () => {
    const [vault, name] = [vaultWith(), newName()];
    await set(vault, name, 'first');
    await expect(vault.rotate(name, by)).rejects.toMatchObject({ code: 'rotation_not_configured' });
    policies = {
      [name]: { ...generate, rotator: ['/no/such/program'] },
      NOBODY: generate,
    };
    await expect(vault.rotate(name, by)).rejects.toMatchObject({ code: 'rotation_failed' });
    await expect(vault.rotate('NOBODY', by)).rejects.toMatchObject({ code: 'credential_unknown' });
  });
});

describe('sealing', () => {
  test('a sealed value opens for its purpose and no other, and unchanged only', async () => {
    const vault = vaultWith();
    const sealed = await vault.seal('totp-seed', 'totp:7');
    expect((await vaultWith().open(sealed, 'totp:7')).toString()).toBe('totp-seed');
    await expect(vault.open(sealed, 'totp:8')).rejects.toMatchObject({
      code: 'vault_entry_tampered',
    });
    await expect(vault.open(`${sealed.slice(0, -8)}AAAAAAA=`, 'totp:7')).rejects.toMatchObject({
      code: 'token_invalid',
    });
  });

  test('first seals at the same time agree on one key', async () => {
    const sealed = await Promise.all(
      Array.from({ length: 6 }, async (_, index) => await vaultWith().seal(`${index}`, 'p')),
    );
    const opened = await Promise.all(sealed.map(async (text) => await vaultWith().open(text, 'p')));
    expect(opened.map(String)).toEqual(['0', '1', '2', '3', '4', '5']);
  });

  test('our own key is no credential', async () => {
    const vault = vaultWith();
    await vault.seal('x', 'y');
    expect(await vault.list()).toEqual([]);
    expect(await vault.has('sealing-key')).toBe(false);
    await expect(vault.use('sealing-key', 'test')).rejects.toMatchObject({
      code: 'credential_unknown',
    });
  });
});
