import { connect } from 'node:net';
import { text as readAll } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.ts';
import { AppError } from '../../lib/app-error.ts';
import { systemClock } from '../../lib/clock.ts';
import type { Problem } from '../../operations/api-client/api-error.ts';
import { createClient } from '../../operations/api-client/client.ts';
import { migrate } from '../../platform/database/migrate.ts';
import { createFirstAnswers } from '../../platform/idempotency/first-answers.ts';
import { idempotencyMigrations } from '../../platform/idempotency/migrations.ts';
import { goodSession, goodToken, openSampleDoor, type SampleDoor, samples } from './door.suite.ts';
import type { FirstAnswer } from './first-answers.ts';

let database: TestDatabase;
let sample: SampleDoor;
/** The same behind a proxy that speaks TLS. */
let secure: SampleDoor;
const answersOf = (process: string) =>
  createFirstAnswers<FirstAnswer>(database, { clock: systemClock, process });

beforeAll(async () => {
  database = await createTestDatabase();
  await migrate(database, idempotencyMigrations);
  sample = await openSampleDoor({ answers: answersOf('one') });
  secure = await openSampleDoor({
    answers: answersOf('secure'),
    settings: { publicUrl: 'https://cms.example' },
  });
});
afterAll(async () => {
  await sample.close();
  await secure.close();
  await database.drop();
});

const bearer = { authorization: `Bearer ${goodToken}` };
const ask = (path: string, init: RequestInit = {}, { address } = sample): Promise<Response> =>
  fetch(`${address}${path}`, { redirect: 'manual', ...init });
