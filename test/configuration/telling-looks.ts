import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { openNotifications, toldTasks } from '../../src/app/watching/open-notifications.ts';
import { openCollector } from '../../src/app/watching/open-otlp.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { propose } from '../../src/pipeline/propose/propose.ts';
import type { Config } from '../../src/platform/config/schema.ts';
import type { LineSink } from '../../src/platform/logging/logger.ts';
import { createOutbox } from '../../src/platform/outbox/outbox.ts';
import { type BreakerTables, createBreakers } from '../../src/platform/resilience/breakers.ts';
import { createPipelineWorld } from '../fakes/pipeline-world.ts';
import type { Look } from './looks.ts';

/** A program on this machine that listens on a port of its own for as long as the body runs. */
async function heard<T>(
  body: (port: number, requests: readonly Heard[]) => Promise<T>,
): Promise<T> {
  const requests: Heard[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    request.once('end', () => {
      requests.push({ path: request.url ?? '', headers: request.headers, text });
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await body((server.address() as AddressInfo).port, requests);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

interface Heard {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Where an address of the configuration leads here: to the program that listens, by its own name and path. */
const atPort = (url: string, port: number): string => {
  const { hostname, pathname } = new URL(url);
  return `http://${hostname}:${port}${pathname}`;
};

/**
 * One task is proposed, one message of five days ago has ended: what is queued for whom, what is heard, under whose name and
 * secret, and what is left.
 */
export const telling: Look = async (config, database, flows) =>
  await heard(async (port, requests) => {
    await database.pool.query('delete from outbox_messages');
    await database.pool.query('delete from breakers');
    const world = await createPipelineWorld(flows);
    const outbox = createOutbox(database, { clock: systemClock });
    const queued: (readonly [string, string])[] = [];
    const noted: typeof outbox.add = async (_transaction, messages) => {
      for (const { receiver, type } of messages) queued.push([receiver, type]);
      await outbox.add(null, messages);
    };
    const { notifications } = config;
    const here: Config = {
      ...config,
      notifications: {
        ...notifications,
        webhooks: notifications.webhooks.map((one) => ({ ...one, url: atPort(one.url, port) })),
      },
    };
    const tasks = toldTasks(world.ports.tasks, {
      outbox: { add: noted },
      config: () => here,
      redact: (text) => text,
    });
    await world.find('a');
    const { proposed } = await propose(world.ports, world.target);
    const [task] = proposed;
    if (task === undefined) throw new Error('no task was proposed');
    await tasks.transact(
      async (transaction) => await tasks.update(transaction, task, { state: 'rejected' }),
    );
    await outbox.add(null, [{ id: 'old', receiver: 'gone', type: 'ping', body: '{}' }]);
    await database.pool.query(
      `update outbox_messages set state = 'delivered', ended_at = now(),
         created_at = now() - interval '5 days' where id = 'old'`,
    );
    const rooms = openNotifications({
      config: () => here,
      store: {
        database,
        breakers: createBreakers({ db: database.kysely<BreakerTables>(), clock: systemClock }),
        credentials: {
          holder: (name: string) => ({ all: async () => [secretOf(name)] }),
        } as never,
      },
      log: silentLog,
      clock: systemClock,
      version: '0',
    });
    const stop = rooms.keep();
    await stop();
    const left = await database.pool.query<{ receiver: string; problem: string | null }>(
      'select receiver, problem from outbox_messages order by receiver',
    );
    return {
      queued,
      heard: requests.map(({ path, headers, text }) => ({
        path,
        host: headers.host?.replace(`:${port}`, ''),
        signedBy: ['ONE', 'TWO'].find((name) => isSigned(headers, text, secretOf(name))),
      })),
      left: left.rows.map(({ receiver, problem }) => [receiver, problem === null]),
    };
  });

/** A receiver answers after three quarters of a second: whether it is still waited for. */
export const waitingFor: Look = async (config, database) => {
  const server = createServer((_request, response) => {
    setTimeout(() => response.end(), 750);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const { notifications } = config;
  const webhooks = notifications.webhooks.map((one) => ({ ...one, url: atPort(one.url, port) }));
  const here = { ...config, notifications: { ...notifications, webhooks } };
  await database.pool.query('delete from outbox_messages');
  await database.pool.query('delete from breakers');
  const outbox = createOutbox(database, { clock: systemClock });
  await outbox.add(null, [{ id: 'one', receiver: 'chat', type: 'ping', body: '{}' }]);
  const rooms = openNotifications({
    config: () => here,
    store: {
      database,
      breakers: createBreakers({ db: database.kysely<BreakerTables>(), clock: systemClock }),
      credentials: { holder: (name: string) => ({ all: async () => [secretOf(name)] }) } as never,
    },
    log: silentLog,
    clock: systemClock,
    version: '0',
  });
  await rooms.keep()();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  const { rows } = await database.pool.query<{ state: string }>(
    'select state from outbox_messages',
  );
  return rows.map(({ state }) => state);
};

const secretOf = (name: string): string =>
  `whsec_${Buffer.from(name.repeat(10)).toString('base64')}`;

/** Standard Webhooks: HMAC over id, time and body. */
function isSigned(headers: IncomingHttpHeaders, text: string, secret: string): boolean {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const signed = [headers['webhook-id'], headers['webhook-timestamp'], text].join('.');
  const made = createHmac('sha256', key).update(signed).digest('base64');
  return String(headers['webhook-signature']).includes(made);
}

/** A collector listens for a second and a half: what it gets, with whose word, and how often. */
export const collecting: Look = async (config) =>
  await heard(async (port, requests) => {
    const { otlp } = config.telemetry;
    const endpoint = otlp.endpoint === null ? null : atPort(otlp.endpoint, port);
    const collectors: LineSink[] = [];
    const rooms = await openCollector({
      config: { ...config, telemetry: { otlp: { ...otlp, endpoint } } },
      credentials: { take: async (name) => `Bearer ${name}` },
      telemetry: { listen: () => () => undefined },
      collectors,
      version: '0',
      log: silentLog,
    });
    const stop = rooms.keep(() => ({ families: async () => [] }) as never);
    const takesLines = collectors.length > 0;
    await delay(1500);
    await stop();
    await rooms.close();
    return {
      takesLines,
      paths: [...new Set(requests.map(({ path }) => path))],
      authorized: [...new Set(requests.map(({ headers }) => headers.authorization))],
      // At its beginning and its end it sends in any case.
      isBetween: requests.length > 2,
    };
  });
