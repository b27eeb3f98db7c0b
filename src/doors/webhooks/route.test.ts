import { createHmac } from 'node:crypto';
import { request as open } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import type { FastifyInstance } from 'fastify';
import { fastify } from 'fastify';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { AppError } from '../../lib/app-error.ts';
import type { ReceivedDelivery } from './route.ts';
import { webhookRoute } from './route.ts';
import { isSignedBy } from './signature.ts';

const secret = "It's a Secret to Everybody";
/** Body and `openssl dgst -sha256 -hmac "It's a Secret to Everybody"`; the second stands in GitHub's documentation. */
const vectors: readonly (readonly [string, string])[] = [
  ['', '66a0c074deaa0f489ead6537e0d32f9a344b90bbeda705b6ed45ecd3b413fb40'],
  [
    '48656c6c6f2c20576f726c6421',
    '757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
  ],
  [
    '7b2261223a312c2262223a327d',
    '08259b236a823e0416bac952852b18d9e60965e69a77bfd134a27f013bbc794d',
  ],
  [
    '7b2262223a322c2261223a317d',
    '46fe1d2387d32f2b8db8154f9034a8d9288edac1c07dd142d5c1b60659a7f330',
  ],
  ['7b2261223a317d0a', 'e02e81d467a1c4a47f0a2bb2964e7ac722b2e2340512187535bad0c6137c825f'],
  ['7b2261223a317d0d0a', '9808860cccb19fd650ef6cce08528c06367ab9e76473bf8a1e4ddba24d9bb77c'],
  [
    '7b2274657874223a22c3a4e282ac227d',
    '9bfe0c7d3598eda778a744b088d275d641984345547b851a3ce426d0f29383d6',
  ],
  [
    '7b2274657874223a225c5c75643833645c5c7564653030227d',
    'c279428d7316963be381037467f0e6367cf086a92c9384033ef8b8d6ebc3a0f5',
  ],
  [
    '7b2274657874223a22f09f9880227d',
    'd798dff3e7b519ea5fc389e01471734dc285b7fe4b8df63d3fb0156a18913116',
  ],
  ['207b2261223a317d', '4bf834b686664c5c9c32f686b177b93ab255bd66ac86e94320452b7beff77319'],
  ['efbbbf7b7d', 'f2fd1ac0e29ecbd8eefd483d106c2103574dda8c31dc60badb63bdbecee38af0'],
  ['ff00fe', '978e0da10b8e4f494b32b34dc453778240febea8b9c9c604aebfd07ca2b65820'],
];