const post = (path: string, body: unknown, headers: Record<string, string> = {}, door = sample) =>
  ask(
    path,
    {
      method: 'POST',
      headers: { ...bearer, 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    },
    door,
  );
/** One request as bytes; answers what came back until the connection ended. */
const raw = async (bytes: string, { address } = sample): Promise<string> => {
  const { port } = new URL(address);
  const socket = connect(Number(port), '127.0.0.1');
  socket.write(bytes);
  return readAll(socket);
};

describe('an input', () => {
  test('stands in the query of a read, each text as the schema wants it', async () => {
    const answer = await ask('/api/v1/samples?state=new&state=old&live=true&limit=5', {
      headers: bearer,
    });
    expect(await answer.json()).toEqual({
      given: { state: ['new', 'old'], live: true, limit: 5 },
    });
  });
  test.each([
    ['limit=x', 'limit'],
    ['limit=1&limit=2', 'limit'],
    ['live=yes', 'live'],
    ['state=gone', 'state.0'],
    ['other=1', 'other'],
    ['token=abc', 'token'],
    ['__proto__=1', '__proto__'],
    ['limit=%00', 'limit'],
  ])('with %s is refused, naming %s', async (query, field) => {
    const answer = await ask(`/api/v1/samples?${query}`, { headers: bearer });
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    const problem = (await answer.json()) as Problem;
    expect(problem).toMatchObject({
      status: 400,
      kind: 'invalid_input',
      correlationId: answer.headers.get('x-correlation-id'),
    });
    expect(problem.fields[0]?.field).toBe(field);
  });
  test('with a NUL in the address of a write is refused', async () => {
    const answer = await post('/api/v1/samples/a%00b/rename', { title: 'T' });
    expect([answer.status, ((await answer.json()) as Problem).code]).toEqual([
      400,
      'body_bad_text',
    ]);
  });
  test('stands in path and body of a write', async () => {
    const answer = await post('/api/v1/samples/a%2Fb/rename', { title: 'T' });
    expect(await answer.json()).toEqual({ id: 'a/b', title: 'T' });
  });
  test.each([
    ['an unknown field', { title: 'a', x: 1 }, 'x'],
    ['an unknown field further in', { title: 'a', place: { line: 1, y: 2 } }, 'place.y'],
    ['a missing field', {}, 'title'],
    ['a wrong type', { title: 7 }, 'title'],
    ['a name twice', '{"title":"a","title":"b"}', 'title'],
    ['a prototype', '{"title":"a","__proto__":{"isAdmin":true}}', '__proto__'],
  ])('with %s is refused, and nothing is done', async (_name, body, field) => {
    const before = sample.begun.get('create');
    const answer = await post('/api/v1/samples', body);
    expect(answer.status).toBe(400);
    expect(((await answer.json()) as Problem).fields).toMatchObject([{ field }]);
    expect(sample.begun.get('create')).toBe(before);
  });
  test.each([
    ['application/x-www-form-urlencoded', 'title=a', 415],
    ['text/plain', '{"title":"a"}', 415],
    ['multipart/form-data; boundary=x', '--x--', 415],
    ['application/json', `{"title":"${'a'.repeat(70_000)}"}`, 413],
    ['application/json', '', 400],
  ])('as %s %.15s is refused with its status', async (type, body, status) => {
    const answer = await post('/api/v1/samples', body, { 'content-type': type });
    expect(answer.status).toBe(status);
  });
});

describe('an answer', () => {
  test.each([
    ['http', null],
    ['https', 'max-age=31536000; includeSubDomains'],
  ])(
    'of any kind over %s carries the protecting headers and names no server',
    async (scheme, transport) => {
      const door = scheme === 'https' ? secure : sample;
      const from = (path: string, headers: Record<string, string> = {}) =>
        ask(path, { headers }, door);
      const known = (await from('/api/v1/samples', bearer)).headers.get('etag') ?? '';
      const answers = await Promise.all([
        from('/api/v1/samples', bearer),
        from('/api/v1/samples', { ...bearer, 'if-none-match': known }),
        from('/api/v1/samples'),
        from('/api/v1/nothing'),
        from('/livez'),
        from('/', { accept: 'text/html' }),
        post('/api/v1/samples/x/fail', {}, {}, door),
        post('/api/v1/samples/fail', { how: 'defect' }, {}, door),
        from('/api/v1/samples/watch', { ...bearer, accept: 'text/event-stream' }),
        from(`/livez?${'a'.repeat(9000)}`),
      ]);
      expect(answers.map(({ status }) => status)).toEqual([
        200, 304, 401, 404, 200, 200, 404, 500, 200, 414,
      ]);
      for (const { headers, body } of answers) {
        const policy = headers.get('content-security-policy') ?? '';
        expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/u);
        expect(policy.split('; ')).toEqual(
          expect.arrayContaining([
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            'trusted-types dompurify dashboard',
          ]),
        );
        expect(policy).not.toMatch(/unsafe|\*/u);
        expect(headers.get('strict-transport-security')).toBe(transport);
        expect(headers.get('x-content-type-options')).toBe('nosniff');
        expect(headers.get('x-frame-options')).toBe('DENY');
        expect(headers.get('x-xss-protection')).toBe('0');
        expect(headers.get('referrer-policy')).toBe('no-referrer');
        expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
        expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
        expect(headers.get('cross-origin-embedder-policy')).toBe('require-corp');
        expect(headers.get('cache-control')).toMatch(/no-store|no-cache/u);
        expect(headers.get('server') ?? headers.get('x-powered-by')).toBeNull();
        await body?.cancel();
      }
      const broken = await raw('GET /livez HTTP/1.1\r\nHost localhost\r\n\r\n', door);
      expect(broken).toMatch(/^HTTP\/1\.1 400 .*content-security-policy: default-src 'none'/su);
      expect(broken.includes('strict-transport-security')).toBe(transport !== null);
    },
  );
  test('that is known already is not sent again', async () => {
    const first = await ask('/api/v1/samples', { headers: bearer });
    const etag = first.headers.get('etag') ?? '';
    const headers = { ...bearer, 'if-none-match': `"x", ${etag}` };
    const second = await ask('/api/v1/samples', { headers });
    expect([second.status, await second.text()]).toEqual([304, '']);
    const other = await ask('/api/v1/samples?limit=3', { headers });
    expect(other.status).toBe(200);
  });
  test('of a defect tells the correlation id and nothing of what went wrong', async () => {
    const answer = await post(
      '/api/v1/samples/fail',
      { how: 'defect' },
      {
        'x-correlation-id': 'mine-1',
      },
    );
    const body = await answer.text();
    expect(JSON.parse(body)).toMatchObject({ code: 'internal', correlationId: 'mine-1' });
    expect(body).not.toMatch(/select|passwd|TypeError|\.ts/u);
  });
  test('of a limit says when to come back', async () => {
    const { status, headers } = await post('/api/v1/samples/fail', { how: 'limit' });
    expect(status).toBe(429);
    expect(
      ['retry-after', 'ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset'].map((name) =>
        headers.get(name),
      ),
    ).toEqual(['12', '60', '0', '30']);
  });
  test.each([
    ['DELETE', '/api/v1/samples', 'GET, HEAD, POST'],
    ['OPTIONS', '/api/v1/samples', 'GET, HEAD, POST'],
    ['GET', '/api/v1/samples/a/rename', 'POST'],
    ['POST', '/livez', 'GET, HEAD'],
  ])('to %s %s names the methods', async (method, path, allow) => {
    const answer = await ask(path, { method, headers: bearer });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, allow]);
  });
});

