import { createHook } from 'node:async_hooks';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { goodPassword, type IdentityWorld, minute, openIdentityWorld } from './world.suite.ts';

let world: IdentityWorld;
let number = 0;
/** An account and an address of its own for each test. */
let name: string;
let client: string;

beforeAll(async () => {
  world = await openIdentityWorld();
});
afterAll(async () => await world.close());
beforeEach(async () => {
  number += 1;
  name = `person${number}`;
  client = `192.0.2.${number}`;
  await world.person(name);
});

const signIn = (password = goodPassword, from = client, user = name) =>
  world.identity.signIn.byPassword({ name: user, password, client: from });
const refused = { kind: 'unauthenticated', code: 'sign_in_failed' };
const locked = { kind: 'rate_limited', code: 'sign_in_locked' };

async function fail(times: number, from = client, user = name): Promise<void> {
  for (let count = 0; count < times; count += 1)
    await expect(signIn('wrong', from, user)).rejects.toMatchObject(refused);
}

describe('a password', () => {
  test('that is right opens a session of the account, in whatever case the name was typed', async () => {
    const { session, secondFactorNeeded } = await signIn(goodPassword, client, name.toUpperCase());
    expect(secondFactorNeeded).toBe(false);
    const owner = await world.identity.sessions.owner(session.secret);
    expect(owner).toMatchObject({ name, stage: 'full' });
    expect(world.events.at(-1)).toMatchObject({ event: 'auth.login.ok', user: name, client });
  });
  test('that is wrong, of nobody, or of a disabled account is one and the same answer', async () => {
    const answers = [];
    await world.person(`${name}b`);
    await world.identity.people.setDisabled(`${name}b`, true);
    for (const [user, password] of [
      [name, 'wrong'],
      ['nobody-here', goodPassword],
      [`${name}b`, goodPassword],
    ] as const) {
      const error = await signIn(password, client, user).catch((thrown: unknown) => thrown);
      answers.push(JSON.stringify(error, ['kind', 'code', 'message', 'next', 'details']));
    }
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toContain('sign_in_failed');
    expect(world.events.at(-1)).toMatchObject({ event: 'auth.login.fail', outcome: 'refused' });
  });
  test('that is wrong and one of nobody cost the same: hashes, turns at the database, entries', async () => {
    const work = async (user: string): Promise<readonly number[]> => {
      let [hashes, turns] = [0, 0];
      const hook = createHook({
        init: (_id, type) => {
          if (type === 'SCRYPTREQUEST') hashes += 1;
        },
      });
      const counted = (): void => void (turns += 1);
      const before = world.events.length;
      world.database.pool.on('acquire', counted);
      hook.enable();
      await expect(signIn('wrong', client, user)).rejects.toMatchObject(refused);
      hook.disable();
      world.database.pool.off('acquire', counted);
      return [hashes, turns, world.events.length - before];
    };
    const ofNobody = await work(`${name}-is-not-there`);
    expect(ofNobody).toEqual(await work(name));
    const [hashes, turns, events] = ofNobody;
    expect([hashes, events]).toEqual([1, 1]);
    expect(turns).toBeGreaterThan(0);
  });
  test('is taken exactly as typed', async () => {
    await expect(signIn(`${goodPassword} `)).rejects.toMatchObject(refused);
    await expect(signIn(goodPassword.toUpperCase())).rejects.toMatchObject(refused);
  });
});

describe('after five wrong passwords', () => {
  test('the sixth try is refused although it is right, also by another process, and not longer than the lock', async () => {
    await fail(5);
    await expect(signIn()).rejects.toMatchObject(locked);
    const other = world.restarted().signIn.byPassword({ name, password: goodPassword, client });
    await expect(other).rejects.toMatchObject({ ...locked, details: { retryAfterSeconds: 1800 } });
    world.clock.advance(30 * minute - 1000);
    await expect(signIn()).rejects.toMatchObject(locked);
    world.clock.advance(1000);
    await expect(signIn()).resolves.toMatchObject({ user: name });
  });
  test('four wrong ones and a right one count from the start again', async () => {
    await fail(4);
    await signIn();
    await fail(4);
    await expect(signIn()).resolves.toBeDefined();
  });
  test('those of before the window are forgotten', async () => {
    await fail(4);
    world.clock.advance(30 * minute);
    await fail(4);
    await expect(signIn()).resolves.toBeDefined();
  });
  test('a thousand addresses have five guesses together', async () => {
    const outcomes = [];
    for (let count = 0; count < 1000; count += 1)
      outcomes.push(
        await signIn('wrong', `198.51.${count >> 8}.${count & 255}`).catch(
          (error: { code: string }) => error.code,
        ),
      );
    expect(outcomes.filter((code) => code === 'sign_in_failed')).toHaveLength(5);
    expect(outcomes.filter((code) => code === 'sign_in_locked')).toHaveLength(995);
  });
  test('sixty at the same moment are five', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 60 }, () =>
        signIn('wrong').catch((error: { code: string }) => error.code),
      ),
    );
    expect(outcomes.filter((code) => code === 'sign_in_failed')).toHaveLength(5);
  });
  test('strangers do not lock the owner out where the owner signed in before', async () => {
    await signIn();
    for (let count = 0; count < 10; count += 1)
      await signIn('wrong', `203.0.113.${count}`).catch(() => undefined);
    await expect(signIn(goodPassword, '203.0.113.99')).rejects.toMatchObject(locked);
    await expect(signIn()).resolves.toMatchObject({ user: name });
  });
  test('an address that tried five accounts is refused a sixth, and others are not', async () => {
    const others = ['a', 'b', 'c', 'd', 'e', 'f'].map((letter) => `${name}${letter}`);
    for (const user of others) await world.person(user);
    for (const user of others.slice(0, 5)) await fail(1, client, user);
    await expect(signIn(goodPassword, client, others[5])).rejects.toMatchObject(locked);
    await expect(signIn(goodPassword, `${client}9`, others[5])).resolves.toBeDefined();
  });
  test('names that are no accounts are counted as well', async () => {
    await fail(5, client, 'no-such-person');
    await expect(signIn('wrong', client, 'no-such-person')).rejects.toMatchObject(locked);
  });
  test('an IPv6 subscriber is one address', async () => {
    for (let count = 0; count < 5; count += 1)
      await fail(1, `2001:db8:0:${number}::${count}`, `${name}x${count}`);
    await expect(signIn(goodPassword, `2001:db8:0:${number}:ffff::1`)).rejects.toMatchObject(
      locked,
    );
    await expect(signIn(goodPassword, `2001:db8:1:${number}::1`)).resolves.toBeDefined();
  });
  test('an administrator lifts the lock, of the account and of the address', async () => {
    await fail(5);
    expect(await world.identity.attempts.lockedUntil(name)).not.toBeNull();
    expect(await world.identity.attempts.unlock(name)).toBe(true);
    await expect(signIn()).resolves.toBeDefined();
    expect(await world.identity.attempts.unlock(name)).toBe(false);
  });
});

