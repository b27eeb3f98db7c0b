import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createManualClock } from '../../../test/fakes/manual-clock.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.ts';
import { configHash } from '../config/config-hash.ts';
import { loadConfig } from '../config/load-config.ts';
import { migrate } from '../database/migrate.ts';
import { driftCheck } from './drift-check.ts';
import { createPublishedHashes, driftMigrations } from './published-hashes.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await migrate(database, driftMigrations);
});
afterAll(async () => database.drop());
beforeEach(async () => {
  await database.pool.query('truncate config_hashes');
});

const own = (process: string, hash: string) => ({
  process,
  pid: process.length,
  host: 'here',
  hash,
  file: `/etc/${process}.json`,
});
const measure = (clock = createManualClock()) => {
  const hashes = createPublishedHashes(database, clock);
  return { clock, hashes, look: () => driftCheck(hashes).measure(new AbortController().signal) };
};

test('processes with one configuration are well, with two they are named, and one that is gone does not count', async () => {
  const { clock, hashes, look } = measure();
  expect(await look()).toMatchObject({ status: 'unknown' });
  await hashes.publish(own('one', 'a'.repeat(64)));
  await hashes.publish(own('three', 'a'.repeat(64)));
  expect(await look()).toMatchObject({ status: 'healthy', value: 1 });
  await hashes.publish(own('three', 'b'.repeat(64)));
  const drifted = await look();
  expect(drifted).toMatchObject({ status: 'degraded', value: 2 });
  expect(drifted.evidence).toContain('aaaaaaaa: process 3 on here (/etc/one.json)');
  expect(drifted.evidence).toContain('bbbbbbbb: process 5 on here (/etc/three.json)');
  clock.advance(150_000);
  await hashes.publish(own('one', 'a'.repeat(64)));
  expect(await look()).toMatchObject({ status: 'healthy' });
  await hashes.withdraw('one');
  expect(await look()).toMatchObject({ status: 'unknown' });
});

test('the hash is that of the values: comments, order and the places of a process make no other', async () => {
  const hash = async (text: string): Promise<string> =>
    configHash(
      (await loadConfig({ folder: '/srv', file: 'c.json', env: {}, readFile: async () => text }))
        .config,
    );
  const plain = await hash(
    '{ "executor": { "maxRounds": 2 }, "analyzer": { "staleAfterDays": 5 } }',
  );
  expect(
    await hash('{ "analyzer": { "staleAfterDays": 5 }, /* two */ "executor": { "maxRounds": 2 } }'),
  ).toBe(plain);
  expect(
    await hash(
      '{ "executor": { "maxRounds": 2 }, "analyzer": { "staleAfterDays": 5 }, "dataDir": "x", "logDir": "y", "server": { "port": 1 } }',
    ),
  ).toBe(plain);
  expect(
    await hash('{ "executor": { "maxRounds": 3 }, "analyzer": { "staleAfterDays": 5 } }'),
  ).not.toBe(plain);
});