describe('who asks', () => {
  test('without proof gets 401, with a token that is nobody’s as well', async () => {
    const bare = await ask('/api/v1/samples');
    expect([bare.status, bare.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect(await bare.json()).toMatchObject({ code: 'sign_in_needed' });
    for (const authorization of [
      'Bearer cms_bad',
      'Basic YTpi',
      'Bearer',
      `Bearer ${'a'.repeat(600)}`,
    ]) {
      const answer = await ask('/api/v1/samples', { headers: { authorization } });
      expect(await answer.json()).toMatchObject({ status: 401, code: 'token_invalid' });
    }
  });
  test('a token in the address is refused as bad input, beside a good one too, and signs nobody in', async () => {
    for (const name of ['token', 'access_token', 'api_key', 'authorization']) {
      const path = `/api/v1/samples?${name}=${goodToken}`;
      expect([name, (await ask(path)).status]).toEqual([name, 400]);
      expect([name, (await ask(path, { headers: bearer })).status]).toEqual([name, 400]);
    }
  });
  test.each([
    ['http', 'claude-manager', 'HttpOnly; SameSite=Strict', '__Host-claude-manager'],
    ['https', '__Host-claude-manager', 'HttpOnly; Secure; SameSite=Strict', 'claude-manager'],
  ])(
    'a session over %s lives in a cookie %s that no script reads (%s), and stands in no body',
    async (scheme, name, flags, other) => {
      const door = scheme === 'https' ? secure : sample;
      const own = { origin: door.address, 'x-claude-manager': '1' };
      const headers = { ...own, 'content-type': 'application/json' };
      const init = { method: 'POST', headers, body: '{}' };
      const entered = await ask('/api/v1/samples/enter', init, door);
      expect(await entered.text()).not.toContain(goodSession);
      const cookie = entered.headers.get('set-cookie') ?? '';
      expect(cookie).toMatch(
        new RegExp(`^${name}=${goodSession}; Path=/; Expires=[^;]+; ${flags}$`, 'u'),
      );
      const withCookie = async (sent: string) =>
        (await ask('/api/v1/samples', { headers: { cookie: sent } }, door)).status;
      expect(await withCookie(cookie.split(';')[0] ?? '')).toBe(200);
      expect(await withCookie(`${other}=${goodSession}`)).toBe(401);
    },
  );
  const cookie = `claude-manager=${goodSession}`;
  const own = () => ({ cookie, origin: sample.address, 'x-claude-manager': '1' });
  test('a page of ours may write with the cookie', async () => {
    const answer = await ask('/api/v1/samples', {
      method: 'POST',
      headers: { ...own(), 'sec-fetch-site': 'same-origin', 'content-type': 'application/json' },
      body: '{"title":"a"}',
    });
    expect(answer.status).toBe(200);
  });
  const foreign: [string, Record<string, string | undefined>][] = [
    ['no Origin', { origin: undefined }],
    ['a foreign Origin', { origin: 'https://evil.example' }],
    ['the Origin null', { origin: 'null' }],
    ['an Origin on another port', { origin: 'http://127.0.0.1:1' }],
    ['a cross-site fetch', { 'sec-fetch-site': 'cross-site' }],
    ['a same-site fetch', { 'sec-fetch-site': 'same-site' }],
    ['no header of ours', { 'x-claude-manager': undefined }],
  ];
  test.each(foreign)(
    'any write with the cookie and %s is refused and does nothing',
    async (_name, change) => {
      const headers = Object.fromEntries(
        Object.entries({ ...own(), 'content-type': 'application/json', ...change }).filter(
          (pair): pair is [string, string] => pair[1] !== undefined,
        ),
      );
      const before = new Map(sample.begun);
      for (const { effect, name } of sample.gate.contracts()) {
        if (effect === 'read') continue;
        const path = name === 'samples.create' ? '' : `/${name.split('.')[1]}`;
        const at = name === 'samples.rename' ? '/x/rename' : path;
        const answer = await ask(`/api/v1/samples${at}`, { method: 'POST', headers, body: '{}' });
        expect(answer.status).toBe(403);
      }
      expect(sample.begun).toEqual(before);
    },
  );
  test('a foreign page reads nothing with the cookie, and no method is taken from a header', async () => {
    const headers = { cookie, 'sec-fetch-site': 'cross-site' };
    expect((await ask('/api/v1/samples', { headers })).status).toBe(403);
    expect(
      (await ask('/api/v1/samples', { headers: { cookie, origin: 'https://evil.example' } }))
        .status,
    ).toBe(403);
    const before = sample.begun.get('create');
    const over = { ...own(), 'x-http-method-override': 'POST', 'x-method-override': 'POST' };
    expect((await ask('/api/v1/samples?limit=1', { headers: over })).status).toBe(200);
    expect(sample.begun.get('create')).toBe(before);
  });
  test.each([
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.nip.io',
    '127.0.0.1@evil.example',
    'evil.example#127.0.0.1',
    'localhost.',
    '127.0.0.2',
    '2130706433',
    '0x7f.1',
    '0.0.0.0',
    '[::ffff:127.0.0.1]',
    '[::1%25eth0]',
    'localhost:80:80',
    'localhost:port',
    'local host',
    'localhost/',
    'LOCALHOST.evil.example',
    ' ',
    'localhost,evil.example',
    '127.0.0.1\tevil.example',
  ])('a request for the host %j is turned away before anything else', async (host) => {
    const answer = await raw(
      `GET /api/v1/samples HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 (?:421|400) /u);
    expect(answer).not.toContain('sign_in_needed');
  });
});

describe('what is no request', () => {
  const head = 'POST /api/v1/samples HTTP/1.1\r\nHost: localhost\r\n';
  const get = 'GET /livez HTTP/1.1\r\nHost: localhost\r\n';
  const chunked = '0\r\n\r\n';
  test.each([
    ['both lengths', `${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n${chunked}`],
    [
      'both lengths turned round',
      `${head}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n${chunked}`,
    ],
    ['two lengths', `${head}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!`],
    ['a length with a sign', `${head}Content-Length: +5\r\n\r\nhello`],
    ['a length that is none', `${head}Content-Length: 5x\r\n\r\nhello`],
    ['an unknown coding', `${head}Transfer-Encoding: xchunked\r\n\r\n${chunked}`],
    ['chunked that is not last', `${head}Transfer-Encoding: chunked, identity\r\n\r\n${chunked}`],
    ['a space before the colon', `${head}Transfer-Encoding : chunked\r\n\r\n${chunked}`],
    ['a folded header', `${head}Transfer-Encoding:\r\n chunked\r\n\r\n${chunked}`],
    [
      'bare line feeds',
      'POST /api/v1/samples HTTP/1.1\nHost: localhost\nContent-Length: 5\n\nhello',
    ],
    ['a wrong chunk size', `${head}Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n`],
    ['a NUL in a header', `${get}X-A: a\u0000b\r\n\r\n`],
    ['two hosts', `${get}Host: localhost\r\nConnection: close\r\n\r\n`],
    ['no host', 'GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n'],
    [
      'a foreign address',
      'GET http://evil.example/livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    ],
  ])('%s: 400, and the connection ends', async (_name, bytes) => {
    expect(await raw(bytes)).toMatch(/^HTTP\/1\.1 400 /u);
  });
  test('TRACE and CONNECT get 405', async () => {
    for (const line of ['TRACE /livez', 'CONNECT localhost:80']) {
      const answer = await raw(`${line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1\.1 405 /u);
    }
  });
  test('headers without end get 431', async () => {
    expect(await raw(`${get}X-A: ${'a'.repeat(20_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /u);
  });
  test('an address of more than 8 KB gets 414, one of 8 KB an answer', async () => {
    const long = (letters: number) => ask(`/livez?${'a'.repeat(letters - '/livez?'.length)}`);
    expect((await long(8192)).status).toBe(200);
    const refused = await long(8193);
    expect([refused.status, ((await refused.json()) as Problem).code]).toEqual([
      414,
      'address_too_long',
    ]);
    const endless = `GET /livez?${'a'.repeat(20_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    expect(await raw(endless)).toMatch(/^HTTP\/1\.1 414 /u);
  });
  test('headers or a body that do not come to their end in time get 408, and the connection ends', async () => {
    const patience = { headersMs: 300, requestMs: 600, lookEveryMs: 50 };
    const other = await openSampleDoor({ answers: answersOf('slow'), patience });
    const begun = `${head}Authorization: Bearer ${goodToken}\r\nContent-Type: application/json\r\n`;
    for (const bytes of [
      'GET /livez HTTP/1.1\r\nHost: local',
      `${begun}Content-Length: 13\r\n\r\n{"title"`,
    ])
      expect([bytes, await raw(bytes, other)]).toEqual([
        bytes,
        expect.stringMatching(/^HTTP\/1\.1 408 .*connection: close.*"request_malformed"/su),
      ]);
    expect(other.begun.size).toBe(0);
    expect((await fetch(`${other.address}/livez`)).status).toBe(200);
    await other.close();
  });
  test('2,000 garbled bodies are refused or read, and none is a fault of ours', async () => {
    const statuses = new Map<number, number>();
    const whole = JSON.stringify({ title: 'a', tags: ['b', 'c'], place: { line: 3 } });
    let seed = 7;
    const random = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((seed / 2_147_483_648) * below);
    };
    const garbled = (): Buffer => {
      const bytes = [...Buffer.from(whole)];
      for (let changes = 1 + random(6); changes > 0; changes -= 1) {
        const at = random(bytes.length + 1);
        const kind = random(4);
        if (kind === 0) bytes.splice(at, 1);
        else if (kind === 1) bytes.splice(at, 0, random(256));
        else if (kind === 2) bytes.splice(at, 1 + random(5), ...bytes.slice(0, random(20)));
        else bytes[Math.min(at, bytes.length - 1)] = random(256);
      }
      return Buffer.from(bytes);
    };
    for (let round = 0; round < 100; round += 1) {
      const answers = await Promise.all(
        Array.from({ length: 20 }, () =>
          ask('/api/v1/samples', {
            method: 'POST',
            headers: { ...bearer, 'content-type': 'application/json' },
            body: new Uint8Array(garbled()),
          }),
        ),
      );
      for (const { status, body } of answers) {
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        await body?.cancel();
      }
    }
    expect([...statuses.keys()].toSorted((one, other) => one - other)).toEqual([200, 400]);
    expect(statuses.get(400)).toBeGreaterThan(1000);
  }, 420_000);
});

describe('a key', () => {
  const keyed = (key: string, title: string) =>
    post('/api/v1/samples', { title }, { 'idempotency-key': key });
  test('answers a repeated write the bytes of the first answer, whatever text and order of members it has', async () => {
    const first = await keyed('k0', 'a “quote”, a \\ and 🚢');
    const again = await keyed('k0', 'a “quote”, a \\ and 🚢');
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    const body = await first.text();
    // Neither by length nor by letter, as a database would put them.
    expect(body).toMatch(/^\{"title":.*,"id":\d+\}$/u);
    expect(await again.text()).toBe(body);
    for (const name of ['content-type', 'content-length'])
      expect(again.headers.get(name)).toBe(first.headers.get(name));
  });
  test('makes a repeated write the same write, also when both come at once and after a restart', async () => {
    const before = sample.begun.get('create') ?? 0;
    const both = await Promise.all([keyed('k1', 'a'), keyed('k1', 'a')]);
    const later = await keyed('k1', 'a');
    expect(sample.begun.get('create')).toBe(before + 1);
    expect(later.headers.get('idempotency-replayed')).toBe('true');
    expect(await later.json()).toEqual({ id: before + 1, title: 'a' });
    for (const { status } of both) expect([200, 409]).toContain(status);
    const other = await openSampleDoor({ answers: answersOf('two') });
    try {
      const answer = await fetch(`${other.address}/api/v1/samples`, {
        method: 'POST',
        headers: { ...bearer, 'content-type': 'application/json', 'idempotency-key': 'k1' },
        body: '{"title":"a"}',
      });
      expect(await answer.json()).toEqual({ id: before + 1, title: 'a' });
      expect(other.begun.size).toBe(0);
    } finally {
      await other.close();
    }
  });
  test('with other input is refused with 422, a malformed one with 400', async () => {
    await keyed('k2', 'a');
    const answer = await keyed('k2', 'b');
    expect([answer.status, ((await answer.json()) as Problem).code]).toEqual([
      422,
      'idempotency_key_reused',
    ]);
    expect((await keyed('x'.repeat(300), 'a')).status).toBe(400);
  });
  test('gives a refusal of the handler again, and is free after one of the gate', async () => {
    const fail = () =>
      post('/api/v1/samples/fail', { how: 'conflict' }, { 'idempotency-key': 'k3' });
    const before = sample.begun.get('fail') ?? 0;
    const answers = [await fail(), await fail()];
    expect(answers.map(({ status }) => status)).toEqual([409, 409]);
    expect(sample.begun.get('fail')).toBe(before + 1);
    expect((await post('/api/v1/samples', {}, { 'idempotency-key': 'k4' })).status).toBe(400);
    expect((await keyed('k4', 'a')).status).toBe(200);
  });
  test('of an answer with a secret keeps no answer', async () => {
    const make = () => post('/api/v1/samples/token', {}, { 'idempotency-key': 'k5' });
    expect(await (await make()).json()).toEqual({ secret: expect.any(String) });
    expect(await (await make()).json()).toMatchObject({ code: 'idempotency_answer_not_kept' });
    const rows = await database.pool.query("select answer from idempotency_keys where key = 'k5'");
    expect(rows.rows).toEqual([{ answer: null }]);
  });
  test('whose process died says that its outcome is unknown', async () => {
    const dead = answersOf('dead');
    const request = { scope: 'ann', key: 'k6', fingerprint: 'f' };
    expect(await dead.claim(request)).toBe('claimed');
    expect(await answersOf('dead').claim(request)).toBe('lost');
    expect(await answersOf('alive').claim(request)).toBe('running');
  });
});

describe('the typed client', () => {
  const client = () => createClient({ baseUrl: sample.address, token: goodToken });
  test('calls reads and writes and throws what was refused', async () => {
    expect(await client().call(samples.list, { state: ['new'], limit: 2 })).toEqual({
      given: { state: ['new'], limit: 2 },
    });
    expect(await client().call(samples.rename, { id: 'a/ü ?', title: 'T' })).toEqual({
      id: 'a/ü ?',
      title: 'T',
    });
    await expect(client().call(samples.create, { title: '' })).rejects.toMatchObject({
      name: 'ApiError',
      kind: 'invalid_input',
      status: 400,
      fields: [{ field: 'title' }],
      correlationId: expect.any(String),
    });
    await expect(client().call(samples.fail, { how: 'limit' })).rejects.toMatchObject({
      kind: 'rate_limited',
      retryAfterSeconds: 12,
    });
    const nobody = createClient({ baseUrl: 'http://127.0.0.1:9' });
    await expect(nobody.call(samples.list, {})).rejects.toMatchObject({ code: 'network' });
  });
  test('hears of long work as it goes on', async () => {
    const heard: string[] = [];
    const answer = await client().call(
      samples.slow,
      { ms: 20 },
      { onProgress: (line) => heard.push(line) },
    );
    expect([answer, heard]).toEqual([{ done: true }, ['half way']]);
    const failing = client().call(
      samples.fail,
      { how: 'conflict' },
      { onProgress: () => undefined },
    );
    await expect(failing).rejects.toMatchObject({ kind: 'conflict', code: 'sample_conflict' });
  });
  test('follows a stream, comes back where it was, and ends when asked', async () => {
    const stop = new AbortController();
    const seen: string[] = [];
    let cuts = 0;
    const cutting = createClient({
      baseUrl: sample.address,
      token: goodToken,
      fetch: async (input, init) => {
        const answer = await fetch(input, init);
        cuts += 1;
        return cuts > 1 ? answer : new Response((await firstPart(answer)) as never, answer);
      },
    });
    for await (const { cursor } of cutting.stream(samples.watch, {}, { signal: stop.signal })) {
      seen.push(cursor);
      if (seen.length === 5) stop.abort();
    }
    expect(seen).toEqual(['1', '2', '3', '4', '5']);
    expect(cuts).toBe(2);
  });
});

/** The first three events of a stream, after which the connection is lost. */
async function firstPart(answer: Response): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of answer.body ?? []) {
    parts.push(part);
    if (Buffer.concat(parts).toString().includes('id: 3\n')) break;
  }
  return Buffer.concat(parts);
}

describe('an open stream', () => {
  test('ends within seconds of the rights, saying so, and with the service', async () => {
    const other = await openSampleDoor({ answers: answersOf('three') });
    const open = (headers: Record<string, string>) =>
      fetch(`${other.address}/api/v1/samples/watch`, { headers: { ...bearer, ...headers } });
    const resumed = await open({ 'last-event-id': '41', accept: 'text/event-stream' });
    other.revoke();
    const said = await resumed.text();
    expect(said).toContain('id: 42\n');
    expect(said).toMatch(/event: problem\ndata: .*"code":"sign_in_needed"/u);
    expect((await open({})).status).toBe(401);
    await other.close();
  }, 120_000);
  test('the service that stops finishes what is under way and takes nothing new', async () => {
    const other = await openSampleDoor({ answers: answersOf('four') });
    const client = createClient({ baseUrl: other.address, token: goodToken });
    const open = await fetch(`${other.address}/api/v1/samples/watch`, { headers: bearer });
    const slow = client.call(samples.slow, { ms: 400 });
    while (other.begun.get('slow') !== 1) await systemClock.sleep(5);
    other.door.drain();
    await expect(client.call(samples.list, {})).rejects.toMatchObject({
      status: 503,
      code: 'service_stopping',
      retryAfterSeconds: 5,
    });
    expect((await fetch(`${other.address}/readyz`)).status).toBe(503);
    expect((await fetch(`${other.address}/livez`)).status).toBe(200);
    await open.text();
    expect(await slow).toEqual({ done: true });
    await other.close();
  });
});

describe('a probe', () => {
  test('tells when the store does not answer, and when it answers again', async () => {
    let isLost = false;
    const other = await openSampleDoor({
      answers: answersOf('five'),
      askStore: async () => {
        if (isLost) throw new Error('gone');
      },
    });
    const until = async (status: number): Promise<string> => {
      for (;;) {
        const answer = await fetch(`${other.address}/readyz`);
        const body = await answer.text();
        if (answer.status === status) return body;
        await systemClock.sleep(20);
      }
    };
    await until(200);
    isLost = true;
    expect(await until(503)).toBe('{"status":"unavailable"}');
    expect((await fetch(`${other.address}/livez`)).status).toBe(200);
    expect(await (await fetch(`${other.address}/health`)).json()).toEqual({
      status: 'unavailable',
    });
    isLost = false;
    await until(200);
    await other.close();
  }, 120_000);
  test('names the code of what is wrong with a store that answers', async () => {
    const other = await openSampleDoor({
      answers: answersOf('ten'),
      askStore: async () => {
        const names = { code: 'vault_entry_tampered', message: 'GITHUB_TOKEN was changed.' };
        throw new AppError({ kind: 'not_well', ...names });
      },
    });
    const said = { status: 'unavailable', problem: 'vault_entry_tampered' };
    for (const path of ['/readyz', '/health']) {
      const body = async () => await (await fetch(`${other.address}${path}`)).json();
      await expect.poll(body, { timeout: 30_000 }).toEqual(said);
    }
    expect((await fetch(`${other.address}/livez`)).status).toBe(200);
    await other.close();
  }, 60_000);
  test('that comes too often is refused, and nothing else is', async () => {
    const error = new AppError({ kind: 'rate_limited', code: 'rate_limited', message: 'Slower.' });
    const other = await openSampleDoor({ answers: answersOf('six'), admitProbe: () => error });
    expect((await fetch(`${other.address}/livez`)).status).toBe(429);
    expect((await fetch(`${other.address}/api/v1/samples`, { headers: bearer })).status).toBe(200);
    await other.close();
  });
});
