import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { migrate } from '../src/platform/database/migrate.ts';
import { inboxMigrations } from '../src/platform/inbox/migrations.ts';
import { deliver, signDelivery } from './support/sign-delivery.ts';
import { createTestDatabase } from './support/test-database.ts';

const program = new URL('./support/delivery-program.ts', import.meta.url).pathname;
const secret = 'a secret between GitHub and us';
/** 1,000 by hand: `WEBHOOK_KILLS=1000 npx vitest run test/webhook-kills.test.ts`. */
const kills = Number(process.env['WEBHOOK_KILLS'] ?? 6);

test(`of what was answered right before a kill -9 nothing is lost, ${kills} times`, {
  timeout: 120_000 + kills * 20_000,
}, async () => {
  const database = await createTestDatabase();
  await migrate(database, inboxMigrations);
  await database.pool.query('create table looked (number int not null)');
  const start = async (): Promise<{ child: ChildProcess; address: string }> => {
    const child = spawn(process.execPath, [program], {
      env: { ...process.env, DATABASE_URL: database.url, SECRET: secret },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [address] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    return { child, address };
  };
  const end = async (child: ChildProcess): Promise<void> => {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  const labeled = (number: number): object => ({
    action: 'labeled',
    issue: { number },
    repository: { full_name: 'acme/manager' },
  });
  const numbers = Array.from({ length: kills }, (_, index) => index + 1);
  for (const number of numbers) {
    const { child, address } = await start();
    const answer = await deliver(
      address,
      signDelivery(secret, 'issues', labeled(number), `delivery-${number}`),
    );
    await end(child);
    expect(answer).toBe(202);
  }
  const { child } = await start();
  await expect
    .poll(
      async () =>
        (await database.pool.query("select 1 from inbox_deliveries where state <> 'done'"))
          .rowCount,
      { timeout: 60_000 + kills * 500 },
    )
    .toBe(0);
  await end(child);
  const kept = await database.pool.query<{ id: string }>('select id from inbox_deliveries');
  const looked = await database.pool.query<{ number: number }>('select number from looked');
  await database.drop();
  expect(kept.rows.map(({ id }) => id).toSorted()).toEqual(
    numbers.map((number) => `delivery-${number}`).toSorted(),
  );
  expect([...new Set(looked.rows.map(({ number }) => number))].toSorted((a, b) => a - b)).toEqual(
    numbers,
  );
});
