import type { RunStore, TaskStore } from '../../domain/ports/stores.ts';
import type { TaskQueries, TaskSummary } from '../../domain/ports/task-queries.ts';
import type { Run } from '../../domain/run.ts';
import type { Task } from '../../domain/task.ts';
import { AppError } from '../../lib/app-error.ts';
import type { Settings } from '../../pipeline/pipeline-ports.ts';
import { hashOf } from '../../pipeline/propose/propose.ts';
import type { TaskDetail, TaskLine } from './contract.ts';

export interface LinePorts {
  readonly queries: Pick<TaskQueries, 'one' | 'startingWith'>;
  readonly tasks: Pick<TaskStore, 'get' | 'approvals'>;
  readonly runs: Pick<RunStore, 'ofTask'>;
  readonly settings: Pick<Settings, 'policyOf'>;
  /** Where a person reads the issue; null where there is no such page. */
  readonly issueUrl: (target: Task['target'], number: number) => string | null;
}

/** A task as lists show it. */
export function lineOf(
  ports: Pick<LinePorts, 'settings' | 'issueUrl'>,
  task: TaskSummary,
): TaskLine {
  const [strongest] = [...task.rankReasons].sort((a, b) => b.points - a.points);
  const { approvers } = ports.settings.policyOf(task.target).approval;
  return {
    id: task.id,
    state: task.state,
    attention: task.attention,
    title: task.title,
    kind: task.kind,
    target: task.target.name,
    host: task.target.host,
    rank: task.rank,
    topReason: strongest?.because ?? null,
    agent: task.agent,
    issue: task.issueNumber,
    issueUrl: task.issueNumber === null ? null : ports.issueUrl(task.target, task.issueNumber),
    pullRequest: task.pullRequestUrl,
    note: task.note,
    attempt: task.attempt,
    snoozedUntil: task.snoozedUntil?.toISOString() ?? null,
    contentHash:
      task.body === null
        ? null
        : hashOf(ports, { ...task, proposal: { title: task.title, body: task.body } }),
    approved: { given: task.approvals, needed: approvers },
    createdAt: task.createdAt.toISOString(),
    updatedAt: task.updatedAt.toISOString(),
    version: task.version,
  };
}

/** The line of a task as it stands now. */
export async function lineNow(ports: LinePorts, id: string): Promise<TaskLine> {
  const summary = await ports.queries.one(id);
  if (summary === null) throw new Error(`task ${id} vanished`);
  return lineOf(ports, summary);
}

/** A task with its words, approvals and runs. */
export async function detailOf(ports: LinePorts, task: Task): Promise<TaskDetail> {
  const [line, approvals, runs] = await Promise.all([
    lineNow(ports, task.id),
    ports.tasks.approvals(task.id),
    ports.runs.ofTask(task.id),
  ]);
  return {
    ...line,
    body: task.proposal.body,
    evidence: task.proposal.evidence,
    rankReasons: [...task.proposal.rankReasons],
    baseBranch: task.baseBranch,
    contentHash: task.contentHash,
    approvals: approvals.map((approval) => ({
      actor: approval.actor,
      person: approval.person,
      channel: approval.channel,
      contentHash: approval.contentHash,
      decidedAt: approval.decidedAt.toISOString(),
      roles: approval.roles,
      voidedAt: approval.voidedAt?.toISOString() ?? null,
      voidReason: approval.voidReason,
    })),
    runs: runs.map(runOf),
  };
}

function runOf(run: Run): TaskDetail['runs'][number] {
  const { id, attempt, agent, outcome, reason, summary, costUsd, baseCommit, patch } = run;
  return {
    id,
    attempt,
    agent,
    outcome,
    reason,
    summary,
    costUsd,
    baseCommit,
    patch,
    startedAt: run.startedAt.toISOString(),
    endedAt: run.endedAt?.toISOString() ?? null,
    checks: run.checks.map(({ command, passed }) => ({ command, passed })),
  };
}

/** Finds a task by its id or by a beginning of it that only one task has. */
export async function find(
  ports: Pick<LinePorts, 'queries'> & { readonly tasks: Pick<TaskStore, 'get'> },
  id: string,
): Promise<Task> {
  const exact = await ports.tasks.get(id);
  if (exact !== null) return exact;
  const matches = await ports.queries.startingWith(id);
  const [only] = matches;
  const task = only !== undefined && matches.length === 1 ? await ports.tasks.get(only) : null;
  if (task !== null) return task;
  throw new AppError({
    kind: 'not_found',
    code: matches.length === 0 ? 'task_unknown' : 'task_ambiguous',
    message:
      matches.length === 0 ? `There is no task ${id}.` : `More than one task begins with ${id}.`,
    next: '`claude-manager tasks list` prints the ids.',
    details: { id },
  });
}
