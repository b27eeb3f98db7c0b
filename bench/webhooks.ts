import { createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { fastify } from 'fastify';
import { Pool } from 'undici';
import { webhookRoute } from '../src/doors/webhooks/route.ts';
import { AppError } from '../src/lib/app-error.ts';
import { systemClock } from '../src/lib/clock.ts';
import { silentLog } from '../src/lib/log.ts';
import { systemRandom } from '../src/lib/random.ts';
import { openDatabase } from '../src/platform/database/database.ts';
import { migrate } from '../src/platform/database/migrate.ts';
import { createInbox } from '../src/platform/inbox/inbox.ts';
import { inboxMigrations } from '../src/platform/inbox/migrations.ts';

/**
 * Deliveries that are verified and on disk before their answer: `node bench/webhooks.ts [deliveries]` (5,000 when not
 * said), as fast as they are answered and then at a pace of 50 a second. Beside it stands a bare Fastify handler with one
 * INSERT, in turns on the same database in the same run. Sender, server and database share the machine.
 */
const deliveries = Number(process.argv[2] ?? 5000);
const senders = 64;
const paced = { perSecond: 50, seconds: 10 };
const secret = 'bench';
const folder = await mkdtemp(join(tmpdir(), 'cms-bench-webhooks-'));
const deps = { clock: systemClock, random: systemRandom, log: silentLog };
const database = await openDatabase(
  { dataDir: folder },
  { ...deps, searchPath: process.env['PATH'] },
);
const body = JSON.stringify({
  action: 'labeled',
  issue: { number: 1, body: 'x'.repeat(8000) },
  repository: { full_name: 'acme/manager' },
});
const signature = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
try {
  await migrate(database, inboxMigrations);
  await database.pool.query('create table bare (id text primary key, body bytea not null)');
  const inbox = createInbox(database, deps);
  const ours = fastify();
  await webhookRoute({
    path: '/webhooks/github',
    secrets: async () => [secret],
    store: (delivery) => inbox.store(delivery, 'quick'),
    nowMs: () => performance.now(),
    onStored: () => undefined,
    refuseSender: async () => null,
    forged: async () => new AppError({ kind: 'unauthenticated', code: 'forged', message: 'No.' }),
  })(ours);
  const bare = fastify();
  bare.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, bytes, done) =>
    done(null, bytes),
  );
  bare.post('/webhooks/github', async (request, reply) => {
    const id = request.headers['x-github-delivery'];
    await database.pool.query('insert into bare values ($1, $2)', [id, request.body]);
    return reply.code(202).send({});
  });
  const servers = { ours, bare };
  for (const server of Object.values(servers)) {
    await server.listen({ port: 0, host: '127.0.0.1' });
    await send(server, 500);
  }
  const fast: Record<string, Figures[]> = { ours: [], bare: [] };
  const atPace: Record<string, Figures[]> = { ours: [], bare: [] };
  for (let round = 0; round < 3; round += 1) {
    for (const [name, server] of Object.entries(servers)) {
      fast[name]?.push(await send(server, deliveries));
      atPace[name]?.push(await sendAtPace(server));
    }
  }
  process.stdout.write(
    `${JSON.stringify({ deliveries, senders, fast, paced, atPace }, null, 1)}\n`,
  );
  await Promise.all(Object.values(servers).map((server) => server.close()));
} finally {
  await database.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

interface Figures {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Sends as fast as the answers come, many at a time. */
async function send(server: FastifyInstance, count: number): Promise<Figures> {
  const pool = poolOf(server);
  const waits: number[] = [];
  let left = count;
  const started = performance.now();
  const sender = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      waits.push(await deliver(pool));
    }
  };
  await Promise.all(Array.from({ length: senders }, sender));
  const ms = performance.now() - started;
  await pool.close();
  return figuresOf(waits, ms);
}

/** Sends one after the other at fixed moments, whether the one before has been answered or not. */
async function sendAtPace(server: FastifyInstance): Promise<Figures> {
  const pool = poolOf(server);
  const started = performance.now();
  const answers: Promise<number>[] = [];
  for (let count = 0; count < paced.perSecond * paced.seconds; count += 1) {
    const due = started + (count * 1000) / paced.perSecond;
    await delay(Math.max(0, due - performance.now()));
    answers.push(deliver(pool));
  }
  const waits = await Promise.all(answers);
  const ms = performance.now() - started;
  await pool.close();
  return figuresOf(waits, ms);
}

function poolOf(server: FastifyInstance): Pool {
  const address = server.server.address();
  if (address === null || typeof address === 'string') throw new Error('it listens at no port');
  return new Pool(`http://127.0.0.1:${address.port}`, { connections: senders });
}

/** Milliseconds until the answer. */
async function deliver(pool: Pool): Promise<number> {
  const sent = performance.now();
  const answer = await pool.request({
    method: 'POST',
    path: '/webhooks/github',
    headers: {
      'content-type': 'application/json',
      'x-github-event': 'issues',
      'x-github-delivery': systemRandom.uuid(),
      'x-hub-signature-256': signature,
    },
    body,
  });
  await answer.body.dump();
  if (answer.statusCode !== 202) throw new Error(`answered ${answer.statusCode}`);
  return performance.now() - sent;
}

function figuresOf(waits: readonly number[], ms: number): Figures {
  const sorted = waits.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    Number((sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(1));
  return { perSecond: Math.round((waits.length * 1000) / ms), p50Ms: at(0.5), p99Ms: at(0.99) };
}