describe('a session', () => {
  test('is of no use to who reads the database', async () => {
    const { session } = await signIn();
    const { rows } = await world.database.pool.query('select * from identity_sessions');
    const dump = JSON.stringify(rows);
    expect(dump).toContain(session.id);
    expect(dump).not.toContain(session.secret);
    for (const row of rows as Record<string, unknown>[])
      for (const value of Object.values(row))
        expect(await world.identity.sessions.owner(String(value))).toBeNull();
  });
  test('without activity ends after its timeout, and activity keeps it', async () => {
    const { session } = await signIn();
    world.clock.advance(479 * minute);
    expect(await world.identity.sessions.owner(session.secret)).not.toBeNull();
    world.clock.advance(200 * minute);
    expect(await world.identity.sessions.owner(session.secret)).not.toBeNull();
    const other = (await signIn()).session;
    world.clock.advance(480 * minute + 1000);
    expect(await world.identity.sessions.owner(other.secret)).toBeNull();
  });
  test('looked at without touching it does not count as activity', async () => {
    const { session } = await signIn();
    world.clock.advance(470 * minute);
    const look = { touch: false };
    expect(await world.identity.sessions.owner(session.secret, look)).not.toBeNull();
    world.clock.advance(11 * minute);
    expect(await world.identity.sessions.owner(session.secret, look)).toBeNull();
  });
  test('ends twelve hours after the sign-in, whatever was done in it', async () => {
    const { session } = await signIn();
    world.clock.advance(400 * minute);
    await world.identity.sessions.owner(session.secret);
    world.clock.advance(319 * minute);
    expect(await world.identity.sessions.owner(session.secret)).not.toBeNull();
    world.clock.advance(minute);
    expect(await world.identity.sessions.owner(session.secret)).toBeNull();
  });
  test('goes on under a new id and secret after a proof, and the old secret is dead', async () => {
    const { session } = await signIn();
    world.clock.advance(20 * minute);
    const asking = { sessionId: session.id, name, client };
    const wrong = { kind: 'password', password: 'wrong' } as const;
    await expect(world.identity.signIn.prove(asking, wrong)).rejects.toMatchObject({
      code: 'proof_failed',
    });
    const next = await world.identity.signIn.prove(asking, { ...wrong, password: goodPassword });
    expect(next.id).not.toBe(session.id);
    expect(next.expiresAt).toEqual(session.expiresAt);
    expect(await world.identity.sessions.owner(session.secret)).toBeNull();
    const owner = await world.identity.sessions.owner(next.secret);
    expect(world.clock.now().getTime() - (owner?.provenAt.getTime() ?? 0)).toBeLessThan(1000);
  });
  test.each(['disabled', 'given other roles', 'removed', 'given a password'])(
    'ends at once when the account is %s',
    async (what) => {
      const { session } = await signIn();
      const { people } = world.identity;
      if (what === 'disabled') await people.setDisabled(name, true);
      if (what === 'given other roles') await people.setGrants(name, []);
      if (what === 'removed') await people.remove(name);
      if (what === 'given a password')
        await world.identity.signIn.setPassword(name, {
          password: 'seven green boats afloat',
          mustChange: true,
        });
      expect(await world.identity.sessions.owner(session.secret)).toBeNull();
    },
  );
  test('of others ends when the person changes the password; the own one goes on', async () => {
    const here = (await signIn()).session;
    const there = (await signIn()).session;
    const asking = { sessionId: here.id, name, client };
    const next = await world.identity.signIn.changePassword(asking, {
      current: goodPassword,
      password: 'seven green boats afloat',
    });
    expect(await world.identity.sessions.owner(there.secret)).toBeNull();
    expect(await world.identity.sessions.owner(next.secret)).toMatchObject({ name });
    await expect(signIn()).rejects.toMatchObject(refused);
    await expect(signIn('seven green boats afloat')).resolves.toBeDefined();
  });
  test('of an account whose password must be changed can only put it in order', async () => {
    await world.identity.signIn.setPassword(name, { password: goodPassword, mustChange: true });
    const { session, enrollmentNeeded } = await signIn();
    expect(enrollmentNeeded).toBe(true);
    expect(await world.identity.sessions.owner(session.secret)).toMatchObject({ stage: 'enroll' });
    const next = await world.identity.signIn.changePassword(
      { sessionId: session.id, name, client },
      { current: goodPassword, password: 'seven green boats afloat' },
    );
    expect(await world.identity.sessions.owner(next.secret)).toMatchObject({ stage: 'full' });
  });
});
