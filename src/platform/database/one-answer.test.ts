import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.ts';
import { askOne } from './one-answer.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(async () => await database.drop());

const divided = { name: 'divided', text: 'select 10 / $1::int' };
const told = { name: 'told', text: 'select $1::text' };

test('the one answer comes as text, null for NULL and for no row, and values pass unchanged', async () => {
  const { pool } = database;
  expect(await askOne(pool, divided, ['5'])).toBe('2');
  for (const text of ['', "O'Brien\n\\ ü 😀", null])
    expect(await askOne(pool, told, [text])).toBe(text);
  const none = { name: 'none', text: 'select 1 where $1::bool' };
  expect([await askOne(pool, none, ['f']), await askOne(pool, none, ['t'])]).toEqual([null, '1']);
});

test('a statement is prepared once a connection, asked again after it failed, and the connection goes on', async () => {
  // Of its own: on one of the pool the other tests have prepared something.
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    // As a pool hands it over: the client gives the query its callback.
    const lent = {
      query: (query: { callback?: unknown }) =>
        new Promise((resolve, reject) => {
          query.callback = (error: Error | null, answer: unknown) =>
            error === null ? resolve(answer) : reject(error);
          client.query(query as never);
        }),
    } as never;
    await expect(
      askOne(lent, { name: 'wrong', text: 'select nothing.here()' }, []),
    ).rejects.toThrow('does not exist');
    expect(await askOne(lent, divided, ['2'])).toBe('5');
    await expect(askOne(lent, divided, ['0'])).rejects.toThrow('division by zero');
    expect(await askOne(lent, divided, ['1'])).toBe('10');
    const { rows } = await client.query<{ name: string }>(
      'select name from pg_prepared_statements order by name',
    );
    expect(rows).toEqual([{ name: 'divided' }]);
  } finally {
    await client.end();
  }
});

test('a connection that is lost while it asks fails the question, and the next one is answered', async () => {
  const { pool } = database;
  const ended = { name: 'ended', text: 'select pg_terminate_backend(pg_backend_pid())' };
  await expect(askOne(pool, ended, [])).rejects.toThrow();
  expect(await askOne(pool, divided, ['5'])).toBe('2');
});
