import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { oneToken } from '../../../test/support/github-access.ts';
import {
  createGithubEmulator,
  type GithubEmulator,
} from '../../../test/support/github-emulator/emulator.ts';
import { createSkippingClock } from '../../../test/support/skipping-clock.ts';
import type { CodeHost, HostWrite } from '../../domain/ports/code-host.ts';
import { systemClock } from '../../lib/clock.ts';
import { systemRandom } from '../../lib/random.ts';
import { judgeSendError } from '../../platform/effects/judge-send-error.ts';
import { suiteMarkers } from '../code-host.suite.ts';
import { createMemoryEtagStore } from './etag-store.ts';
import { createGithubHost, type GithubHostDeps } from './github-host.ts';
import { createGovernor } from './governor/governor.ts';
import { createMemoryGovernorState } from './governor/governor-state.ts';

const cleanUp: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const act of cleanUp.splice(0)) await act();
});

const widgets = { host: 'github', name: 'acme/widgets' } as const;

function hostAt(
  apiUrl: string,
  { token = 'token-svc-bot', ...more }: Partial<GithubHostDeps> & { token?: string } = {},
): CodeHost {
  const clock = more.clock ?? createSkippingClock();
  const random = systemRandom;
  const state = createMemoryGovernorState();
  const governor = createGovernor({ credential: 'test', state, clock, random });
  return createGithubHost({
    apiUrl,
    serverUrl: 'http://127.0.0.1:1',
    access: oneToken(governor, async () => token),
    etags: createMemoryEtagStore(),
    clock,
    random,
    markers: suiteMarkers,
    git: { push: async () => 'pushed', remoteRef: async () => null },
    ...more,
  });
}

async function openEmulator(): Promise<GithubEmulator> {
  const emulator = await createGithubEmulator();
  cleanUp.push(async () => emulator.close());
  emulator.addUser('svc-bot');
  await emulator.addRepository({
    fullName: 'acme/widgets',
    files: { 'a.txt': 'a\n' },
    roles: { 'svc-bot': 'write', ann: 'write', tim: 'triage' },
  });
  return emulator;
}

