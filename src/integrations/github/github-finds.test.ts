import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { githubAt } from '../../../test/support/github-at.ts';
import { createMarkers } from '../../platform/effects/markers.ts';
import { suiteMarkers } from '../code-host.suite.ts';

const bot = { login: 'svc-bot', id: 5, type: 'User' };
const stranger = { login: 'mallory', id: 6, type: 'User' };
const about = { intentId: 'intent-1', fingerprint: 'f00d', repositoryKey: 'github:acme/widgets' };
const marker = suiteMarkers.make(about);
const forged = createMarkers(Buffer.alloc(32, 99)).make(about);

/** What the server lists, whole; handed out a hundred at a time. */
let listed: readonly Record<string, unknown>[] = [];
let pages = 0;
let url = '';
const server = createServer((request, response) => {
  const asked = new URL(request.url ?? '/', url);
  const json = { 'content-type': 'application/json' };
  if (asked.pathname === '/user') {
    response.writeHead(200, json).end(JSON.stringify(bot));
    return;
  }
  pages += 1;
  const after = Number(asked.searchParams.get('after') ?? '0');
  const next = new URL(asked);
  next.searchParams.set('after', String(after + 100));
  const link = after + 100 < listed.length ? { link: `<${next.href}>; rel="next"` } : {};
  const page = listed.slice(after, after + 100);
  response.writeHead(200, { ...json, ...link }).end(JSON.stringify(page));
});
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function find(kind: 'create_issue' | 'comment') {
  const payload =
    kind === 'comment' ? { number: 3, body: 'Done.' } : { title: 'T', body: 'B', labels: [] };
  return githubAt(url).find({
    kind,
    repository: { host: 'github', name: 'acme/widgets' },
    payload,
    marker,
    since: new Date(0),
  });
}

function thing(number: number, body: string, user = bot): Record<string, unknown> {
  const at = '2026-01-02T03:04:05Z';
  const html_url = `https://github.example/acme/widgets/issues/${number}`;
  const of = { state: 'open', state_reason: null, labels: [], locked: false, title: 'T' };
  return { id: number, number, body, user, html_url, created_at: at, updated_at: at, ...of };
}

const others = (count: number): Record<string, unknown>[] =>
  Array.from({ length: count }, (_, index) => thing(index + 1, 'Something else.', stranger));

describe.each(['create_issue', 'comment'] as const)('what %s made', (kind) => {
  test.each([1, 100, 101, 5000])('is found at place %i of the list', async (place) => {
    listed = [...others(place - 1), thing(place, `Words.\n${marker}`), ...others(20)];
    pages = 0;
    const at = { url: `https://github.example/acme/widgets/issues/${place}`, adopted: true };
    expect(await find(kind)).toMatchObject(at);
    expect(pages).toBe(Math.ceil(listed.length / 100));
  });

  test('is found though people wrote round its marker', async () => {
    const edited = `New words by a person.\r\n\r\n> quoted ${marker} and more\n\n- [ ] a list`;
    listed = [...others(3), thing(4, edited)];
    expect(await find(kind)).toMatchObject({ adopted: true });
  });

  test('is not found where a person deleted it, nor in what others made to look like it', async () => {
    listed = others(101);
    expect(await find(kind)).toBeNull();
    const elsewhere = suiteMarkers.make({ ...about, repositoryKey: 'github:acme/other' });
    const another = suiteMarkers.make({ ...about, intentId: 'intent-2' });
    listed = [
      ...Array.from({ length: 25 }, (_, index) => thing(index + 1, marker, stranger)),
      ...Array.from({ length: 25 }, (_, index) => thing(index + 30, forged)),
      thing(60, elsewhere),
      thing(61, another),
      thing(62, marker.replace('f00d', 'beef')),
    ];
    expect(await find(kind)).toBeNull();
  });
});
