import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { GithubEmulator } from '../../../../test/support/github-emulator/emulator.ts';
import { createGithubEmulator } from '../../../../test/support/github-emulator/emulator.ts';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/test-database.ts';
import { systemClock } from '../../../lib/clock.ts';
import { systemRandom } from '../../../lib/random.ts';
import { migrate } from '../../../platform/database/migrate.ts';
import { createMemoryEtagStore } from '../etag-store.ts';
import { createExchange, usualDeadlines } from '../exchange.ts';
import { createGithubClient, type GithubClient } from '../github-client.ts';
import { createGovernor } from '../governor/governor.ts';
import { createMemoryGovernorState } from '../governor/governor-state.ts';
import { Repository } from '../schemas.ts';
import { type GithubTables, githubMigrations } from '../tables.ts';
import { createAccess, type GithubAccess, type TokenSource } from './access.ts';
import { createGithubApp } from './app-tokens.ts';
import { createSharedTokens } from './shared-tokens.ts';
import { createStanding, liftSuspension, suspendedCredentials } from './standing.ts';
import { standingCheck } from './standing-check.ts';

const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});
let emulator: GithubEmulator;
let database: TestDatabase;
let aheadMs = 0;
let id: string;
const clock = { ...systemClock, now: () => new Date(Date.now() + aheadMs) };
const suspended: string[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  await migrate(database, githubMigrations);
  return async () => await database.drop();
});
beforeEach(async () => {
  aheadMs = 0;
  suspended.length = 0;
  id = `credential ${systemRandom.uuid()}`;
  emulator = await createGithubEmulator({ clock });
  emulator.apps.add({ id: 7, slug: 'manager', publicKey, installedOn: ['acme'] });
  await emulator.addRepository({
    fullName: 'acme/secret',
    private: true,
    roles: { 'manager[bot]': 'write', ann: 'write' },
  });
});
afterEach(async () => await emulator.close());

const db = () => database.kysely<GithubTables>();
const sealing = {
  seal: async (plain: string, purpose: string) =>
    Buffer.from(`${purpose}|${plain}`).toString('hex'),
  open: async (sealed: string, purpose: string) =>
    Buffer.from(
      Buffer.from(sealed, 'hex')
        .toString()
        .slice(purpose.length + 1),
    ),
};

const appOf = (key = privateKey) =>
  createGithubApp({
    apiUrl: emulator.apiUrl,
    appId: '7',
    installationId: null,
    privateKey: async () => key,
    exchange: createExchange(usualDeadlines),
    clock,
  });

/** As another process would have it: nothing in memory but what the database holds. */
const tokensOf = (owner = 'acme'): TokenSource =>
  createSharedTokens({
    id,
    db: db(),
    sealing,
    mint: async () => await appOf().mint(owner),
    clock,
    redactor: { register: () => undefined },
  });

function accessOf(source: TokenSource): GithubAccess {
  return createAccess({
    id,
    source,
    login: null,
    governor: createGovernor({
      credential: id,
      state: createMemoryGovernorState(),
      clock,
      random: systemRandom,
    }),
    standing: createStanding(id, {
      db: db(),
      clock,
      onSuspended: (credential) => void suspended.push(credential),
    }),
  });
}

function clientOf(source: TokenSource): GithubClient {
  const access = accessOf(source);
  return createGithubClient({
    apiUrl: emulator.apiUrl,
    access: () => access,
    etags: createMemoryEtagStore(),
    exchange: createExchange(usualDeadlines),
    clock,
    random: systemRandom,
  });
}

const look = async (client: GithubClient) =>
  await client.get('/repos/acme/secret', Repository, { lane: 'person', fresh: true });
const asked = () => emulator.journal.entries.filter(({ path }) => path === '/repos/acme/secret');
const fixed = (token: string): TokenSource => ({
  current: async () => token,
  renew: async () => token,
});

