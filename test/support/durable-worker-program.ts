import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { systemRandom } from '../../src/lib/random.ts';
import { openDatabase } from '../../src/platform/database/database.ts';
import { createDurableEngine } from '../../src/platform/durable/engine.ts';

/**
 * A process that works on the database of DATABASE_URL until SIGTERM. Its workflow `gated` marks in the table `marks`
 * what it did: `first`, `waiting`, and `done` once the table `gates` holds its workflow id.
 */
const deps = { clock: systemClock, random: systemRandom, log: silentLog };
const database = await openDatabase(
  { url: process.env['DATABASE_URL'], dataDir: '/nowhere' },
  deps,
);
const engine = createDurableEngine({ database, applicationVersion: 'test', pollMs: 100 }, deps);

const mark = async (workflowId: string, what: string): Promise<void> => {
  await database.pool.query('insert into marks (workflow, what, pid) values ($1, $2, $3)', [
    workflowId,
    what,
    process.pid,
  ]);
};

engine.register('gated', async (context) => {
  const { workflowId } = context;
  await context.step('first', async () => await mark(workflowId, 'first'));
  await context.step('second', async (signal) => {
    await mark(workflowId, 'waiting');
    for (;;) {
      const gate = await database.pool.query('select from gates where workflow = $1', [workflowId]);
      if (gate.rowCount === 1) break;
      await systemClock.sleep(30, signal);
    }
    await mark(workflowId, 'done');
  });
  return process.pid;
});
engine.defineQueue('work', { perProcess: 10 });

process.once('SIGTERM', () => {
  void engine
    .shutdown({ drainMs: 300 })
    .then(async () => await database.close())
    .then(() => process.exit(0));
});
await engine.launch();
process.stdout.write(`ready ${engine.executorId}\n`);
