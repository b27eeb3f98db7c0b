import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createRandom, systemRandom } from '../../lib/random.ts';
import { clientKey } from './client-key.ts';
import { createPasswordRules } from './password-rules.ts';
import { createPasswords } from './passwords.ts';
import { isTokenSecret, newTokenSecret } from './secrets.ts';
import { goodPassword, type IdentityWorld, minute, openIdentityWorld } from './world.suite.ts';

let world: IdentityWorld;
beforeAll(async () => {
  world = await openIdentityWorld();
});
afterAll(async () => await world.close());

describe('a password', () => {
  const rules = createPasswordRules(() => ({ minPasswordLength: 12 }));
  const check = (password: string): Promise<string> =>
    rules.require(password, 'annabella').then(
      () => 'taken',
      (error: { code: string }) => error.code,
    );
  test.each([
    'quiet river orange lamp',
    'täglich früh um fünf Uhr',
    '正しい馬のバッテリーとステープル',
    '🦊🦊🐻🐼🦁🐯🐨🐷🐸🐵🐔🐧',
    '        a lot of blanks        ',
    'alllowercaseletterswithoutanything',
    '83710927465120938471',
    'x7#Qp!vR2$mK9@zL',
    'w'.repeat(5).concat(' is not enough, is it? ', 'q'.repeat(900)),
  ])('%j is taken, because nothing is asked but that it is hard to guess', async (password) => {
    expect(await check(password)).toBe('taken');
  });
  test.each([
    'short',
    'elevenchars',
    'password1234',
    'Password2026!!',
    '123456789012',
    'qwertyuiop12',
    'iloveyou!!!!',
    'aaaaaaaaaaaa',
    'abcabcabcabc',
    'annabella123',
    'claude-manager',
    'claude.manager.2026',
  ])('%j is refused, because somebody would try it', async (password) => {
    expect(await check(password)).toBe('password_weak');
  });
  test('is kept as scrypt with its parameters and its own salt, and tells when they are of yesterday', async () => {
    const weak = createPasswords({ random: systemRandom, parameters: { log2n: 4, r: 8, p: 1 } });
    const strong = createPasswords({ random: systemRandom, parameters: { log2n: 5, r: 8, p: 1 } });
    const [one, two] = [await weak.hash(goodPassword), await weak.hash(goodPassword)];
    expect(one).toMatch(/^scrypt\$4\$8\$1\$[\w-]{22}\$[\w-]{43}$/u);
    expect(one).not.toBe(two);
    expect(await strong.verify(goodPassword, one)).toBe(true);
    expect(await strong.verify(`${goodPassword}x`, one)).toBe(false);
    expect(await strong.verify(goodPassword, null)).toBe(false);
    expect([weak.isOutdated(one), strong.isOutdated(one)]).toEqual([false, true]);
    expect(await createPasswords({ random: systemRandom }).hash(goodPassword)).toMatch(
      /^scrypt\$15\$8\$3\$/u,
    );
  });
  test('is hashed anew at the sign-in when the parameters were raised', async () => {
    await world.person('elder');
    const old = await createPasswords({
      random: systemRandom,
      parameters: { log2n: 3, r: 8, p: 1 },
    }).hash(goodPassword);
    const { pool } = world.database;
    await pool.query("update identity_users set password = $1 where name = 'elder'", [old]);
    await world.identity.signIn.byPassword({
      name: 'elder',
      password: goodPassword,
      client: '198.51.100.200',
    });
    const { rows } = await pool.query("select password from identity_users where name = 'elder'");
    expect(rows[0].password).toMatch(/^scrypt\$4\$/u);
  });
  test('is hashed a few at a time, and too many at once are turned away', async () => {
    const few = createPasswords({
      random: systemRandom,
      parameters: { log2n: 10, r: 8, p: 1 },
      concurrency: 1,
      waiting: 3,
    });
    const ends = await Promise.allSettled(Array.from({ length: 6 }, () => few.hash('x')));
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(4);
    await expect(few.hash('x')).resolves.toBeDefined();
  });
});

