import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createManualClock, type ManualClock } from '../../../test/fakes/manual-clock.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.ts';
import { silentLog } from '../../lib/log.ts';
import { migrate } from '../database/migrate.ts';
import { type OutboxTables, outboxMigrations } from './migrations.ts';
import { createOutbox, type Message, type Outbox } from './outbox.ts';
import { sendMessages } from './send-messages.ts';
import { signatureHeaders, signingKey } from './sign.ts';

let database: TestDatabase;
let clock: ManualClock;
let outbox: Outbox;

beforeAll(async () => {
  database = await createTestDatabase();
  await migrate(database, outboxMigrations);
});
afterAll(async () => await database.drop());
beforeEach(async () => {
  clock = createManualClock();
  outbox = createOutbox(database, { clock });
  await database.pool.query('delete from outbox_messages');
});

const message = (id: string, receiver = 'chat'): Message => ({
  id,
  receiver,
  type: 'task.approved',
  body: `{"n":"${id}"}`,
});
const sent: { url: string; headers: Readonly<Record<string, string>>; body: string }[] = [];
/** Sends what is due to a receiver that answers so. */
const send = async (answer: number | Error, secrets: readonly string[] = ['s']) => {
  sent.length = 0;
  return await sendMessages({
    outbox,
    addressOf: async (receiver) =>
      receiver === 'gone' ? null : { url: `https://${receiver}.example/`, secrets },
    post: async (url, headers, body) => {
      sent.push({ url, headers, body });
      if (answer instanceof Error) throw answer;
      return { status: answer, body: '' };
    },
    clock,
    log: silentLog,
    version: '1.2.3',
  });
};
const only = async () => (await outbox.list({ limit: 10 })).items[0];

describe('a message', () => {
  test('that is added twice is one, and one in a transaction that is taken back never was', async () => {
    await outbox.add(null, [message('a'), message('b')]);
    await outbox.add(null, [{ ...message('a'), body: 'other' }]);
    const taken = database
      .kysely<OutboxTables>()
      .transaction()
      .execute(async (open) => {
        await outbox.add(open, [message('c')]);
        throw new Error('no');
      });
    await expect(taken).rejects.toThrow('no');
    const bodies = (await outbox.list({ limit: 10 })).items.map(({ body }) => body).toSorted();
    expect(bodies).toEqual(['{"n":"a"}', '{"n":"b"}']);
  });

  test('is sent as it was committed, signed as Standard Webhooks say, and ends as delivered', async () => {
    await outbox.add(null, [message('a')]);
    expect(await send(204, ['new', 'old'])).toBe(1);
    const { headers, body } = sent[0] ?? { headers: {}, body: '' };
    expect(body).toBe('{"n":"a"}');
    const seconds = String(Math.floor(clock.now().getTime() / 1000));
    const signature = (secret: string) =>
      `v1,${createHmac('sha256', secret).update(`a.${seconds}.${body}`).digest('base64')}`;
    expect(headers).toMatchObject({
      'webhook-id': 'a',
      'webhook-timestamp': seconds,
      'webhook-signature': `${signature('new')} ${signature('old')}`,
    });
    expect(await only()).toMatchObject({ state: 'delivered', status: 204, attempts: 1 });
    expect(await send(204)).toBe(0);
  });

  test('that is refused is tried again, later and later, with the same id, and given up after a day', async () => {
    await outbox.add(null, [message('a')]);
    const tries: number[] = [];
    for (let hour = 0; hour < 40 * 60; hour += 1) {
      if ((await send(500)) > 0) tries.push(hour);
      expect(sent.every(({ headers }) => headers['webhook-id'] === 'a')).toBe(true);
      clock.advance(60_000);
    }
    expect(tries).toEqual([0, 1, 6, 36, 156, 456, 1056, 1656]);
    expect(await only()).toMatchObject({ state: 'failed', attempts: 8, status: 500 });
    expect(await outbox.again('a')).toBe(true);
    expect(await send(200)).toBe(1);
    expect(await only()).toMatchObject({ state: 'delivered' });
  });

  test('is not tried again when its receiver wants no more or is not configured', async () => {
    await outbox.add(null, [message('a'), message('b', 'gone')]);
    await send(410);
    const states = (await outbox.list({ limit: 10 })).items.map(({ state }) => state);
    expect(states).toEqual(['failed', 'failed']);
  });

  test('whose sender was killed is taken by another after a minute, and not before', async () => {
    await outbox.add(null, [message('a')]);
    expect(await outbox.take(5)).toHaveLength(1);
    expect(await outbox.take(5)).toHaveLength(0);
    clock.advance(60_001);
    expect(await outbox.take(5)).toMatchObject([{ id: 'a', attempts: 2 }]);
  });

  test('is taken by one of many senders at once', async () => {
    await outbox.add(
      null,
      Array.from({ length: 40 }, (_, n) => message(`m${n}`)),
    );
    const others = Array.from({ length: 8 }, () => createOutbox(database, { clock }));
    const taken = (await Promise.all(others.map((one) => one.take(10)))).flat();
    expect(new Set(taken.map(({ id }) => id)).size).toBe(taken.length);
    expect(taken).toHaveLength(40);
  });

  test('whose receiver does not answer keeps its problem in the log', async () => {
    await outbox.add(null, [message('a')]);
    await send(new Error('connection refused'));
    expect(await only()).toMatchObject({
      state: 'waiting',
      status: null,
      problem: 'connection refused',
    });
    expect((await outbox.counts()).get('chat')).toMatchObject({ waiting: 1, failed: 0 });
  });

  test('that has ended is forgotten with its age, one that waits is not', async () => {
    await outbox.add(null, [message('a')]);
    await send(200);
    await outbox.add(null, [message('b')]);
    clock.advance(1000);
    expect(await outbox.prune(clock.now())).toBe(1);
    expect(await only()).toMatchObject({ id: 'b' });
  });
});

test('the specification’s own example is signed as it says', () => {
  // standardwebhooks.com, "Signature scheme": the example of the reference libraries.
  const body = '{"test": 2432232314}';
  const headers = signatureHeaders(
    { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', body },
    new Date(1_614_265_330_000),
    ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
  );
  expect(headers['webhook-signature']).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  expect(signingKey('whsec_AAAA')).toEqual(Buffer.from([0, 0, 0]));
});
