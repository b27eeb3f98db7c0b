import { fastify } from 'fastify';
import { webhookRoute } from '../../src/doors/webhooks/route.ts';
import { AppError } from '../../src/lib/app-error.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { systemRandom } from '../../src/lib/random.ts';
import { laneOf } from '../../src/operations/webhooks/looks.ts';
import { processDeliveries } from '../../src/operations/webhooks/process-deliveries.ts';
import { openDatabase } from '../../src/platform/database/database.ts';
import { createInbox } from '../../src/platform/inbox/inbox.ts';

/**
 * The door for deliveries and what works through them, without the rest of the service: a process that is killed a
 * thousand times has to start quickly. `DATABASE_URL`, `SECRET`; says its port on standard output. A look is a row in
 * `looked`, written after a moment, so that a kill finds looks that have begun.
 */
const env = process.env;
const deps = { clock: systemClock, random: systemRandom, log: silentLog };
const database = await openDatabase(
  { url: env['DATABASE_URL'] ?? '', dataDir: '/nonexistent' },
  { ...deps, searchPath: env['PATH'] },
);
const inbox = createInbox(database, deps);
const processor = processDeliveries({
  inbox,
  look: async () => await systemClock.sleep(2),
  see: async () => undefined,
  within: async (_id, look, body) => {
    if (look.kind === 'issue')
      await database.pool.query('insert into looked (number) values ($1)', [look.number]);
    return await body();
  },
  ...deps,
});
const server = fastify();
await webhookRoute({
  path: '/webhooks/github',
  secrets: async () => [env['SECRET'] ?? ''],
  store: async (delivery) => {
    const isNew = await inbox.store(delivery, laneOf(delivery.event));
    processor.wake();
    return isNew;
  },
  nowMs: () => systemClock.monotonicMs(),
  onStored: () => undefined,
  refuseSender: async () => null,
  forged: async () => new AppError({ kind: 'unauthenticated', code: 'forged', message: 'No.' }),
})(server);
const address = await server.listen({ port: 0, host: '127.0.0.1' });
process.stdout.write(`${address}\n`);