describe('a token', () => {
  test('has a prefix, 256 bits and a checksum that finds any mistyped character', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.nat({ max: 52 }),
        fc.constantFrom(...'0Az_'),
        (bytes, at, letter) => {
          const secret = newTokenSecret(createRandom(() => Buffer.from(bytes)));
          expect(secret).toMatch(/^cms_[0-9A-Za-z]{49}$/u);
          expect(isTokenSecret(secret)).toBe(true);
          const typed = `${secret.slice(0, at)}${letter}${secret.slice(at + 1)}`;
          expect(isTokenSecret(typed)).toBe(typed === secret);
        },
      ),
    );
  });
  let owner: { readonly id: string; readonly name: string };
  let number = 0;
  beforeEach(async () => {
    number += 1;
    owner = await world.person(`owner${number}`, 'operator');
  });
  const make = () =>
    world.identity.tokens.create({
      userId: owner.id,
      name: 'ci',
      scopes: ['tasks:read'],
      expiresAt: new Date(world.clock.now().getTime() + 60 * minute),
      createdBy: 'test',
    });
  test('is in the database only as a hash', async () => {
    const { secret, line } = await make();
    const { rows } = await world.database.pool.query('select * from identity_tokens');
    const dump = JSON.stringify(rows);
    expect(dump).toContain(line.id);
    expect(dump).not.toContain(secret.slice(4, 47));
    for (const row of rows as Record<string, unknown>[])
      expect(await world.identity.tokens.owner(String(row['secret_hash']))).toBeNull();
  });
  test('names its owner with the roles of the moment, and notes its last use', async () => {
    const { secret, line } = await make();
    expect(await world.identity.tokens.owner(secret)).toMatchObject({
      name: owner.name,
      grants: [{ role: 'operator', repositories: null }],
      scopes: ['tasks:read'],
    });
    await world.identity.people.setGrants(owner.name, []);
    expect(await world.identity.tokens.owner(secret)).toMatchObject({ grants: [] });
    expect((await world.identity.tokens.get(line.id)).usedAt).not.toBeNull();
  });
  test.each(['revoked', 'expired', 'of a disabled account', 'of a removed account'])(
    'that is %s is refused',
    async (what) => {
      const { secret, line } = await make();
      expect(await world.identity.tokens.owner(secret)).not.toBeNull();
      if (what === 'revoked') await world.identity.tokens.revoke(line.id);
      if (what === 'expired') world.clock.advance(60 * minute);
      if (what === 'of a disabled account')
        await world.identity.people.setDisabled(owner.name, true);
      if (what === 'of a removed account') await world.identity.people.remove(owner.name);
      expect(await world.identity.tokens.owner(secret)).toBeNull();
    },
  );
});

describe('the administrators', () => {
  test('the last one can be neither disabled, demoted nor removed, not even two by each other at once', async () => {
    const only = await openIdentityWorld();
    try {
      const { people } = only.identity;
      await only.person('one', 'admin');
      const last = { code: 'last_admin' };
      await expect(people.setDisabled('one', true)).rejects.toMatchObject(last);
      await expect(people.setGrants('one', [])).rejects.toMatchObject(last);
      await expect(people.remove('one')).rejects.toMatchObject(last);
      await only.person('two', 'admin');
      const ends = await Promise.allSettled([people.remove('one'), people.remove('two')]);
      expect(ends.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
      expect(await people.list()).toHaveLength(1);
    } finally {
      await only.close();
    }
  });
  test('a name is given once, in whatever case, also after its account was removed', async () => {
    await world.person('Once');
    await expect(world.person('ONCE')).rejects.toMatchObject({ code: 'user_exists' });
    await world.identity.people.remove('once');
    await expect(world.person('once')).rejects.toMatchObject({ code: 'user_exists' });
    await expect(world.identity.people.get('once')).rejects.toMatchObject({ code: 'user_unknown' });
  });
});

describe('the first account', () => {
  test('is made with a link that is good once, for fifteen minutes, and only while there is none', async () => {
    const fresh = await openIdentityWorld();
    try {
      const { bootstrap, people } = fresh.identity;
      const tokenOf = (link: string): string => new URL(link).hash.slice('#token='.length);
      const refused = { code: 'bootstrap_refused' };
      const ask = (token: string, name = 'first') =>
        bootstrap.redeem({ token, name, password: goodPassword, client: '127.0.0.1' });
      const replaced = tokenOf((await bootstrap.link()).link);
      const late = tokenOf((await bootstrap.link()).link);
      await expect(ask(replaced)).rejects.toMatchObject(refused);
      await expect(ask('x'.repeat(43))).rejects.toMatchObject(refused);
      fresh.clock.advance(15 * minute);
      await expect(ask(late)).rejects.toMatchObject(refused);
      const token = tokenOf((await bootstrap.link()).link);
      expect(Buffer.from(token, 'base64url')).toHaveLength(32);
      const { rows } = await fresh.database.pool.query('select * from identity_bootstrap');
      expect(JSON.stringify(rows)).not.toContain(token);
      await expect(
        bootstrap.redeem({ token, name: 'first', password: 'password1234', client: 'x' }),
      ).rejects.toMatchObject({ code: 'password_weak' });
      const ends = await Promise.allSettled([
        ask(token),
        ask(token, 'second'),
        ask(token, 'third'),
      ]);
      expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(await people.list()).toMatchObject([{ grants: [{ role: 'admin' }] }]);
      await expect(ask(token)).rejects.toMatchObject(refused);
      await expect(bootstrap.link()).rejects.toMatchObject({ code: 'already_bootstrapped' });
    } finally {
      await fresh.close();
    }
  });
});

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8:1:2::', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['local', 'local'],
])('the address %s is counted as %s', (address, key) => {
  expect(clientKey(address)).toBe(key);
});

test('what has ended is forgotten', async () => {
  const client = '198.51.100.222';
  await world.person('sweeper');
  const { session } = await world.identity.signIn.byPassword({
    name: 'sweeper',
    password: goodPassword,
    client,
  });
  await world.identity.passkeys.beginProof();
  await world.identity.signIn
    .byPassword({ name: 'sweeper', password: 'wrong', client })
    .catch(() => undefined);
  world.clock.advance(800 * minute);
  await world.identity.sweep();
  const count = async (table: string): Promise<unknown> =>
    (await world.database.pool.query(`select count(*)::int as n from ${table}`)).rows[0].n;
  expect(await world.identity.sessions.owner(session.secret)).toBeNull();
  for (const table of ['identity_sessions', 'identity_challenges', 'identity_attempts'])
    expect([table, await count(table)]).toEqual([table, 0]);
});
