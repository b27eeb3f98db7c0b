import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type IdentityRooms, openIdentity } from '../../src/app/doors/open-identity.ts';
import type { Actor } from '../../src/domain/actor.ts';
import { systemRandom } from '../../src/lib/random.ts';
import { catalogue } from '../../src/operations/catalogue.ts';
import { createGate, type Gate } from '../../src/operations/gate.ts';
import { permissionsOf, roles } from '../../src/operations/permissions.ts';
import { configSchema } from '../../src/platform/config/schema.ts';
import { migrate } from '../../src/platform/database/migrate.ts';
import { identityMigrations } from '../../src/platform/identity/migrations.ts';
import { createPasswords } from '../../src/platform/identity/passwords.ts';
import { stepAt, totpCode } from '../../src/platform/identity/totp.ts';
import { createManualClock, type ManualClock } from '../fakes/manual-clock.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

const password = 'quiet river orange lamp';
const owner: Actor = { kind: 'command_line', name: 'root', isOwner: true };

let database: TestDatabase;
let clock: ManualClock;
let identity: IdentityRooms;
let gate: Gate;
let requireSecondFactor = false;
let told: { readonly event: string; readonly target: string | null }[];
let number = 0;
let name: string;

beforeAll(async () => {
  database = await createTestDatabase();
  await migrate(database, identityMigrations);
  clock = createManualClock();
  const config = configSchema.parse({});
  identity = openIdentity({
    database,
    audit: { record: async (_transaction, entry) => void told.push(entry) },
    vault: {
      seal: async (plain, purpose) => Buffer.from(`${purpose}|${String(plain)}`).toString('hex'),
      open: async (sealed, purpose) => Buffer.from(sealed, 'hex').subarray(purpose.length + 1),
    },
    config: () => ({
      ...config,
      security: {
        ...config.security,
        authentication: {
          ...config.security.authentication,
          require_2fa: requireSecondFactor,
        },
      },
    }),
    origin: () => 'http://localhost:8080',
    clock,
    random: systemRandom,
    log: { info: () => undefined, warn: () => undefined },
    passwords: createPasswords({
      random: systemRandom,
      parameters: { log2n: 4, r: 8, p: 1 },
    }),
  });
  gate = createGate({
    served: identity.served,
    audit: { begin: async () => '1', finish: async () => undefined },
    log: { info: () => undefined, warn: () => undefined },
    clock,
    newCorrelationId: () => 'made',
    within: (_context, body) => body(),
  });
});
afterAll(async () => await database.drop());
beforeEach(() => {
  number += 1;
  name = `person${number}`;
  requireSecondFactor = false;
  told = [];
});

interface SignedIn {
  readonly session: { readonly secret: string };
  readonly secondFactorNeeded: boolean;
  readonly enrollmentNeeded: boolean;
}

function ask<T = unknown>(operation: string, input: object, actor: Actor = owner): Promise<T> {
  const door = gate.contracts().find((one) => one.name === operation)?.doors[0];
  const through = actor.kind === 'command_line' ? (door ?? 'cli') : 'http';
  const caller = { door: through, actor, clientId: `192.0.2.${number}` } as const;
  return gate.execute(operation, input, caller) as Promise<T>;
}

async function person(role: string, who = name, repositories?: string[]): Promise<void> {
  const grant = { role, ...(repositories === undefined ? {} : { repositories }) };
  await ask('users.create', { name: who, roles: [grant], password, mustChangePassword: false });
}

const anonymous: Actor = { kind: 'anonymous', name: 'anonymous' };

async function signIn(who = name): Promise<{ answer: SignedIn; actor: Actor }> {
  const answer = await ask<SignedIn>('sessions.sign-in', { user: who, password }, anonymous);
  return { answer, actor: await actorOf(answer.session.secret) };
}

async function actorOf(secret: string): Promise<Actor> {
  const actor = await identity.authenticateSession(secret);
  if (actor === null) throw new Error('no session');
  return actor;
}

const refused = { kind: 'forbidden', code: 'permission_missing' };

