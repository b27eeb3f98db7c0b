import type { RunStore, TaskStore } from '../../domain/ports/stores.ts';
import type { Task } from '../../domain/task.ts';
import type { TimelineEntry } from './contract.ts';

/** An audit entry as far as a timeline needs it. */
export interface TimelineAudit {
  readonly seq: number;
  readonly at: Date;
  readonly event: string;
  readonly outcome: string;
  readonly actor: { readonly kind: string; readonly name: string };
  readonly correlationId: string;
  readonly facts: Record<string, unknown>;
  readonly hash: string;
}

interface Ports {
  readonly tasks: Pick<TaskStore, 'notes' | 'approvals'>;
  readonly runs: Pick<RunStore, 'ofTask'>;
  readonly auditOf: (
    taskId: string,
    page: { readonly limit: number },
  ) => Promise<readonly TimelineAudit[]>;
}

/** Told better by approvals, notes and runs than by their audit entries. */
const toldElsewhere: ReadonlySet<string> = new Set([
  'approval.granted',
  'approval.refused_role',
  'approval.stale_content',
  'approval.revoked',
  'agent.start',
  'task.rejected',
  'task.canceled',
  'task.retried',
]);

/** What happened to a task, oldest first, each entry with its actor where one is known. */
export async function timelineOf(ports: Ports, task: Task): Promise<readonly TimelineEntry[]> {
  const [notes, approvals, runs, audit] = await Promise.all([
    ports.tasks.notes(task.id),
    ports.tasks.approvals(task.id),
    ports.runs.ofTask(task.id),
    ports.auditOf(task.id, { limit: 500 }),
  ]);
  const entries: TimelineEntry[] = [];
  const add = (
    kind: TimelineEntry['kind'],
    at: Date,
    code: string,
    text: string,
    more: Partial<Pick<TimelineEntry, 'actor' | 'runId'>> = {},
  ): void => {
    entries.push({ at: at.toISOString(), kind, code, text, actor: null, runId: null, ...more });
  };
  add('created', task.createdAt, 'proposed', `Proposed with rank ${task.proposal.rank}.`);
  for (const { actor, channel, decidedAt, contentHash } of approvals) {
    const text = `Approved through ${channel} over content ${contentHash.slice(0, 12)}.`;
    const kind = channel === 'label' ? 'host_user' : channel === 'cli' ? 'command_line' : 'user';
    add('approval', decidedAt, 'approved', text, { actor: { kind, name: actor } });
  }
  for (const { voidedAt, voidReason, actor } of approvals) {
    const reason = voidReason ?? 'void';
    if (voidedAt !== null)
      add('void', voidedAt, reason, `The approval by ${actor} no longer holds.`);
  }
  for (const { at, code, text, actor } of notes) {
    if (code !== 'approved') add('note', at, code, text, { actor: actor ?? null });
  }
  for (const run of runs) {
    const with_ = `Attempt ${run.attempt} with ${run.agent}`;
    add('run', run.startedAt, 'run_started', `${with_} began.`, { runId: run.id });
    if (run.endedAt === null) continue;
    const outcome = run.outcome ?? 'ended';
    const unsealed = run.sandbox === 'none' ? ' It ran without a sandbox.' : '';
    const text = `${with_} ended: ${outcome.replaceAll('_', ' ')}.${unsealed}`;
    add('run_end', run.endedAt, outcome, text, { runId: run.id });
  }
  for (const { at, event, outcome, actor } of audit) {
    if (toldElsewhere.has(event)) continue;
    add('audit', at, event, `${event}: ${outcome}.`, { actor: { ...actor } });
  }
  return entries.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}
