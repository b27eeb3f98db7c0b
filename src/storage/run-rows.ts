import type { Insertable, Selectable } from 'kysely';
import type { AgentEvent } from '../domain/agent-event.ts';
import type { Run } from '../domain/run.ts';
import { storedJson, storedTextOrNull } from '../lib/stored-text.ts';
import type { RunRow } from './tables.ts';

/** A run as its row. */
export function runRow(run: Run): Insertable<RunRow> {
  return {
    id: run.id,
    task_id: run.taskId,
    attempt: run.attempt,
    agent: run.agent,
    sandbox: run.sandbox,
    base_commit: run.baseCommit,
    started_at: run.startedAt,
    ended_at: run.endedAt,
    outcome: run.outcome,
    reason: run.reason,
    summary: storedTextOrNull(run.summary),
    usage: run.usage === null ? null : storedJson(run.usage),
    cost_usd: run.costUsd,
    checks: storedJson(run.checks),
    patch: storedTextOrNull(run.patch),
    correlation_id: run.correlationId,
    workflow_id: run.workflowId,
  };
}

/** The run of a row. */
export function runOf(row: Selectable<RunRow>): Run {
  return {
    id: row.id,
    taskId: row.task_id,
    attempt: row.attempt,
    agent: row.agent,
    sandbox: row.sandbox,
    baseCommit: row.base_commit,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    outcome: row.outcome as Run['outcome'],
    reason: row.reason as Run['reason'],
    summary: row.summary,
    usage: row.usage as Run['usage'],
    costUsd: row.cost_usd,
    checks: row.checks as Run['checks'],
    patch: row.patch,
    correlationId: row.correlation_id,
    // Rows of older versions named the workflow there.
    workflowId: row.workflow_id ?? row.correlation_id,
  };
}

/** An event as it came back from jsonb, with its moments as dates again. */
export function agentEventOf(stored: unknown): AgentEvent {
  const event = stored as AgentEvent;
  if (event.type !== 'ended' || event.end.resetsAt === null) return event;
  return { ...event, end: { ...event.end, resetsAt: new Date(event.end.resetsAt) } };
}
