import type { FailureReason, Run, RunOutcome } from '../../domain/run.ts';
import type { AttentionReason, Task } from '../../domain/task.ts';
import { idOf } from '../../lib/hash.ts';
import type { PipelinePorts } from '../pipeline-ports.ts';

/** The name of one attempt: also the fencing generation and the workflow's id. */
export interface AttemptRef {
  readonly taskId: string;
  readonly attempt: number;
  /** Version of the task when it was dispatched: a start that failed may be tried again under a new id. */
  readonly version?: number;
  /** Until when people held it, or it waited for its turn (RFC 3339); left out where nobody saw it wait. */
  readonly heldUntil?: string;
  /** Set when it goes on with an open pull request instead of starting from the base branch. */
  readonly round?: {
    readonly branch: string;
    readonly headSha: string;
    /** What CI or people with write say; data. */
    readonly feedback: string;
  };
}

export function workflowIdOf(ref: AttemptRef): string {
  const again = ref.version === undefined ? '' : `.${ref.version}`;
  return `task-${ref.taskId}-${ref.attempt}${again}`;
}

export function runIdOf(ref: AttemptRef): string {
  return `${ref.taskId}-${ref.attempt}`;
}

/** On the issue of a task whose pull request waits for a review. */
export const reviewLabel = 'task-in-review';

/** `claude-manager/<task>-<salt>`: ours alone, new for each attempt, the same on a new database. */
export function branchOf(taskId: string, attempt: number): string {
  return `claude-manager/${taskId.slice(0, 12)}-${idOf(taskId, String(attempt)).slice(0, 6)}`;
}

/** What the work step hands to delivery: small and JSON, because the engine stores it. */
export interface WorkResult {
  readonly outcome: RunOutcome;
  readonly reason: FailureReason | null;
  readonly summary: string;
  /** Only when succeeded: where the commit lies, to be pushed. */
  readonly commit: {
    readonly gitDir: string;
    readonly sha: string;
    readonly branch: string;
  } | null;
  /** What of the change the policy leaves to a person, in words; with it the pull request is a draft that says so. */
  readonly leftToPerson?: readonly { readonly code: string; readonly text: string }[];
  /** `host:port` of connections that were refused on the way, for the reviewer. */
  readonly refused?: readonly string[];
  /** What the agent says of the model that did the work; null or left out when it says nothing. */
  readonly model?: string | null;
  /** When the quota of the agent's model resets, ISO 8601; null when it did not say. */
  readonly quotaResetsAt?: string | null;
  /** The error and what caused it, outermost first. */
  readonly errors?: readonly string[];
  /** Why a person is needed, where one is. */
  readonly asksPerson: AttentionReason | null;
}

/** The task and its run if this attempt is still the one that counts; null when a newer attempt or a person moved on. */
export async function current(
  ports: Pick<PipelinePorts, 'tasks' | 'runs'>,
  ref: AttemptRef,
): Promise<{ readonly task: Task; readonly run: Run } | null> {
  const task = await ports.tasks.get(ref.taskId);
  const run = await ports.runs.get(runIdOf(ref));
  if (task === null || run === null || task.attempt !== ref.attempt || task.state !== 'running')
    return null;
  return { task, run };
}
