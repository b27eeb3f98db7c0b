import { sql } from 'kysely';
import type { Migration } from '../platform/database/migrate.ts';

/** Where processes hear that there may be something to start, or to work through. */
export const workChannel = 'claude_manager_work';

/**
 * What is said there: something may be started, a delivery waits, something was queued for whoever runs agents, the health
 * was asked for, something happened of which people are told at once.
 */
export type WorkNotice = 'dispatch' | 'delivery' | 'work' | 'health' | 'alert';

/** Says `dispatch` when a task becomes approved, when one stops running, and when something that held tasks is lifted. */
export const dispatchNotices: Migration = {
  id: 'storage-0008-dispatch-notices',
  up: async (db) => {
    const say = `perform pg_notify('${workChannel}', 'dispatch'); return null;`;
    const statements = [
      `create function say_dispatch() returns trigger language plpgsql as $$ begin ${say} end $$`,
      `create trigger say_dispatch_approved after insert or update on tasks for each row
        when (new.state = 'approved') execute function say_dispatch()`,
      `create trigger say_dispatch_ended after update on tasks for each row
        when (old.state = 'running' and new.state not in ('running', 'approved')) execute function say_dispatch()`,
      `create trigger say_dispatch_resumed after delete on pauses for each statement execute function say_dispatch()`,
      `create trigger say_dispatch_rested after delete on resting_agents for each statement execute function say_dispatch()`,
    ];
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
