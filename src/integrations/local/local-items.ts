import { type Kysely, sql, type Transaction } from 'kysely';
import { AppError } from '../../lib/app-error.ts';
import type { Item, LocalTables } from './tables.ts';

type Db = Kysely<LocalTables> | Transaction<LocalTables>;

/** Who changes something, and when. */
export interface Doing {
  readonly actor: string;
  readonly at: Date;
}

/** What a new issue or pull request is made of. */
export type NewItem = Pick<Item, 'kind' | 'title' | 'body' | 'labels' | 'marker'> &
  Partial<Pick<Item, 'draft' | 'head_branch' | 'head_sha' | 'base_branch'>>;

/** Makes an item with the next number, or answers the one that the same marker made before. */
export async function insertItem(
  db: Kysely<LocalTables>,
  repository: string,
  item: NewItem,
  doing: Doing,
): Promise<{ readonly item: Item; readonly isNew: boolean }> {
  return db.transaction().execute(async (transaction) => {
    await sql`select pg_advisory_xact_lock(hashtextextended(${`local:${repository}`}, 0))`.execute(
      transaction,
    );
    const there = await sameItem(transaction, repository, item);
    if (there !== undefined) return { item: there, isNew: false };
    const { next } = await transaction
      .selectFrom('local_items')
      .select((select) => sql<number>`coalesce(${select.fn.max('number')}, 0) + 1`.as('next'))
      .where('repository', '=', repository)
      .executeTakeFirstOrThrow();
    const made = await transaction
      .insertInto('local_items')
      .values({
        draft: false,
        ...item,
        repository,
        number: next,
        state: 'open',
        author: doing.actor,
        created_at: doing.at,
        updated_at: doing.at,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    for (const label of item.labels)
      await addEvent(transaction, made, { type: 'labeled', label }, doing);
    return { item: made, isNew: true };
  });
}

/** Changes one item under its lock; what `change` answers is written, with its events. */
export async function changeItem(
  db: Kysely<LocalTables>,
  repository: string,
  number: number,
  change: (item: Item) => { readonly set?: ItemChange; readonly events?: readonly NewEvent[] },
  doing: Doing,
): Promise<Item> {
  return db.transaction().execute(async (transaction) => {
    const item = await transaction
      .selectFrom('local_items')
      .selectAll()
      .where('repository', '=', repository)
      .where('number', '=', number)
      .forUpdate()
      .executeTakeFirst();
    if (item === undefined) throw noItem(repository, number);
    const { set = {}, events = [] } = change(item);
    for (const event of events) await addEvent(transaction, item, event, doing);
    return transaction
      .updateTable('local_items')
      .set({ ...set, updated_at: doing.at })
      .where('repository', '=', repository)
      .where('number', '=', number)
      .returningAll()
      .executeTakeFirstOrThrow();
  });
}

type ItemChange = Partial<
  Pick<Item, 'title' | 'body' | 'state' | 'state_reason' | 'labels' | 'head_sha' | 'merge_commit'>
>;

interface NewEvent {
  readonly type: string;
  readonly label?: string;
}

/** One item of the kind, null = of either; undefined when there is none. */
export async function itemOf(
  db: Db,
  repository: string,
  number: number,
  kind: Item['kind'] | null,
): Promise<Item | undefined> {
  return db
    .selectFrom('local_items')
    .selectAll()
    .where('repository', '=', repository)
    .where('number', '=', number)
    .$if(kind !== null, (items) => items.where('kind', '=', kind ?? 'issue'))
    .executeTakeFirst();
}

/** Adds a comment, or nothing when the same marker made it before. */
export async function insertComment(
  db: Kysely<LocalTables>,
  repository: string,
  comment: { readonly number: number; readonly body: string; readonly marker: string | null },
  doing: Doing,
): Promise<boolean> {
  await changeItem(db, repository, comment.number, () => ({}), doing);
  const made = await db
    .insertInto('local_comments')
    .values({ ...comment, repository, author: doing.actor, created_at: doing.at })
    .onConflict((conflict) => conflict.column('marker').doNothing())
    .returning('id')
    .executeTakeFirst();
  return made !== undefined;
}

async function sameItem(db: Db, repository: string, item: NewItem): Promise<Item | undefined> {
  const mine = db.selectFrom('local_items').selectAll().where('repository', '=', repository);
  const marked = await mine.where('marker', '=', item.marker).executeTakeFirst();
  if (marked !== undefined || item.kind === 'issue') return marked;
  return mine
    .where('kind', '=', 'pull')
    .where('state', '=', 'open')
    .where('head_branch', '=', item.head_branch ?? null)
    .executeTakeFirst();
}

async function addEvent(db: Db, item: Item, event: NewEvent, doing: Doing): Promise<void> {
  const { repository, number } = item;
  const { actor, at } = doing;
  await db
    .insertInto('local_events')
    .values({ repository, number, type: event.type, label: event.label ?? null, actor, at })
    .execute();
}

function noItem(repository: string, number: number): AppError {
  return new AppError({
    kind: 'not_found',
    code: 'local_item_not_found',
    message: `${repository} has no issue or pull request #${number}.`,
  });
}
