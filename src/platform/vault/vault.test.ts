import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.ts';
import { silentLog } from '../../lib/log.ts';
import { systemRandom } from '../../lib/random.ts';
import { auditMigrations, createAudit } from '../audit/audit.ts';
import { createNoteSigner } from '../audit/signed-note.ts';
import { migrate } from '../database/migrate.ts';
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
afterEach(async () => await rm(folder, { recursive: true, force: true }));

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

describe('a stored value', () => {
  test('comes out as it went in, from another process too, and stands nowhere in the clear', async () => {
    const name = newName();
    await set(vaultWith(), name, 'wörth-of-a-secret');
    expect(await vaultWith().use(name, 'test')).toBe('wörth-of-a-secret');
    const { rows } = await database.pool.query('select * from vault_entries');
    expect(JSON.stringify(rows)).not.toContain('secret');
    expect(registered).toContain('wörth-of-a-secret');
  });
});

describe('sealing', () => {
  test('a sealed value opens for its purpose and no other', async () => {
    const vault = vaultWith();
    const sealed = await vault.seal('totp-seed', 'totp:7');
    expect((await vaultWith().open(sealed, 'totp:7')).toString()).toBe('totp-seed');
    await expect(vault.open(sealed, 'totp:8')).rejects.toMatchObject({
      code: 'vault_entry_tampered',
    });
  });
});
