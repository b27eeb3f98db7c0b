import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.ts';
import { migrate } from '../../platform/database/migrate.ts';
import { createDatabaseEtagStore, createMemoryEtagStore, type EtagStore } from './etag-store.ts';
import { type GithubTables, githubMigrations } from './tables.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
  await migrate(database, githubMigrations);
});
afterAll(async () => database.drop());

const stores: Record<string, () => EtagStore> = {
  memory: createMemoryEtagStore,
  database: () => createDatabaseEtagStore(database.kysely<GithubTables>()),
};

describe.each(Object.keys(stores))('answers kept in the %s', (kind) => {
  const store = (): EtagStore => stores[kind]?.() ?? createMemoryEtagStore();

  test('what was kept last comes back whole', async () => {
    const kept = store();
    const link = '<https://api.example/x?after=2>; rel="next"';
    await kept.put('last', { etag: 'W/"1"', body: '[1]', link: null });
    await kept.put('last', { etag: 'W/"2"', body: '["two"]', link });
    expect(await kept.get('last')).toEqual({ etag: 'W/"2"', body: '["two"]', link });
  });

  test('what was never kept is not there', async () => {
    expect(await store().get('never')).toBeNull();
  });
});

test('memory forgets what was used longest ago', async () => {
  const kept = createMemoryEtagStore();
  const answer = { etag: 'e', body: '', link: null };
  for (let n = 0; n < 2000; n += 1) await kept.put(String(n), answer);
  await kept.get('0');
  await kept.put('one more', answer);
  expect(await kept.get('0')).toEqual(answer);
  expect(await kept.get('1')).toBeNull();
});

test('what nobody used for thirty days is removed', async () => {
  const db = database.kysely<GithubTables>();
  const kept = createDatabaseEtagStore(db);
  const answer = { etag: 'e', body: '', link: null };
  await kept.put('old', answer);
  const old = new Date(Date.now() - 31 * 86_400_000);
  await db.updateTable('github_etags').set({ used_at: old }).where('key', '=', 'old').execute();
  await kept.put('new', answer);
  expect(await kept.get('old')).toBeNull();
  expect(await kept.get('new')).toEqual(answer);
});
