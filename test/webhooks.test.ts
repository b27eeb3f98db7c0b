import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createGithubLoop, type GithubLoop, manager, token } from './support/github-loop.ts';
import { type RunningService, startService } from './support/running-service.ts';
import { deliver, signDelivery } from './support/sign-delivery.ts';

const secret = 'a secret between GitHub and us';
const open: { close: () => Promise<void> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close();
});

/** A service that looks by itself only once, so that whatever happens later came by a delivery. */
async function createPlace(
  env: Readonly<Record<string, string>> = {},
): Promise<{ loop: GithubLoop; start: () => Promise<RunningService> }> {
  const loop = await createGithubLoop({
    targets: { widgets: { 'a.ts': '// TODO: close the file\nopen();\n' } },
    env: { GITHUB_WEBHOOK_SECRET: secret, CLAUDE_MANAGER_GITHUB_POLL_SECONDS: '86400', ...env },
  });
  open.push(loop);
  return {
    loop,
    start: async () => {
      const service = await startService(loop.service);
      open.push({ close: async () => void (await service.stop()) });
      return service;
    },
  };
}

function labeled(number: number): object {
  return {
    action: 'labeled',
    issue: { number },
    repository: { full_name: manager, default_branch: 'main' },
  };
}

async function query<T extends object>(loop: GithubLoop, text: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: loop.service.env['DATABASE_URL'] });
  await client.connect();
  try {
    return (await client.query<T>(text)).rows;
  } finally {
    await client.end();
  }
}

describe('deliveries from GitHub', { timeout: 180_000 }, () => {
  test('a label that a delivery tells of starts the work without a poll, and a comment with our token is an incident', async () => {
    const { loop, start } = await createPlace();
    const service = await start();
    await vi.waitFor(() => expect(loop.proposals()).toHaveLength(1), { timeout: 120_000 });
    const number = loop.proposals()[0]?.number ?? 0;
    loop.emulator.as('wendy').label(manager, number, 'approved-for-dev');
    expect(await deliver(service.address, signDelivery(secret, 'issues', labeled(number)))).toBe(
      202,
    );
    await vi.waitFor(() => expect(loop.pulls('acme/widgets')).toHaveLength(1), {
      timeout: 120_000,
    });
    const comment = { body: `used "${token}"`, html_url: 'https://github.test/acme/manager/1#c7' };
    const commented = { ...labeled(number), action: 'created', comment };
    const sent = signDelivery(secret, 'issue_comment', commented, 'with-our-token');
    expect(await deliver(service.address, sent)).toBe(202);
    await vi.waitFor(
      async () => {
        const rows = await query<{ facts: object }>(
          loop,
          "select body::jsonb->'facts' as facts from audit_entries where event = 'incident.secret_exposed'",
        );
        expect(rows.map(({ facts }) => facts)).toMatchObject([
          { place: comment.html_url, suspended: true },
        ]);
      },
      { timeout: 180_000 },
    );
  });

  test('what was answered before the process was killed is worked through by the next one', async () => {
    const { loop, start } = await createPlace();
    const first = await start();
    await vi.waitFor(() => expect(loop.proposals()).toHaveLength(1), { timeout: 120_000 });
    const number = loop.proposals()[0]?.number ?? 0;
    const sent = signDelivery(secret, 'issues', labeled(number), 'kept-over-a-kill');
    expect(await deliver(first.address, sent)).toBe(202);
    await first.kill();
    const rows = await query<{ id: string }>(loop, 'select id from inbox_deliveries');
    expect(rows).toEqual([{ id: 'kept-over-a-kill' }]);
    await start();
    await vi.waitFor(
      async () => {
        const states = await query(loop, 'select state from inbox_deliveries');
        expect(states).toEqual([{ state: 'done' }]);
      },
      { timeout: 120_000 },
    );
  });

  test('only what is signed over exactly these bytes is taken, and each delivery once', async () => {
    const { loop, start } = await createPlace();
    const { address } = await start();
    const good = signDelivery(secret, 'issues', labeled(1), 'one');
    const answers = await Promise.all(Array.from({ length: 8 }, () => deliver(address, good)));
    expect(new Set(answers)).toEqual(new Set([202]));
    expect(await deliver(address, signDelivery('another', 'issues', labeled(2), 'two'))).toBe(401);
    expect(await deliver(address, { ...good, body: `${good.body}\n` })).toBe(401);
    const { 'x-hub-signature-256': _gone, ...unsigned } = good.headers;
    expect(await deliver(address, { headers: unsigned, body: good.body })).toBe(401);
    const compressed = { ...good.headers, 'content-encoding': 'gzip' };
    expect(await deliver(address, { headers: compressed, body: good.body })).toBe(415);
    expect(await deliver(address, signDelivery(secret, 'issues', '{"broken', 'three'))).toBe(400);
    expect(await deliver(address, signDelivery(secret, 'made_up', { a: 1 }, 'four'))).toBe(202);
    const rows = await query<{ id: string }>(loop, 'select id from inbox_deliveries order by id');
    expect(rows.map(({ id }) => id)).toEqual(['four', 'one']);
    const forged = await query(loop, `select 1 from audit_entries where event = 'webhook.forged'`);
    expect(forged).toHaveLength(1);
  });

  test('who keeps forging is turned away while GitHub from the same address is not', async () => {
    const { start } = await createPlace();
    const { address } = await start();
    const forged = signDelivery('another', 'issues', labeled(1));
    const answers: number[] = [];
    for (let sent = 0; sent < 25; sent += 1) answers.push(await deliver(address, forged));
    expect(answers.filter((status) => status === 401)).toHaveLength(20);
    expect(answers.slice(20)).toEqual([429, 429, 429, 429, 429]);
    expect(await deliver(address, signDelivery(secret, 'issues', labeled(1)))).toBe(202);
  });

  test('where it is wanted, deliveries are taken only from the addresses that GitHub names', async () => {
    const { start } = await createPlace({
      CLAUDE_MANAGER_GITHUB_WEBHOOKS_ONLY_FROM_GITHUB: 'true',
      CLAUDE_MANAGER_SERVER_TRUSTED_PROXIES: '127.0.0.1',
    });
    const { address } = await start();
    const { headers, body } = signDelivery(secret, 'issues', labeled(1));
    const from = async (sender: string): Promise<number> =>
      await deliver(address, { headers: { ...headers, 'x-forwarded-for': sender }, body });
    expect(await from('192.0.2.7')).toBe(202);
    expect(await from('198.51.100.7')).toBe(403);
  });

  test("every example payload of GitHub's is accepted and worked through", async () => {
    const { loop, start } = await createPlace();
    const { address } = await start();
    const file = new URL(
      '../node_modules/@octokit/webhooks-examples/api.github.com/index.json',
      import.meta.url,
    );
    const events = JSON.parse(await readFile(file, 'utf8')) as {
      readonly name: string;
      readonly examples: readonly object[];
    }[];
    const all = events.flatMap(({ name, examples }) => examples.map((one) => ({ name, one })));
    expect(all.length).toBeGreaterThan(200);
    for (const { name, one } of all)
      expect([name, await deliver(address, signDelivery(secret, name, one))]).toEqual([name, 202]);
    await vi.waitFor(
      async () => {
        const rows = await query<{ state: string; count: number }>(
          loop,
          'select state, count(*)::int from inbox_deliveries group by state',
        );
        expect(rows).toEqual([{ state: 'done', count: all.length }]);
      },
      { timeout: 120_000 },
    );
  });
});
