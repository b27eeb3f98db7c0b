import type { Kysely, Selectable } from 'kysely';
import type { Approval } from '../domain/approval.ts';
import type { TaskStore } from '../domain/ports/stores.ts';
import { storedJson, storedText } from '../lib/stored-text.ts';
import type { ApprovalRow, StorageTables } from './tables.ts';
import { inTransaction } from './transaction.ts';

type Approvals = Pick<TaskStore, 'addApproval' | 'voidApproval' | 'approval' | 'approvals'>;

/** Decisions on tasks. They are never removed, only voided; the same event of a host counts once. */
export function createApprovals(db: Kysely<StorageTables>): Approvals {
  return {
    addApproval: async (transaction, approval) => {
      await inTransaction(transaction)
        .insertInto('approvals')
        .values(approvalRow(approval))
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    },
    voidApproval: async (transaction, taskId, at, reason, exceptHash) => {
      await inTransaction(transaction)
        .updateTable('approvals')
        .set({ voided_at: at, void_reason: storedText(reason) })
        .where('task_id', '=', taskId)
        .where('voided_at', 'is', null)
        .$if(exceptHash !== undefined, (rows) => rows.where('content_hash', '<>', exceptHash ?? ''))
        .execute();
    },
    approval: async (taskId) => {
      const row = await newestFirst(db, taskId).where('voided_at', 'is', null).executeTakeFirst();
      return row === undefined ? null : approvalOf(row);
    },
    approvals: async (taskId) => (await newestFirst(db, taskId).execute()).map(approvalOf),
  };
}

function newestFirst(db: Kysely<StorageTables>, taskId: string) {
  return db.selectFrom('approvals').selectAll().where('task_id', '=', taskId).orderBy('id', 'desc');
}

function approvalRow(approval: Approval) {
  return {
    task_id: approval.taskId,
    actor: storedText(approval.actor),
    person: storedText(approval.person),
    channel: approval.channel,
    content_hash: approval.contentHash,
    decided_at: approval.decidedAt,
    roles: storedJson(approval.roles),
    event_id: approval.eventId,
    base_commit: approval.baseCommit,
    voided_at: approval.voidedAt,
    void_reason: approval.voidReason,
    correlation_id: approval.correlationId,
  };
}

function approvalOf(row: Selectable<ApprovalRow>): Approval {
  return {
    taskId: row.task_id,
    actor: row.actor,
    person: row.person,
    channel: row.channel as Approval['channel'],
    contentHash: row.content_hash,
    decidedAt: row.decided_at,
    roles: row.roles as Approval['roles'],
    eventId: row.event_id,
    baseCommit: row.base_commit,
    voidedAt: row.voided_at,
    voidReason: row.void_reason,
    correlationId: row.correlation_id,
  };
}
