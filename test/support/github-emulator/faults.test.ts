import { afterEach, beforeEach, expect, test } from 'vitest';
import { createGithubEmulator, type GithubEmulator } from './emulator.ts';
import { createRequester, type Requester } from './requester.ts';

let emulator: GithubEmulator;
let bot: Requester;
const issues = '/repos/acme/manager/issues';

beforeEach(async () => {
  emulator = await createGithubEmulator();
  await emulator.addRepository({ fullName: 'acme/manager', roles: { bot: 'write' } });
  bot = createRequester(emulator.apiUrl, 'token-bot');
});
afterEach(() => emulator.close());

const count = (): number => emulator.issues('acme/manager').length;
const post = { method: 'POST', path: issues };

test('a reset before the effect loses the request, one after it only the answer', async () => {
  emulator.faults.add({ kind: 'reset-before', match: post });
  emulator.faults.add({ kind: 'reset-after', match: post });
  await expect(bot.post(issues, { title: 'x' })).rejects.toThrow();
  expect(count()).toBe(0);
  await expect(bot.post(issues, { title: 'x' })).rejects.toThrow();
  expect(count()).toBe(1);
  expect(await bot.post(issues, { title: 'x' })).toMatchObject({ status: 201 });
  expect(emulator.journal.entries.map(({ status, fault }) => [status, fault])).toEqual([
    [0, 'reset-before'],
    [0, 'reset-after'],
    [201, null],
  ]);
});

test('a hanging request is never answered, before or after the effect', async () => {
  emulator.faults.add({ kind: 'hang-before', match: post });
  emulator.faults.add({ kind: 'hang-after', match: post });
  for (const expected of [0, 1]) {
    const signal = AbortSignal.timeout(300);
    const headers = { authorization: 'Bearer token-bot' };
    const body = JSON.stringify({ title: 'x' });
    const asked = fetch(emulator.apiUrl + issues, { method: 'POST', headers, body, signal });
    await expect(asked).rejects.toThrow();
    expect(count()).toBe(expected);
  }
});

test('a status stands in for the answer, with or without the effect', async () => {
  emulator.faults.add({ kind: 'status', status: 503, match: post });
  emulator.faults.add({ kind: 'status', afterEffect: true, match: post });
  expect(await bot.post(issues, { title: 'x' })).toMatchObject({ status: 503 });
  expect(count()).toBe(0);
  expect(await bot.post(issues, { title: 'x' })).toMatchObject({ status: 502 });
  expect(count()).toBe(1);
});

test('garbage, a page of HTML and half an answer come after the effect', async () => {
  for (const kind of ['garbage', 'html', 'truncate'] as const) {
    emulator.faults.add({ kind, match: post });
    await expect(bot.post(issues, { title: kind })).rejects.toThrow();
  }
  expect(count()).toBe(3);
});

test('the nth match fails, as often as it should', async () => {
  emulator.faults.add({ kind: 'status', match: { path: /\/issues\?/, nth: 2, times: 2 } });
  const statuses: number[] = [];
  for (let at = 0; at < 4; at += 1) statuses.push((await bot.get(`${issues}?page=1`)).status);
  expect(statuses).toEqual([200, 502, 502, 200]);
});

test('who is told to wait and asks again is refused and noted, unless it was on its way', async () => {
  emulator.faults.add({ kind: 'retry-after', retryAfterSeconds: 30 });
  const told = await bot.get(issues);
  expect(told.status).toBe(429);
  expect(told.headers.get('retry-after')).toBe('30');
  expect(await bot.get(issues)).toMatchObject({ status: 429 });
  expect(emulator.journal.violations({ onItsWayMs: 0 })).toMatchObject([
    { rule: 'asked-while-told-to-wait', user: 'bot' },
  ]);
  expect(emulator.journal.violations({ onItsWayMs: 60_000 })).toEqual([]);
});

test('a used-up primary limit refuses until its reset', async () => {
  emulator.faults.add({ kind: 'primary-limit', retryAfterSeconds: 1 });
  const refused = await bot.get(issues);
  expect(refused.status).toBe(403);
  expect(refused.headers.get('x-ratelimit-remaining')).toBe('0');
  expect(Number(refused.headers.get('x-ratelimit-reset'))).toBeGreaterThan(Date.now() / 1000);
  await expect
    .poll(async () => (await bot.get('/rate_limit')).body, { timeout: 60_000 })
    .toMatchObject({
      rate: { used: 0 },
    });
  expect(await bot.get(issues)).toMatchObject({ status: 200 });
});

test('a token that used its hour is refused', async () => {
  const small = await createGithubEmulator({ rateLimit: 2 });
  small.addUser('ann');
  const ann = createRequester(small.apiUrl, 'token-ann');
  const statuses = [await ann.get('/user'), await ann.get('/user'), await ann.get('/user')];
  await small.close();
  expect(statuses.map(({ status }) => status)).toEqual([200, 200, 403]);
});

test('a random mix is the same for the same seed', async () => {
  const strike = (): (string | undefined)[] => {
    emulator.faults.random({ seed: 42, rate: 0.3 });
    return Array.from({ length: 200 }, () => emulator.faults.take('GET', '/user')?.kind);
  };
  const once = strike();
  expect(once.filter((kind) => kind !== undefined).length).toBeGreaterThan(30);
  expect(strike()).toEqual(once);
  emulator.faults.clear();
  expect(emulator.faults.take('GET', '/user')).toBeUndefined();
});