describe('a signature', () => {
  test.each(vectors)('over the bytes %j is the one that openssl makes', (hex, made) => {
    expect(isSignedBy([secret], Buffer.from(hex, 'hex'), `sha256=${made}`)).toBe(true);
  });

  test('of bytes with any one bit changed is refused, 1,000 times', () => {
    const body = Buffer.from(JSON.stringify({ action: 'labeled', issue: { number: 7 } }));
    const header = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
    expect(isSignedBy([secret], body, header)).toBe(true);
    const accepted: number[] = [];
    // Bits of the body, then bits of the signature, over and over.
    for (let changed = 0; changed < 1000; changed += 1) {
      const bytes = Buffer.from(body);
      const signature = Buffer.from(header.slice(7), 'hex');
      const one = changed % 2 === 0 ? bytes : signature;
      const bit = (changed >> 1) % (one.length * 8);
      one[bit >> 3] = (one[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      if (isSignedBy([secret], bytes, `sha256=${signature.toString('hex')}`))
        accepted.push(changed);
    }
    expect(accepted).toEqual([]);
  });

  test('by an empty secret, or in any other shape, is none and throws nothing', () => {
    const body = Buffer.from('{}');
    const empty = `sha256=${createHmac('sha256', '').update(body).digest('hex')}`;
    expect(isSignedBy([''], body, empty)).toBe(false);
    expect(isSignedBy([], body, empty)).toBe(false);
    fc.assert(
      fc.property(fc.option(fc.string({ unit: 'binary' }), { nil: undefined }), (header) => {
        expect(isSignedBy([secret], body, header)).toBe(false);
      }),
    );
  });
});

describe('the address for deliveries', () => {
  let app: FastifyInstance;
  let stored: ReceivedDelivery[] = [];
  let secrets: readonly string[] = [];
  let nowMs = 0;
  let tookMs = 0;
  let isFull = false;
  let ends: { durationMs: number; isDone: boolean }[] = [];

  beforeAll(async () => {
    app = fastify();
    app.setErrorHandler(async (error, _request, reply) => {
      const statuses = {
        invalid_input: 400,
        unauthenticated: 401,
        forbidden: 403,
        unavailable: 503,
      } as const;
      if (!(error instanceof AppError)) throw error;
      const known = statuses[error.kind as keyof typeof statuses];
      return reply.code(error.code === 'media_type_unsupported' ? 415 : known).send({});
    });
    await webhookRoute({
      path: '/hook',
      secrets: async () => secrets,
      store: async (delivery) => {
        nowMs += tookMs;
        if (isFull) throw new AppError({ kind: 'unavailable', code: 'full', message: 'Full.' });
        const isKnown = stored.some(({ id }) => id === delivery.id);
        if (!isKnown) stored.push(delivery);
        return !isKnown;
      },
      nowMs: () => nowMs,
      onStored: (end) => void ends.push(end),
      refuseSender: async () => null,
      forged: async () =>
        new AppError({ kind: 'unauthenticated', code: 'signature_invalid', message: 'No.' }),
    })(app);
    await app.listen({ port: 0, host: '127.0.0.1' });
  });
  afterAll(async () => await app.close());
  beforeEach(() => {
    stored = [];
    secrets = [secret];
    ends = [];
    tookMs = 0;
    isFull = false;
  });

  const send = async (
    body: Uint8Array | string,
    change: Readonly<Record<string, string | undefined>> = {},
    by: string = secret,
  ): Promise<number> => {
    const headers: Record<string, string | undefined> = {
      'content-type': 'application/json',
      'x-github-delivery': 'one',
      'x-github-event': 'issues',
      'x-hub-signature-256': `sha256=${createHmac('sha256', by).update(body).digest('hex')}`,
      ...change,
    };
    const given = Object.entries(headers).filter(([, value]) => value !== undefined);
    const { statusCode } = await app.inject({
      method: 'POST',
      url: '/hook',
      headers: Object.fromEntries(given),
      payload: Buffer.from(body),
    });
    return statusCode;
  };

  test.each([
    ['missing', { 'x-hub-signature-256': undefined }],
    [
      'of SHA-1 only',
      { 'x-hub-signature-256': undefined, 'x-hub-signature': `sha1=${'0'.repeat(40)}` },
    ],
    ['malformed', { 'x-hub-signature-256': 'sha256=not hexadecimal at all' }],
    ['too short', { 'x-hub-signature-256': 'sha256=abcd' }],
    ['in capitals', { 'x-hub-signature-256': `SHA256=${'A'.repeat(64)}` }],
    ['of something else', { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` }],
  ])('refuses a signature that is %s with 401', async (_what, change) => {
    expect(await send('{}', change)).toBe(401);
    expect(stored).toEqual([]);
  });

  test('takes what either of two secrets signed during a rotation, and after it the new one alone', async () => {
    secrets = ['the new one', 'the old one'];
    expect(await send('{}', { 'x-github-delivery': 'by-new' }, 'the new one')).toBe(202);
    expect(await send('{}', { 'x-github-delivery': 'by-old' }, 'the old one')).toBe(202);
    secrets = ['the new one'];
    expect(await send('{}', { 'x-github-delivery': 'late' }, 'the old one')).toBe(401);
    expect(stored.map(({ id }) => id)).toEqual(['by-new', 'by-old']);
    secrets = [];
    expect(await send('{}', {}, 'the new one')).toBe(403);
  });

  test('tells how long each well-signed delivery took until it was stored, also one that was not, and nothing of others', async () => {
    tookMs = 40;
    expect(await send('{}')).toBe(202);
    isFull = true;
    expect(await send('{}', { 'x-github-delivery': 'two' })).toBe(503);
    expect(await send('{}', {}, 'another secret')).toBe(401);
    expect(ends).toEqual([
      { durationMs: 40, isDone: true },
      { durationMs: 40, isDone: false },
    ]);
  });

  test('takes events that nobody knows, and refuses well-signed bytes that are no JSON: 1,000 bodies', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.json(), fc.string(), fc.uint8Array()),
        fc.stringMatching(/^[a-z][a-z_]{0,20}$/),
        async (body, event) => {
          const bytes = typeof body === 'string' ? Buffer.from(body) : body;
          const status = await send(bytes, { 'x-github-event': event });
          expect(status).toBe(isJson(bytes) ? 202 : 400);
        },
      ),
      { numRuns: 1000 },
    );
  }, 420_000);

  test('takes nothing compressed and no other type', async () => {
    expect(await send('{}', { 'content-encoding': 'gzip' })).toBe(415);
    expect(await send('{}', { 'content-type': 'application/x-www-form-urlencoded' })).toBe(415);
    expect(stored).toEqual([]);
  });

  test('refuses more than 25 MB before it has come, also when the length is not said', async () => {
    const { port } = app.server.address() as AddressInfo;
    const most = 25 * 1024 * 1024;
    const answer = async (headers: Record<string, string | number>, parts: number) =>
      await new Promise<number>((resolve, reject) => {
        const request = open({
          port,
          path: '/hook',
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            'x-hub-signature-256': `sha256=${'0'.repeat(64)}`,
            ...headers,
          },
        });
        let isAnswered = false;
        request.on('response', (response) => {
          isAnswered = true;
          resolve(response.statusCode ?? 0);
          response.resume();
          request.destroy();
        });
        request.on('error', (error) => (isAnswered ? undefined : reject(error)));
        const part = Buffer.alloc(1024 * 1024, 0x20);
        const write = (left: number): void => {
          if (left > 0 && !isAnswered) request.write(part, () => write(left - 1));
        };
        request.flushHeaders();
        write(parts);
      });
    expect(await answer({ 'content-length': most + 1 }, 0)).toBe(413);
    expect(await answer({ 'transfer-encoding': 'chunked' }, 27)).toBe(413);
    // Who does not even try to sign is refused before the first byte of the body.
    expect(await answer({ 'content-length': most, 'x-hub-signature-256': 'none' }, 0)).toBe(401);
  });
});

function isJson(bytes: Uint8Array): boolean {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return true;
  } catch {
    return false;
  }
}
