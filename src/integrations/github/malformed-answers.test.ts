import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { githubAt } from '../../../test/support/github-at.ts';
import type { CodeHost, HostWrite } from '../../domain/ports/code-host.ts';
import type { AppError } from '../../lib/app-error.ts';
import { suiteMarkers } from '../code-host.suite.ts';

const widgets = { host: 'github', name: 'acme/widgets' } as const;
const issue = {
  id: 1_000_001,
  number: 17,
  title: 'Handle the empty list',
  body: 'In `src/a.ts`, line 3.',
  state: 'open',
  state_reason: null,
  user: { login: 'svc-bot', id: 5, type: 'User' },
  labels: [{ id: 3, name: 'task-proposal', color: 'ededed' }],
  html_url: 'https://github.example/acme/widgets/issues/17',
  created_at: '2026-01-02T03:04:05Z',
  updated_at: '2026-01-02T03:04:06Z',
  locked: false,
};
const write: HostWrite = {
  kind: 'create_issue',
  repository: widgets,
  payload: { title: 'T', body: 'B', labels: [] },
  marker: suiteMarkers.make({
    intentId: 'i',
    fingerprint: 'f',
    repositoryKey: 'github:acme/widgets',
  }),
  since: new Date(),
};
const json = { 'content-type': 'application/json; charset=utf-8' };

let answer: (response: ServerResponse) => void = (response) => response.end();
let asked = 0;
let url = '';
const server = createServer((_request, response) => {
  asked += 1;
  response.on('error', () => undefined);
  answer(response);
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

function host(attempts = 1): CodeHost {
  return githubAt(url, {
    deadlines: { connectMs: 3000, firstByteMs: 10_000, totalMs: 60_000 },
    retry: { attempts },
  });
}
const whole = (body: string | Buffer, headers: Record<string, string> = json) => {
  answer = (response) => response.writeHead(200, headers).end(body);
};
const ended = async (call: Promise<unknown>): Promise<AppError> =>
  call.then(
    (value) => {
      throw new Error(`it was taken for an answer: ${JSON.stringify(value)}`);
    },
    (error: unknown) => error as AppError,
  );

test('a read whose answer cannot be read is asked for again', async () => {
  asked = 0;
  answer = (response) =>
    response.writeHead(200, json).end(asked === 1 ? '{"number": 17, "ti' : JSON.stringify(issue));
  expect(await host(2).issue(widgets, 17)).toMatchObject({ number: 17 });
  expect(asked).toBe(2);
});

describe('an answer that is none', () => {
  test.each<[string, () => void]>([
    ['invalid JSON', () => whole('{"number": 17, "ti\u0000')],
    [
      'HTML with status 200',
      () => whole('<!DOCTYPE html><title>Unicorn!</title>', { 'content-type': 'text/html' }),
    ],
    ['nothing at all', () => whole('')],
    ['JSON of another kind', () => whole('[17]')],
    ['JSON under another type', () => whole('17', { 'content-type': 'image/png' })],
    ['a missing field', () => whole(JSON.stringify({ ...issue, number: undefined }))],
    ['a field of another kind', () => whole(JSON.stringify({ ...issue, number: '17' }))],
    [
      'a number that is not that of its address',
      () => whole(JSON.stringify({ ...issue, number: 71 })),
    ],
    [
      'a body of eleven megabytes',
      () => whole(JSON.stringify({ ...issue, body: 'x'.repeat(11 * 2 ** 20) })),
    ],
    [
      'a gzip bomb of one to a thousand',
      () =>
        whole(gzipSync(Buffer.alloc(64 * 2 ** 20, 0x20)), { ...json, 'content-encoding': 'gzip' }),
    ],
    ['gzip that is none', () => whole('plain', { ...json, 'content-encoding': 'gzip' })],
    [
      'a chunk that is cut off',
      () => {
        answer = (response) => {
          response.writeHead(200, json).write(JSON.stringify(issue).slice(0, 40));
          setTimeout(() => response.socket?.destroy(), 20);
        };
      },
    ],
  ])('%s is an error of a read, and leaves open whether a write happened', async (_what, spoil) => {
    spoil();
    const before = process.memoryUsage().rss;
    const read = await ended(host().issue(widgets, 17));
    expect(['unavailable', 'timeout']).toContain(read.kind);
    asked = 0;
    expect(await ended(host().send(write))).toMatchObject({ kind: 'unknown_outcome' });
    expect(asked).toBe(1);
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * 2 ** 20);
  });
});

const labels = (...names: string[]): string => JSON.stringify(names.map((name) => ({ name })));

describe.each<[HostWrite['kind'], unknown, string, string]>([
  ['add_label', { number: 17, labels: ['ready'] }, labels('ready', 'Other'), labels('other')],
  ['remove_label', { number: 17, label: 'ready' }, labels('other'), labels('Ready')],
  ['rerun_checks', { run: '7' }, '{}', '{"message": "later"}'],
])('an answer to %s', (kind, payload, good, contrary) => {
  const small = { ...write, kind, payload } as HostWrite;
  const answerWith = (text: string, headers: Record<string, string>): void => {
    answer = (response) => {
      // The label itself is there; only what is done with it is answered so.
      const isLook = response.req.method === 'GET';
      response
        .writeHead(200, isLook ? json : headers)
        .end(isLook ? JSON.stringify({ name: 'ready' }) : text);
    };
  };

  test('that says what was asked for is done', async () => {
    answerWith(good, json);
    expect(await host().send(small)).toMatchObject({ adopted: false });
  });
  test.each([
    ['that says something else', contrary, json],
    ['that is cut off', good.slice(0, -1), json],
    ['that is empty JSON', '', json],
    ['of HTML', '<!DOCTYPE html><title>Unicorn!</title>', { 'content-type': 'text/html' }],
  ] as const)('%s leaves open whether it happened', async (_what, text, headers) => {
    answerWith(text, headers);
    expect(await ended(host().send(small))).toMatchObject({ kind: 'unknown_outcome' });
  });
});

/** Seeded (mulberry32, Tommy Ettinger, public domain). */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296) * below);
  };
}

function mutated(text: string, seed: number): Buffer {
  const below = numbers(seed);
  let bytes = Buffer.from(text);
  for (let times = 1 + below(4); times > 0; times -= 1) {
    const at = below(bytes.length || 1);
    const kind = below(5);
    if (kind === 0) bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8));
    else if (kind === 1) bytes[at] = below(256);
    else if (kind === 2) bytes = bytes.subarray(0, at);
    else if (kind === 3)
      bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + below(20))]);
    else
      bytes = Buffer.concat([
        bytes.subarray(0, at),
        bytes.subarray(below(at + 1), at),
        bytes.subarray(at),
      ]);
  }
  return bytes;
}

test('a thousand seeded mutations of an answer: no crash, and no write is taken for another one', async () => {
  let one = host();
  const text = JSON.stringify(issue);
  let refused = 0;
  for (let seed = 1; seed <= 1000; seed += 1) {
    // A credential may make so many things in an hour.
    if (seed % 300 === 0) one = host();
    whole(mutated(text, seed));
    const outcome = await one.send({ ...write }).then(
      (made) => made,
      (error: unknown) => error as AppError,
    );
    if ('number' in outcome) expect({ seed, number: outcome.number }).toEqual({ seed, number: 17 });
    else {
      refused += 1;
      expect({ seed, kind: outcome.kind, code: outcome.code }).toMatchObject({
        seed,
        kind: 'unknown_outcome',
      });
    }
  }
  expect(refused).toBeGreaterThan(300);
}, 420_000);