describe('a person who signed in', () => {
  test.each(Object.keys(roles))('as %s holds exactly the permissions of the role', async (role) => {
    await person(role);
    const { actor } = await signIn();
    expect(permissionsOf(actor)).toEqual(new Set(roles[role]));
    const account = await ask<{ permissions: string[] }>('account.show', {}, actor);
    expect(new Set(account.permissions)).toEqual(new Set(roles[role]));
  });
  test('proves again who they are before a dangerous act once five minutes have passed', async () => {
    await person('admin');
    const { actor } = await signIn();
    await person('viewer', `${name}b`);
    const act = (who: Actor) => ask('users.enable', { name: `${name}b` }, who);
    await expect(act(actor)).resolves.toBeDefined();
    clock.advance(5 * 60_000);
    await expect(act(actor)).rejects.toMatchObject({ code: 'proof_needed' });
    const proof = await ask<SignedIn>('sessions.prove', { password }, actor);
    await expect(act(await actorOf(proof.session.secret))).resolves.toBeDefined();
  });
  test('signing in again in the same browser ends the session before', async () => {
    await person('viewer');
    const first = await signIn();
    await ask('sessions.sign-in', { user: name, password }, first.actor);
    expect(await identity.authenticateSession(first.answer.session.secret)).toBeNull();
  });
  test('signs out, and the secret is worth nothing', async () => {
    await person('viewer');
    const { answer, actor } = await signIn();
    expect(await ask('sessions.sign-out', {}, actor)).toEqual({ ended: true });
    expect(await identity.authenticateSession(answer.session.secret)).toBeNull();
  });
  test('sees and ends the own sessions, all but the one in use', async () => {
    await person('viewer');
    const { actor } = await signIn();
    const other = await signIn();
    const lines = await ask<{ id: string; current: boolean }[]>('sessions.list', {}, actor);
    expect(lines).toHaveLength(2);
    expect(lines.filter(({ current }) => current)).toHaveLength(1);
    expect(await ask('sessions.revoke', { all: true }, actor)).toEqual({ ended: 1 });
    expect(await identity.authenticateSession(other.answer.session.secret)).toBeNull();
  });
});

describe('what belongs to somebody else', () => {
  test('an administrator sees where everybody is signed in, and ends it; nobody else does', async () => {
    await person('admin');
    await person('operator', `${name}b`);
    const other = await signIn(`${name}b`);
    const { actor } = await signIn();
    type Line = { id: string; user: string; current: boolean };
    const lines = await ask<Line[]>('sessions.list', { all: true }, actor);
    const theirs = lines.filter(({ user }) => user === `${name}b`);
    expect(theirs).toMatchObject([{ current: false }]);
    expect(lines.filter(({ current }) => current)).toMatchObject([{ user: name }]);
    const seen = await ask<Line[]>('sessions.list', { all: true }, other.actor);
    expect(seen.map(({ user }) => user)).toEqual([`${name}b`]);
    const end = { id: theirs[0]?.id ?? '', user: `${name}b` };
    expect(await ask('sessions.revoke', end, actor)).toEqual({ ended: 1 });
    expect(await identity.authenticateSession(other.answer.session.secret)).toBeNull();
  });
  test('cannot be seen, changed or told from what does not exist', async () => {
    await person('operator');
    await person('operator', `${name}b`);
    const other = await signIn(`${name}b`);
    const { token } = await ask<{ token: { id: string } }>(
      'tokens.create',
      { name: 't', scopes: ['tasks:read'] },
      other.actor,
    );
    const theirs = other.actor.kind === 'user' ? (other.actor.session?.id ?? '') : '';
    const { actor } = await signIn();
    expect(await ask('sessions.revoke', { id: theirs }, actor)).toEqual({ ended: 0 });
    await expect(ask('tokens.revoke', { id: token.id }, actor)).rejects.toMatchObject({
      code: 'token_unknown',
    });
    expect(await ask('tokens.list', { all: true }, actor)).toEqual([]);
    for (const [operation, input] of [
      ['sessions.list', {}],
      ['sessions.revoke', { all: true }],
      ['tokens.list', {}],
      ['tokens.create', { name: 'x', scopes: ['tasks:read'] }],
    ] as const)
      await expect(ask(operation, { ...input, user: `${name}b` }, actor)).rejects.toMatchObject(
        refused,
      );
    expect(await identity.authenticateSession(other.answer.session.secret)).not.toBeNull();
  });
});

