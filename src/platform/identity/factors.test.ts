import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { bytesOfBase32 } from '../../../test/support/bytes-of-base32.ts';
import {
  createSoftAuthenticator,
  type SoftAuthenticator,
} from '../../../test/support/soft-authenticator.ts';
import { stepAt, totpCode } from './totp.ts';
import { goodPassword, type IdentityWorld, minute, openIdentityWorld } from './world.suite.ts';

let world: IdentityWorld;
let number = 0;
let name: string;
let client: string;
let user: { readonly id: string; readonly name: string };

beforeAll(async () => {
  world = await openIdentityWorld();
});
afterAll(async () => await world.close());
beforeEach(async () => {
  number += 1;
  name = `holder${number}`;
  client = `192.0.2.${number}`;
  user = await world.person(name);
  world.settings = { ...world.settings, requireSecondFactor: false };
});

const signIn = () => world.identity.signIn.byPassword({ name, password: goodPassword, client });

/** A code generator that the account uses; the clock then stands two steps later. */
async function enroll(): Promise<{
  code: (offset?: number) => string;
  recovery: readonly string[];
}> {
  const { key } = await world.identity.factors.beginTotp(user);
  const secret = Buffer.from(bytesOfBase32(key));
  const code = (offset = 0): string => totpCode(secret, stepAt(world.clock.now()) + offset);
  const recovery = await world.identity.factors.confirmTotp(user, code());
  world.clock.advance(minute);
  return { code, recovery: recovery ?? [] };
}
const second = (sessionId: string, code: string, kind: 'totp' | 'recovery' = 'totp') =>
  world.identity.signIn.secondFactor({ sessionId, name, client }, { kind, code });
const wrong = { code: 'second_factor_wrong' };

describe('a code generator', () => {
  test('counts only once it was confirmed by a code; its secret has 160 bits and is not in the database', async () => {
    const { key } = await world.identity.factors.beginTotp(user);
    expect(bytesOfBase32(key)).toHaveLength(20);
    expect(await world.identity.factors.confirmTotp(user, '000000')).toBeNull();
    await expect(signIn()).resolves.toMatchObject({ secondFactorNeeded: false });
    const { rows } = await world.database.pool.query('select * from identity_users');
    expect(JSON.stringify(rows)).not.toContain(key);
  });
  test('makes a sign-in wait for a code; the session of the password alone may do nothing', async () => {
    const { code } = await enroll();
    const first = await signIn();
    expect(first).toMatchObject({ secondFactorNeeded: true, factors: ['totp', 'recovery'] });
    expect(await world.identity.sessions.owner(first.session.secret)).toMatchObject({
      stage: 'second_factor',
    });
    const { session } = await second(first.session.id, code());
    expect(await world.identity.sessions.owner(session.secret)).toMatchObject({ stage: 'full' });
    expect(await world.identity.sessions.owner(first.session.secret)).toBeNull();
  });
  test('takes no code twice, and none of an earlier step', async () => {
    const { code } = await enroll();
    const used = code();
    const before = code(-1);
    await second((await signIn()).session.id, used);
    await expect(second((await signIn()).session.id, used)).rejects.toMatchObject(wrong);
    await expect(second((await signIn()).session.id, before)).rejects.toMatchObject(wrong);
    await expect(second((await signIn()).session.id, code(1))).resolves.toBeDefined();
  });
  test('takes each of a hundred codes once, and never one of an earlier step', async () => {
    const { code } = await enroll();
    const taken = { first: 0, again: 0, before: 0 };
    for (let count = 0; count < 100; count += 1) {
      const [before, now] = [code(-1), code()];
      for (const [which, one] of [
        ['first', now],
        ['again', now],
        ['before', before],
      ] as const)
        if (await world.identity.factors.takeTotp(user.id, one)) taken[which] += 1;
      world.clock.advance(minute);
    }
    expect(taken).toEqual({ first: 100, again: 0, before: 0 });
  });
  test('takes one code once, however many ask at the same moment', async () => {
    const { code } = await enroll();
    const now = code();
    const taken = await Promise.all(
      Array.from({ length: 30 }, () => world.identity.factors.takeTotp(user.id, now)),
    );
    expect(taken.filter(Boolean)).toHaveLength(1);
  });
  test('allows five tries, then the password is asked for again', async () => {
    const { code } = await enroll();
    const { session } = await signIn();
    for (let count = 0; count < 5; count += 1)
      await expect(second(session.id, '000000')).rejects.toMatchObject(wrong);
    await expect(second(session.id, code())).rejects.toMatchObject({ code: 'session_ended' });
    // And no new password step gives new tries: the account is locked for codes.
    await expect(second((await signIn()).session.id, code())).rejects.toMatchObject({
      code: 'sign_in_locked',
    });
    world.clock.advance(30 * minute);
    await expect(second((await signIn()).session.id, code())).resolves.toBeDefined();
  });
});

