import type { ColumnType, Generated } from 'kysely';
import type { AuditEntry, AuditOutcome } from './audit-entry.ts';

/** The tables of the audit as Kysely sees them. Rows are added and read; only pruning removes any. */
export interface AuditTables {
  audit_entries: AuditEntryRow;
  audit_checkpoints: AuditCheckpointRow;
  audit_queue: { id: Generated<number>; at: Date; entry: ColumnType<AuditEntry, string, never> };
}

/** `body` is the entry; the other columns only find it, and are checked against it. */
export interface AuditEntryRow {
  seq: number;
  at: Date;
  event: string;
  outcome: AuditOutcome;
  actor_name: string;
  target: string | null;
  correlation_id: string;
  begun: number | null;
  /** From where an entry was taken over (`queue:7`), so that it is taken over once. */
  taken_from: string | null;
  body: string;
  hash: string;
}

export interface AuditCheckpointRow {
  id: Generated<number>;
  kind: 'checkpoint' | 'prune' | 'gap';
  size: number;
  at: Date;
  note: string;
  /** Whole subtrees of the tree at this size, hex, largest first, separated by spaces. */
  frontier: string;
}