describe('a session that is not there yet', () => {
  /** Every operation of the catalogue that is not public, asked with nothing. */
  const guarded = catalogue().filter(({ permission }) => permission !== 'public');
  test('holds nothing while it owes the second factor, and gets one by a code', async () => {
    await person('admin');
    const { actor } = await signIn();
    const { key } = await ask<{ key: string }>('account.totp-begin', {}, actor);
    const secret = secretOf(key);
    const code = (): string => totpCode(secret, stepAt(clock.now()));
    await ask('account.totp-confirm', { code: code() }, actor);
    const half = await signIn();
    expect(half.answer.secondFactorNeeded).toBe(true);
    expect(permissionsOf(half.actor).size).toBe(0);
    await expect(
      ask('sessions.verify-second-factor', { code: code() }, half.actor),
    ).rejects.toMatchObject({ code: 'second_factor_wrong' });
    clock.advance(30_000);
    const whole = await ask<SignedIn>(
      'sessions.verify-second-factor',
      { code: code() },
      half.actor,
    );
    expect(permissionsOf(await actorOf(whole.session.secret))).toEqual(new Set(roles['admin']));
    expect(told.map(({ event }) => event)).toEqual(
      expect.arrayContaining(['auth.2fa.enrol', 'auth.2fa.fail', 'auth.2fa.ok', 'auth.login.ok']),
    );
  });
  test('under require_2fa can enroll and do nothing else, whatever the role', async () => {
    await person('admin');
    requireSecondFactor = true;
    const { answer, actor } = await signIn();
    expect(answer.enrollmentNeeded).toBe(true);
    const held = permissionsOf(actor);
    expect([...held]).toEqual(['account:enroll']);
    expect(guarded.filter(({ permission }) => held.has(permission as never)).map(nameOf)).toEqual([
      'account.change-password',
      'account.passkey-begin',
      'account.passkey-finish',
      'account.show',
      'account.totp-begin',
      'account.totp-confirm',
      'sessions.prove',
    ]);
    await expect(ask('users.list', {}, actor)).rejects.toMatchObject(refused);
    expect(await ask('account.show', {}, actor)).toMatchObject({ owed: ['second_factor'] });
    expect(permissionsOf((await identity.actorNamed(name)) ?? anonymous).size).toBe(0);
    const { key } = await ask<{ key: string }>('account.totp-begin', {}, actor);
    const code = totpCode(secretOf(key), stepAt(clock.now()));
    const next = await ask<SignedIn>('account.totp-confirm', { code }, actor);
    expect(permissionsOf(await actorOf(next.session.secret))).toEqual(new Set(roles['admin']));
  });
});

describe('a token', () => {
  test('holds what it was given and its owner still has, and makes no other token', async () => {
    await person('operator');
    const { actor } = await signIn();
    const scopes = ['tasks:read', 'tasks:write', 'account:own'];
    const { secret } = await ask<{ secret: string }>('tokens.create', { name: 't', scopes }, actor);
    const token = await identity.authenticateToken(secret);
    expect(token).toMatchObject({ kind: 'token', owner: name, scopes });
    await expect(
      ask('tokens.create', { name: 'u', scopes, user: name }, token ?? anonymous),
    ).rejects.toMatchObject({ kind: 'forbidden' });
    await ask('users.set-roles', { name, roles: [{ role: 'viewer' }] });
    expect(await identity.authenticateToken(secret)).toMatchObject({
      scopes: ['tasks:read', 'account:own'],
    });
    await ask('users.set-roles', {
      name,
      roles: [{ role: 'operator', repositories: ['acme/*'] }],
    });
    expect(await identity.authenticateToken(secret)).toMatchObject({
      scopes,
      limits: { 'tasks:write': ['acme/*'] },
    });
    await ask('users.disable', { name });
    expect(await identity.authenticateToken(secret)).toBeNull();
  });
  test('cannot hold what its owner does not', async () => {
    await person('viewer');
    const { actor } = await signIn();
    for (const [scope, code] of [
      ['tasks:approve', 'scope_not_held'],
      ['everything', 'scope_unknown'],
    ] as const)
      await expect(
        ask('tokens.create', { name: 't', scopes: [scope] }, actor),
      ).rejects.toMatchObject({ kind: 'invalid_input', code });
  });
});

test('a role that is about the whole system is not limited to repositories', async () => {
  await expect(person('admin', name, ['acme/*'])).rejects.toMatchObject({
    code: 'role_not_limitable',
  });
  await person('approver', name, ['acme/*']);
  const { actor } = await signIn();
  expect(actor).toMatchObject({ limits: { 'tasks:approve': ['acme/*'], 'config:read': [] } });
  expect(permissionsOf(actor).has('config:read')).toBe(false);
  expect(permissionsOf(actor).has('tasks:approve')).toBe(true);
});

function nameOf({ name: operation }: { readonly name: string }): string {
  return operation;
}

function secretOf(key: string): Buffer {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...key].map((one) => letters.indexOf(one).toString(2).padStart(5, '0')).join('');
  return Buffer.from((bits.match(/.{8}/gu) ?? []).map((byte) => Number.parseInt(byte, 2)));
}