/** A server of our own for answers that no GitHub gives; answers its address. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUp.push(async () => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const newIssue = (intentId = 'i1'): HostWrite => ({
  kind: 'create_issue',
  repository: widgets,
  payload: { title: 'T', body: 'B', labels: [] },
  marker: suiteMarkers.make({ intentId, fingerprint: 'f', repositoryKey: 'github:acme/widgets' }),
  since: new Date(),
});

test.each([
  { kind: 'reset-after' },
  { kind: 'hang-after' },
  { kind: 'status', status: 502, afterEffect: true },
  { kind: 'garbage' },
  { kind: 'html' },
  { kind: 'truncate' },
] as const)('after $kind the write is found instead of being made again', async (fault) => {
  const emulator = await openEmulator();
  const brief = { connectMs: 3000, firstByteMs: 500, totalMs: 5000 };
  const sender = hostAt(emulator.apiUrl, fault.kind === 'hang-after' ? { deadlines: brief } : {});
  const host = hostAt(emulator.apiUrl);
  const write = newIssue();
  emulator.faults.add({ ...fault, match: { method: 'POST', path: /\/issues$/u } });
  await expect(sender.send(write)).rejects.toMatchObject({ kind: 'unknown_outcome' });
  expect(await host.find(write)).toMatchObject({ number: 1, adopted: true });
  expect(emulator.issues('acme/widgets')).toHaveLength(1);
  expect(emulator.journal.duplicates()).toEqual([]);
});

test('a write that never arrived is not found', async () => {
  const emulator = await openEmulator();
  const host = hostAt(emulator.apiUrl);
  emulator.faults.add({ kind: 'reset-before', match: { method: 'POST' } });
  await expect(host.send(newIssue())).rejects.toMatchObject({ kind: 'unknown_outcome' });
  expect(await host.find(newIssue())).toBeNull();
});

test('a marker that somebody else copied is not ours', async () => {
  const emulator = await openEmulator();
  emulator.as('ann').openIssue('acme/widgets', { title: 'T', body: newIssue().marker });
  expect(await hostAt(emulator.apiUrl).find(newIssue())).toBeNull();
});

test('a marker behind a hundred other issues is found through all pages', async () => {
  const emulator = await openEmulator();
  const host = hostAt(emulator.apiUrl);
  await host.send(newIssue('first'));
  for (let n = 0; n < 120; n += 1) emulator.as('svc-bot').openIssue('acme/widgets', { title: 'T' });
  expect(await host.find(newIssue('first'))).toMatchObject({ number: 1 });
  expect(emulator.journal.violations().filter((one) => one.rule === 'page-not-from-link')).toEqual(
    [],
  );
});

test('a write to where nothing listens was certainly not made', async () => {
  const nobody = await serve(() => undefined);
  await cleanUp.pop()?.();
  const host = hostAt(nobody);
  await expect(host.send(newIssue())).rejects.toMatchObject({
    kind: 'unavailable',
    code: 'github_unreachable',
  });
});

test('reads are tried again, and a lasting failure says what GitHub said', async () => {
  const emulator = await openEmulator();
  const host = hostAt(emulator.apiUrl);
  emulator.faults.add({ kind: 'status', status: 502, match: { method: 'GET', times: 2 } });
  expect((await host.repository(widgets)).defaultBranch).toBe('main');
  emulator.faults.add({ kind: 'status', status: 503, match: { method: 'GET', times: 3 } });
  await expect(host.self()).rejects.toMatchObject({
    kind: 'unavailable',
    code: 'github_server_error',
    details: { upstreamStatus: 503 },
  });
});

test('an unchanged repository costs one conditional request and no charge', async () => {
  const emulator = await openEmulator();
  const host = hostAt(emulator.apiUrl);
  const first = await host.head(widgets, 'main', null);
  const sha = first.changed ? first.sha : '';
  const before = emulator.journal.entries.length;
  expect(await host.head(widgets, 'main', sha)).toEqual({ changed: false });
  const more = emulator.journal.entries.slice(before);
  expect(more).toMatchObject([{ status: 304, charged: false }]);
});

test('equal reads at the same time are one request', async () => {
  const emulator = await openEmulator();
  const host = hostAt(emulator.apiUrl);
  await Promise.all(Array.from({ length: 8 }, async () => host.repository(widgets)));
  expect(emulator.journal.entries).toHaveLength(1);
});

test('a renamed repository is recognised', async () => {
  const emulator = await openEmulator();
  emulator.renameRepository('acme/widgets', 'acme/gadgets');
  const found = await hostAt(emulator.apiUrl).repository(widgets);
  expect(found.ref).toEqual({ host: 'github', name: 'acme/gadgets' });
});

test('a renamed repository takes writes, a transferred issue does not', async () => {
  const emulator = await openEmulator();
  await emulator.addRepository({
    fullName: 'acme/other',
    roles: { 'svc-bot': 'write', ann: 'write' },
  });
  const host = hostAt(emulator.apiUrl);
  await host.send(newIssue());
  emulator.renameRepository('acme/widgets', 'acme/gadgets');
  const close = { kind: 'set_issue_state', payload: { number: 1, state: 'closed' } } as const;
  expect(await host.send({ ...newIssue(), ...close })).toMatchObject({ number: 1 });
  emulator.as('ann').openIssue('acme/other', { title: 'takes number 1' });
  emulator.transferIssue('acme/gadgets', 1, 'acme/other');
  const reopen = { kind: 'set_issue_state', payload: { number: 1, state: 'open' } } as const;
  await expect(host.send({ ...newIssue(), ...reopen })).rejects.toMatchObject({
    code: 'github_moved',
  });
  expect(await host.issue(widgets, 1)).toBeNull();
  expect(await host.issuePlace(widgets, 1)).toEqual({ kind: 'moved', to: 'acme/other#2' });
  expect(await host.issuePlace(widgets, 9)).toEqual({ kind: 'gone' });
});

test('a transferred issue is told from its repository under a new name, and from a place that we may not see', async () => {
  const emulator = await openEmulator();
  const people = { ann: 'write' } as const;
  await emulator.addRepository({ fullName: 'acme/open', roles: { 'svc-bot': 'read', ...people } });
  await emulator.addRepository({ fullName: 'acme/closed', private: true, roles: people });
  const host = hostAt(emulator.apiUrl);
  for (const id of ['a', 'b', 'c']) await host.send(newIssue(id));
  emulator.transferIssue('acme/widgets', 1, 'acme/open');
  emulator.transferIssue('acme/widgets', 2, 'acme/closed');
  emulator.renameRepository('acme/widgets', 'acme/gadgets');
  // Number 1 again, but in another repository.
  expect(await host.issue(widgets, 1)).toBeNull();
  expect(await host.issuePlace(widgets, 1)).toEqual({ kind: 'moved', to: 'acme/open#1' });
  expect(await host.issuePlace(widgets, 2)).toEqual({ kind: 'moved', to: null });
  expect(await host.issue(widgets, 2)).toBeNull();
  expect(await host.issuePlace(widgets, 3)).toEqual({ kind: 'here' });
  expect(await host.issue(widgets, 3)).toMatchObject({ number: 3 });
  const comment = { kind: 'comment', payload: { number: 1, body: 'Hello.' } } as const;
  const error: unknown = await host
    .send({ ...newIssue('d'), ...comment })
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'github_moved' });
  expect(judgeSendError(error)).toBe('refused');
});

test('a comment on a locked conversation is refused for good, and says so', async () => {
  const address = await serve((_request, response) => {
    response.writeHead(403, { 'content-type': 'application/json' });
    response.end('{"message":"Unable to create comment because issue is locked."}');
  });
  const comment = { kind: 'comment', payload: { number: 1, body: 'Hello.' } } as const;
  const error: unknown = await hostAt(address)
    .send({ ...newIssue(), ...comment })
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'github_locked' });
  expect(judgeSendError(error)).toBe('refused');
});

test('triage is told from write', async () => {
  const emulator = await openEmulator();
  const host = hostAt(emulator.apiUrl);
  expect(await host.roleOf(widgets, 'tim')).toBe('triage');
  expect(await host.roleOf(widgets, 'ghost')).toBe('none');
});

test('a pattern stands for the repositories of an owner', async () => {
  const emulator = await openEmulator();
  await emulator.addRepository({ fullName: 'acme/old-one', roles: { 'svc-bot': 'write' } });
  const found = await hostAt(emulator.apiUrl).expand('acme/w*');
  expect(found).toEqual([widgets]);
});

test('a refused token says what to do', async () => {
  const emulator = await openEmulator();
  const host = hostAt(emulator.apiUrl, { token: 'wrong' });
  await expect(host.self()).rejects.toMatchObject({
    kind: 'unauthenticated',
    code: 'github_authentication',
    next: expect.stringContaining('GITHUB_TOKEN'),
  });
  expect(emulator.journal.entries).toHaveLength(1);
});

test.each([
  { status: 401, message: 'Bad credentials' },
  { status: 403, message: 'Bad credentials' },
  { status: 403, message: 'Sorry. Your account was suspended' },
])('a write refused with $status "$message" was not made and may be sent again', async (said) => {
  const address = await serve((_request, response) => {
    response.writeHead(said.status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ message: said.message }));
  });
  const error: unknown = await hostAt(address)
    .send(newIssue())
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'github_authentication', next: expect.any(String) });
  expect(judgeSendError(error)).toBe('not_sent');
});

test('a sender that lost its lease sends nothing', async () => {
  const emulator = await openEmulator();
  const host = hostAt(emulator.apiUrl);
  const write = { ...newIssue(), stillOurs: () => false };
  await expect(host.send(write)).rejects.toMatchObject({ code: 'effect_lease_lost' });
  expect(emulator.journal.entries).toEqual([]);
});

test('on a real clock GitHub sees no broken rule', async () => {
  const emulator = await openEmulator();
  const host = hostAt(emulator.apiUrl, { clock: systemClock });
  emulator.faults.add({ kind: 'retry-after', retryAfterSeconds: 1, match: { method: 'POST' } });
  await Promise.all(['a', 'b'].map(async (id) => host.send(newIssue(id))));
  expect(emulator.issues('acme/widgets')).toHaveLength(2);
  expect(emulator.journal.violations()).toEqual([]);
  expect(emulator.contractViolations).toEqual([]);
});

const redirects = [301, 302, 303, 307, 308];
const waysAway = ['another port', 'another name', 'over a hop at home', 'with a user'] as const;

test.each(redirects.flatMap((status) => waysAway.map((way) => [status, way] as const)))(
  'the credential is not sent to another host by an answer of %i: %s',
  async (status, way) => {
    const seen: (string | undefined)[] = [];
    const other = await serve((request, response) => {
      seen.push(request.headers.authorization);
      response.setHeader('content-type', 'application/json').end('{"login":"elsewhere"}');
    });
    const { port } = new URL(other);
    const locations = {
      'another port': `${other}/user`,
      'another name': `http://localhost:${port}/user`,
      'over a hop at home': '/hop',
      'with a user': `http://token:word@127.0.0.1:${port}/user`,
    };
    const home = await serve((request, response) => {
      const location = request.url === '/hop' ? `${other}/user` : locations[way];
      response.writeHead(status, { location }).end();
    });
    const self = await hostAt(home)
      .self()
      .catch(() => 'refused');
    if (way !== 'with a user') expect(self).toBe('elsewhere');
    expect(seen.filter((sent) => sent !== undefined)).toEqual([]);
  },
);

test('a write is not carried to another host', async () => {
  let arrived = 0;
  const other = await serve((_request, response) => {
    arrived += 1;
    response.end('{}');
  });
  const home = await serve((_request, response) => {
    response.writeHead(307, { location: `${other}/x` }).end();
  });
  await expect(hostAt(home).send(newIssue())).rejects.toMatchObject({ code: 'github_redirect' });
  expect(arrived).toBe(0);
});

test.each(redirects)('a read goes on over five answers of %i and no more', async (status) => {
  let hops = 5;
  const asked = new Set<number>();
  const home = await serve((request, response) => {
    const hop = Number(/\d*$/u.exec(request.url ?? '')?.[0] ?? 0);
    asked.add(hop);
    if (hop < hops) return void response.writeHead(status, { location: `/user/${hop + 1}` }).end();
    response.setHeader('content-type', 'application/json').end('{"login":"there"}');
  });
  expect(await hostAt(home).self()).toBe('there');
  hops = 6;
  await expect(hostAt(home).self()).rejects.toMatchObject({ code: 'github_redirect' });
  expect([...asked]).toEqual([0, 1, 2, 3, 4, 5]);
});

test('redirects in a circle and lists in a circle end', async () => {
  const around = await serve((_request, response) => {
    response.writeHead(302, { location: '/user' }).end();
  });
  await expect(hostAt(around).self()).rejects.toMatchObject({ code: 'github_redirect' });
  const list = await serve((request, response) => {
    const link = `<http://${request.headers.host ?? ''}${request.url ?? ''}>; rel="next"`;
    response.writeHead(200, { 'content-type': 'application/json', link }).end('[]');
  });
  await expect(hostAt(list).issues(widgets, { state: 'all' })).rejects.toMatchObject({
    code: 'github_endless_list',
  });
});

test('an answer without end is cut', async () => {
  const chunk = Buffer.alloc(1_048_576, 0x20);
  const endless = await serve((_request, response) => {
    const more = (): void => {
      while (!response.destroyed && response.write(chunk));
    };
    response.on('drain', more).on('error', () => undefined);
    more();
  });
  await expect(hostAt(endless).self()).rejects.toMatchObject({ code: 'github_no_answer' });
});

test('git gets its credential by environment, bound to the server', async () => {
  const host = hostAt('http://127.0.0.1:9', { serverUrl: 'https://git.example/' });
  const { url, env } = await host.remote(widgets);
  expect(url).toBe('https://git.example/acme/widgets.git');
  expect(env).toMatchObject({
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'http.https://git.example/.extraHeader',
  });
  const value = env['GIT_CONFIG_VALUE_0']?.replace('Authorization: Basic ', '') ?? '';
  expect(Buffer.from(value, 'base64').toString()).toBe('x-access-token:token-svc-bot');
});