describe('a GitHub App', () => {
  test('sees what it is installed on, with a token made when it is needed', async () => {
    expect((await look(clientOf(tokensOf()))).full_name).toBe('acme/secret');
    expect(await appOf().login()).toBe('manager[bot]');
    expect(emulator.apps.minted()).toBe(1);
  });

  test('makes one token for any number of requests and processes', async () => {
    const sources = [tokensOf(), tokensOf(), tokensOf()];
    const tokens = await Promise.all(
      Array.from({ length: 30 }, async (_, index) => await sources[index % 3]?.current()),
    );
    expect(new Set(tokens).size).toBe(1);
    expect(emulator.apps.minted()).toBe(1);
  });

  test('has a new one before the old one ends, and no request meets an ended one', async () => {
    const source = tokensOf();
    const client = clientOf(source);
    const first = await source.current();
    aheadMs = 54 * 60_000;
    expect(await source.current()).toBe(first);
    aheadMs = 56 * 60_000;
    await look(client);
    expect(await source.current()).not.toBe(first);
    expect(await tokensOf().current()).toBe(await source.current());
    expect(emulator.apps.minted()).toBe(2);
    expect(asked().map(({ status }) => status)).toEqual([200]);
  });

  test('makes a new token once when the present one is refused', async () => {
    const client = clientOf(tokensOf());
    await look(client);
    emulator.apps.revokeTokens();
    expect((await look(client)).full_name).toBe('acme/secret');
    expect(asked().map(({ status }) => status)).toEqual([200, 401, 200]);
    expect(emulator.apps.minted()).toBe(2);
    expect(await suspendedCredentials(db())).not.toContainEqual(
      expect.objectContaining({ credential: id }),
    );
  });

  test('says where it is not installed, and that its key is wrong', async () => {
    await expect(appOf().mint('elsewhere')).rejects.toMatchObject({
      code: 'github_app_not_installed',
      next: expect.stringContaining('Install'),
    });
    const other = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    }).privateKey;
    await expect(appOf(other).mint('acme')).rejects.toMatchObject({ kind: 'unauthenticated' });
    await expect(appOf('no key').mint('acme')).rejects.toMatchObject({
      code: 'github_app_key',
      message: expect.not.stringContaining('no key'),
    });
  });
});

describe('a token that GitHub refuses', () => {
  const refused = { kind: 'unauthenticated', code: 'github_authentication' };
  const held = { kind: 'unauthenticated', code: 'github_credential_suspended' };

  test('is sent once a call, suspended after three, and then not sent at all, by no process', async () => {
    const client = clientOf(fixed('wrong'));
    for (let call = 1; call <= 3; call += 1) {
      await expect(look(client)).rejects.toMatchObject(refused);
      expect(asked()).toHaveLength(call);
    }
    expect(suspended).toEqual([id]);
    await expect(look(client)).rejects.toMatchObject(held);
    await expect(look(clientOf(fixed('wrong')))).rejects.toMatchObject(held);
    expect(asked()).toHaveLength(3);
  });

  test('is used again once it was changed, or lifted by a person', async () => {
    for (let call = 1; call <= 3; call += 1) {
      await expect(look(clientOf(fixed('wrong')))).rejects.toMatchObject(refused);
    }
    expect((await look(clientOf(fixed('token-ann')))).full_name).toBe('acme/secret');
    await expect(look(clientOf(fixed('wrong')))).rejects.toMatchObject(held);
    expect(await suspendedCredentials(db())).toContainEqual(
      expect.objectContaining({ credential: id }),
    );
    const signal = AbortSignal.timeout(5000);
    expect(await standingCheck(db()).measure(signal)).toMatchObject({
      status: 'unhealthy',
      evidence: expect.stringContaining(id),
    });
    expect(await liftSuspension(db(), id)).toBe(true);
    expect(await liftSuspension(db(), id)).toBe(false);
    await expect(look(clientOf(fixed('wrong')))).rejects.toMatchObject(refused);
  });

  test('counts in a row only: a good answer in between begins anew', async () => {
    emulator.addUser('late', { token: 'other' });
    const client = clientOf(fixed('token-ann'));
    for (let round = 0; round < 3; round += 1) {
      const fault = { kind: 'status', status: 401, match: { path: /secret/, times: 2 } } as const;
      emulator.faults.add(fault);
      await look(client).catch(() => undefined);
      await look(client).catch(() => undefined);
      await look(client);
    }
    expect(suspended).toEqual([]);
  });

  test('is replaced when another one stands by now, and that one is tried once', async () => {
    const client = clientOf({ current: async () => 'wrong', renew: async () => 'wrong too' });
    await expect(look(client)).rejects.toMatchObject(refused);
    expect(asked()).toHaveLength(2);
  });
});