describe('recovery codes', () => {
  test('are ten of 80 bits, each good once, typed with or without hyphens', async () => {
    const { recovery } = await enroll();
    expect(new Set(recovery).size).toBe(10);
    for (const code of recovery) expect(code).toMatch(/^([a-z2-7]{4}-){3}[a-z2-7]{4}$/u);
    const [one = ''] = recovery;
    const typed = one.replaceAll('-', ' ').toUpperCase();
    await expect(second((await signIn()).session.id, typed, 'recovery')).resolves.toBeDefined();
    await expect(second((await signIn()).session.id, one, 'recovery')).rejects.toMatchObject(wrong);
    expect(await world.identity.people.get(name)).toMatchObject({ recoveryCodes: 9 });
    const { rows } = await world.database.pool.query('select * from identity_recovery_codes');
    expect(JSON.stringify(rows)).not.toContain(recovery[1]);
  });
  test('are good once, however many ask at the same moment; new ones void the old', async () => {
    const { recovery } = await enroll();
    const [first = '', next = ''] = recovery;
    const taken = await Promise.all(
      Array.from({ length: 20 }, () => world.identity.factors.takeRecovery(user.id, first)),
    );
    expect(taken.filter(Boolean)).toHaveLength(1);
    const [fresh = ''] = await world.identity.factors.newRecoveryCodes(user.id);
    expect(await world.identity.factors.takeRecovery(user.id, next)).toBe(false);
    expect(await world.identity.factors.takeRecovery(user.id, fresh)).toBe(true);
  });
});

describe('with require_2fa', () => {
  test('who has no second factor can only enroll, and their tokens are refused', async () => {
    const expiresAt = new Date(world.clock.now().getTime() + 1000 * minute);
    const token = { userId: user.id, name: 't', scopes: [], expiresAt, createdBy: 't' };
    const { secret } = await world.identity.tokens.create(token);
    const before = await signIn();
    world.settings = { ...world.settings, requireSecondFactor: true };
    const stage = async (): Promise<unknown> =>
      (await world.identity.sessions.owner(before.session.secret))?.stage;
    expect(await stage()).toBe('enroll');
    expect(await world.identity.tokens.owner(secret)).toBeNull();
    expect(await signIn()).toMatchObject({ enrollmentNeeded: true });
    await enroll();
    expect(await stage()).toBe('full');
    expect(await world.identity.tokens.owner(secret)).toMatchObject({ name });
  });
});

describe('a passkey', () => {
  const origin = 'http://localhost:8080';
  async function add(device: SoftAuthenticator): Promise<void> {
    const { challenge, options } = await world.identity.passkeys.beginAdding(user);
    const answer = device.create(options);
    await world.identity.passkeys.finishAdding(user, { challenge, name: 'laptop', answer });
  }
  async function proof(
    device: SoftAuthenticator,
    changes: Parameters<SoftAuthenticator['get']>[1] = {},
  ): Promise<{ challenge: string; answer: unknown; client: string }> {
    const { challenge, options } = await world.identity.passkeys.beginProof();
    return { challenge, answer: device.get(options, changes), client };
  }
  const failed = { code: 'sign_in_failed' };

  test('signs in by itself, as both factors, and makes the password ask for a second one', async () => {
    const device = createSoftAuthenticator(origin);
    await add(device);
    const {
      session,
      secondFactorNeeded,
      user: who,
    } = await world.identity.signIn.byPasskey(await proof(device));
    expect([who, secondFactorNeeded]).toEqual([name, false]);
    expect(await world.identity.sessions.owner(session.secret)).toMatchObject({ stage: 'full' });
    expect(await signIn()).toMatchObject({ factors: ['recovery', 'passkey'] });
  });
  test('answers each challenge once, and none that is too old', async () => {
    const device = createSoftAuthenticator(origin);
    await add(device);
    const given = await proof(device);
    await world.identity.signIn.byPasskey(given);
    await expect(world.identity.signIn.byPasskey(given)).rejects.toMatchObject(failed);
    const late = await proof(device);
    world.clock.advance(5 * minute);
    await expect(world.identity.signIn.byPasskey(late)).rejects.toMatchObject(failed);
  });
  test('whose counter does not go on was copied and is refused', async () => {
    const device = createSoftAuthenticator(origin);
    await add(device);
    await world.identity.signIn.byPasskey(await proof(device, { counter: 7 }));
    for (const counter of [7, 6, 0])
      await expect(
        world.identity.signIn.byPasskey(await proof(device, { counter })),
      ).rejects.toMatchObject(failed);
    await expect(
      world.identity.signIn.byPasskey(await proof(device, { counter: 8 })),
    ).resolves.toBeDefined();
  });
  test('that never counts is good again and again', async () => {
    const device = createSoftAuthenticator(origin, { counts: false });
    await add(device);
    for (let count = 0; count < 2; count += 1)
      await expect(world.identity.signIn.byPasskey(await proof(device))).resolves.toBeDefined();
  });
  test('of another site, of an unverified person, or of a disabled account is refused', async () => {
    const device = createSoftAuthenticator(origin);
    await add(device);
    const { challenge, options } = await world.identity.passkeys.beginAdding(user);
    const answer = createSoftAuthenticator('http://evil.example').create(options);
    await expect(
      world.identity.passkeys.finishAdding(user, { challenge, name: 'x', answer }),
    ).rejects.toMatchObject({ code: 'passkey_refused' });
    await expect(
      world.identity.signIn.byPasskey(await proof(device, { isVerified: false })),
    ).rejects.toMatchObject(failed);
    await world.identity.people.setDisabled(name, true);
    await expect(world.identity.signIn.byPasskey(await proof(device))).rejects.toMatchObject(
      failed,
    );
  });
  test('can be listed and removed, by its owner only', async () => {
    await add(createSoftAuthenticator(origin));
    const [passkey] = await world.identity.passkeys.list(user.id);
    const id = passkey?.id ?? '';
    const other = await world.person(`${name}b`);
    expect(await world.identity.passkeys.remove(other.id, id)).toBe(false);
    expect(await world.identity.passkeys.remove(user.id, id)).toBe(true);
    expect(await world.identity.passkeys.list(user.id)).toEqual([]);
  });
});
