import { type Kysely, sql } from 'kysely';

/** What makes and changes the tables of this room, in order. */
export const localMigrations = [
  {
    id: 'local-0001-tables',
    up: async (db: Kysely<unknown>): Promise<void> => {
      await sql`create table local_items (
        repository text not null,
        number integer not null,
        kind text not null check (kind in ('issue', 'pull')),
        title text not null,
        body text not null,
        state text not null check (state in ('open', 'closed', 'merged')),
        state_reason text,
        author text not null,
        labels text[] not null default '{}',
        marker text unique,
        draft boolean not null default false,
        head_branch text,
        head_sha text,
        base_branch text,
        merge_commit text,
        created_at timestamptz not null,
        updated_at timestamptz not null,
        primary key (repository, number)
      )`.execute(db);
      await sql`create unique index local_items_open_head on local_items (repository, head_branch)
        where kind = 'pull' and state = 'open'`.execute(db);
      await sql`create table local_comments (
        id bigint generated always as identity primary key,
        repository text not null,
        number integer not null,
        author text not null,
        body text not null,
        marker text unique,
        created_at timestamptz not null,
        foreign key (repository, number) references local_items
      )`.execute(db);
      await sql`create table local_events (
        id bigint generated always as identity primary key,
        repository text not null,
        number integer not null,
        type text not null,
        actor text not null,
        label text,
        at timestamptz not null,
        foreign key (repository, number) references local_items
      )`.execute(db);
      await sql`create index local_events_item on local_events (repository, number, id)`.execute(
        db,
      );
      await sql`create index local_comments_item on local_comments (repository, number, id)`.execute(
        db,
      );
    },
  },
] as const;
