import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createManualClock } from '../../../test/fakes/manual-clock.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.ts';
import { systemRandom } from '../../lib/random.ts';
import { createInbox } from '../inbox/inbox.ts';
import { inboxMigrations } from '../inbox/migrations.ts';
import { outboxMigrations } from '../outbox/migrations.ts';
import { createOutbox } from '../outbox/outbox.ts';
import { migrate } from './migrate.ts';

let database: TestDatabase;
const clock = createManualClock();
beforeAll(async () => {
  database = await createTestDatabase();
  await migrate(database, [...inboxMigrations, ...outboxMigrations]);
});
afterAll(() => database.drop());

interface Query {
  readonly after?: string;
  readonly limit: number;
}
type List = (query: Query) => Promise<{
  readonly items: readonly { readonly id: string }[];
  readonly next: string | null;
}>;

const ids = Array.from({ length: 7 }, (_, index) => `one-${index}`);

/** Two come at each moment. */
async function fill(add: (id: string) => Promise<unknown>): Promise<void> {
  for (const [index, id] of ids.entries()) {
    await add(id);
    if (index % 2 === 1) clock.advance(1);
  }
}

const lists = {
  'what GitHub delivered': async (): Promise<List> => {
    const inbox = createInbox(database, { clock, random: systemRandom });
    await fill((id) => inbox.store({ id, event: 'issues', body: Buffer.from('{}') }, 'quick'));
    return (query) => inbox.list(query);
  },
  'what other programs were told': async (): Promise<List> => {
    const outbox = createOutbox(database, { clock });
    await fill((id) => outbox.add(null, [{ id, receiver: 'chat', type: 'ping', body: '{}' }]));
    return (query) => outbox.list(query);
  },
};

describe.each(Object.entries(lists))('the pages of %s', (_name, open) => {
  test('hold each row once, newest first, also where several came at one moment; a cursor of another list is refused', async () => {
    const list = await open();
    const all = (await list({ limit: 100 })).items.map(({ id }) => id);
    expect(all.toSorted()).toEqual(ids);
    expect(all[0]).toBe('one-6');
    const paged: string[] = [];
    for (let after: string | undefined, more = true; more; ) {
      const page = await list({ limit: 3, ...(after === undefined ? {} : { after }) });
      paged.push(...page.items.map(({ id }) => id));
      more = page.next !== null;
      after = page.next ?? undefined;
    }
    expect(paged).toEqual(all);
    await expect(list({ limit: 3, after: 'WyJvdGhlciJd' })).rejects.toMatchObject({
      kind: 'invalid_input',
      code: 'cursor_invalid',
    });
  });
});
