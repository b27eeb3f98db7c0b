import type { Kysely } from 'kysely';
import type { TaskNote, TaskStore } from '../domain/ports/stores.ts';
import { storedJson, storedText } from '../lib/stored-text.ts';
import type { StorageTables } from './tables.ts';
import { inTransaction } from './transaction.ts';

type TaskNotes = Pick<TaskStore, 'addNote' | 'notes'>;

/** Why a task does not move; one note per key, the first one stands. */
export function createTaskNotes(db: Kysely<StorageTables>): TaskNotes {
  return {
    addNote: async (transaction, note) => {
      await inTransaction(transaction)
        .insertInto('task_notes')
        .values({
          task_id: note.taskId,
          key: storedText(note.key),
          at: note.at,
          code: note.code,
          text: storedText(note.text),
          actor:
            note.actor === undefined
              ? null
              : storedJson({ kind: note.actor.kind, name: note.actor.name }),
        })
        .onConflict((conflict) => conflict.columns(['task_id', 'key']).doNothing())
        .execute();
    },
    notes: async (taskId) => {
      const rows = await db
        .selectFrom('task_notes')
        .selectAll()
        .where('task_id', '=', taskId)
        .orderBy('at', 'desc')
        .orderBy('key')
        .execute();
      return rows.map((row) => ({
        taskId: row.task_id,
        at: row.at,
        code: row.code,
        text: row.text,
        key: row.key,
        ...(row.actor === null ? {} : { actor: row.actor as NonNullable<TaskNote['actor']> }),
      }));
    },
  };
}
