import { afterEach, expect, test } from 'vitest';
import { oneToken } from '../../../test/support/github-access.ts';
import { createHookServer, type HookServer } from '../../../test/support/hook-server.ts';
import { createSkippingClock } from '../../../test/support/skipping-clock.ts';
import { systemRandom } from '../../lib/random.ts';
import { createMemoryEtagStore } from './etag-store.ts';
import { createExchange, usualDeadlines } from './exchange.ts';
import { createGithubClient } from './github-client.ts';
import { createGovernor } from './governor/governor.ts';
import { createMemoryGovernorState } from './governor/governor-state.ts';
import { createGithubHooks, type GithubHooks } from './hooks.ts';

let github: HookServer;
afterEach(async () => await github.close());

async function openHooks(): Promise<GithubHooks> {
  github = await createHookServer();
  const deps = { clock: createSkippingClock(), random: systemRandom };
  const state = createMemoryGovernorState();
  const governor = createGovernor({ credential: 'test', state, ...deps });
  const client = createGithubClient({
    ...deps,
    apiUrl: github.apiUrl,
    access: oneToken(governor, async () => 'token'),
    etags: createMemoryEtagStore(),
    exchange: createExchange(usualDeadlines),
  });
  return createGithubHooks(client);
}

test('of 1,000 deliveries the 100 that nobody took are asked for again, each once, and no others', async () => {
  const hooks = await openHooks();
  const now = Date.now();
  const missed = new Set<number>();
  for (let id = 1; id <= 1000; id += 1) {
    const isMissed = id % 10 === 3;
    if (isMissed) missed.add(id);
    github.deliveries.push({
      id,
      guid: `delivery-${id}`,
      status_code: isMissed ? ([500, 502, 0, 503][id % 4] ?? 500) : 202,
      delivered_at: new Date(now - id * 60_000).toISOString(),
    });
  }
  // One that GitHub tried again by hand and that was taken then, and one that it does not keep any more.
  github.deliveries.push(
    { id: 2001, guid: 'again', status_code: 504, delivered_at: new Date(now).toISOString() },
    { id: 2002, guid: 'again', status_code: 202, delivered_at: new Date(now).toISOString() },
    { id: 2003, guid: 'old', status_code: 500, delivered_at: '2026-01-01T00:00:00Z' },
  );
  const since = new Date(now - 3 * 86_400_000);
  expect(await hooks.redeliverFailed('acme/manager', 1, since)).toBe(100);
  expect(github.redelivered.toSorted((a, b) => a - b)).toEqual([...missed]);
  expect(github.pagesAsked).toBe(11);
}, 420_000);
