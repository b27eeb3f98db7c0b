import { expect, test } from 'vitest';
import { z } from 'zod';
import { oneToken } from '../../../test/support/github-access.ts';
import { createSkippingClock } from '../../../test/support/skipping-clock.ts';
import { collectGarbage } from '../../lib/collect-garbage.ts';
import { systemRandom } from '../../lib/random.ts';
import { createMemoryEtagStore } from './etag-store.ts';
import type { Exchange } from './exchange.ts';
import { createGithubClient } from './github-client.ts';
import type { Governor } from './governor/governor.ts';
import { Issue } from './schemas.ts';

const apiUrl = 'http://github.example';
const governor: Governor = {
  run: async (_demand, exchange) => await exchange(),
  hold: async (_demand, work) => await work(),
};

function clientOf(exchange: Exchange) {
  return createGithubClient({
    apiUrl,
    access: oneToken(governor, async () => 'token'),
    etags: createMemoryEtagStore(),
    exchange,
    clock: createSkippingClock(),
    random: systemRandom,
  });
}

/** A list whose pages are what `linkOf` says of the nth, from 0; answers what was asked for. */
function pages(linkOf: (n: number) => string | null, items: readonly unknown[] = [1, 2, 3]) {
  const asked: string[] = [];
  const client = clientOf(async ({ url }) => {
    const link = linkOf(asked.length);
    asked.push(url);
    const headers = { 'content-type': 'application/json', ...(link === null ? {} : { link }) };
    return { status: 200, headers, text: JSON.stringify(items) };
  });
  const list = async () => await client.list('/things', z.unknown(), { lane: 'follow' });
  return { asked, list };
}
const next = (place: string): string => `<${apiUrl}${place}>; rel="next"`;

test('a full page that names no next one is the last: no address of a page is ever made up', async () => {
  const { asked, list } = pages(
    () => `<${apiUrl}/things?page=9>; rel="last", <${apiUrl}/things?page=1>; rel="first"`,
    Array.from({ length: 100 }, (_, n) => n),
  );
  expect(await list()).toHaveLength(100);
  expect(asked).toEqual([`${apiUrl}/things?per_page=100`]);
});

test('the address of a next page is asked for as it was told, whatever it looks like', async () => {
  const places = [
    '/repositories/7/things?cursor=Y3Vyc29yOnYyOpHOAAE%3D&per_page=30',
    '/else?after=z',
  ];
  const { asked, list } = pages((n) => (places[n] === undefined ? null : next(places[n])), ['one']);
  expect(await list()).toHaveLength(3);
  expect(asked.slice(1)).toEqual(places.map((place) => `${apiUrl}${place}`));
});

test('a list of a thousand pages is read, and one more page ends it with an error', async () => {
  const whole = pages((n) => (n < 999 ? next(`/things?page=${n + 2}`) : null));
  expect(await whole.list()).toHaveLength(3000);
  const endless = pages((n) => next(`/things?page=${n + 2}`));
  await expect(endless.list()).rejects.toMatchObject({
    kind: 'unavailable',
    code: 'github_endless_list',
  });
  expect([whole.asked.length, endless.asked.length]).toEqual([1000, 1000]);
});

test('a list that comes back to a page it had ends with an error, before that page is asked for again', async () => {
  const { asked, list } = pages((n) => next(`/things?page=${(n % 3) + 2}`));
  await expect(list()).rejects.toMatchObject({ code: 'github_endless_list' });
  expect(asked).toHaveLength(4);
});

/** 100,000 by hand, to read off how memory grows: `LIST_ITEMS=100000 npx vitest run src/integrations/github/paging.test.ts`. */
const listed = Number(process.env['LIST_ITEMS'] ?? 2000);

test('of a list that is looked through nothing is held but what is looked for', {
  timeout: 600_000,
}, async () => {
  const size = 100;
  const client = clientOf(async ({ url }) => {
    const page = Number(new URL(url).searchParams.get('page') ?? '1');
    const from = (page - 1) * size;
    const text = JSON.stringify(Array.from({ length: size }, (_, n) => issueOf(from + n + 1)));
    const link = from + size < listed ? { link: next(`/things?page=${page + 1}`) } : {};
    return { status: 200, headers: { 'content-type': 'application/json', ...link }, text };
  });
  const inUse = (): number => {
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  const before = inUse();
  const options = { lane: 'follow', fresh: true } as const;
  let seen = 0;
  let mostMb = 0;
  const found = await client.list('/things', Issue, options, ({ number }) => {
    seen += 1;
    if (seen % 10_000 === 0) mostMb = Math.max(mostMb, (inUse() - before) / 2 ** 20);
    return number % 1000 === 0 ? number : null;
  });
  if (listed > 2000)
    process.stdout.write(`${seen} issues looked through: ${mostMb.toFixed(1)} MB\n`);
  expect(seen).toBe(listed);
  expect(found).toEqual(Array.from({ length: listed / 1000 }, (_, n) => (n + 1) * 1000));
  expect(mostMb).toBeLessThan(50);
});

/** As GitHub answers it, with much that nobody reads. */
function issueOf(number: number): object {
  const account = { login: 'somebody', id: 7, type: 'User', site_admin: false, url: `${apiUrl}/u` };
  return {
    id: 10_000 + number,
    number,
    title: `Something is wrong with part ${number}`,
    body: 'It does not do what it should.',
    state: 'open',
    state_reason: null,
    user: account,
    assignees: [account, account],
    labels: [{ id: 1, name: 'bug', color: 'ff0000', description: 'Something is not working' }],
    html_url: `https://github.example/acme/widgets/issues/${number}`,
    created_at: '2026-03-02T10:00:00Z',
    updated_at: '2026-03-02T10:00:00Z',
    locked: false,
    reactions: { total_count: 0, '+1': 0, '-1': 0, laugh: 0, hooray: 0, confused: 0 },
  };
}
