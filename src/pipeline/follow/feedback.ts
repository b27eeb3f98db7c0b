import { mayApprove } from '../../domain/approval.ts';
import type { HostCheck, ReviewRemark } from '../../domain/ports/code-review.ts';
import type { Task } from '../../domain/task.ts';
import { toAppError } from '../../lib/app-error.ts';
import type { PipelinePorts } from '../pipeline-ports.ts';
import { trimmedLog } from './ci-output.ts';
import { handledRemarks, type RoundRef } from './round.ts';
import { verdictOf } from './verdict.ts';

type Ports = Pick<PipelinePorts, 'host' | 'tasks' | 'secrets' | 'log'>;

/** What a round is told, and what it answers. */
export interface Feedback {
  readonly text: string;
  readonly threads: readonly number[];
  /** Demands that this round takes up. */
  readonly demands: readonly string[];
}

const checksTold = 5;
const textAtMost = 20_000;

/** What the verdict says now, trimmed and redacted; null when nothing is wanted any more. */
export async function feedbackOf(
  ports: Ports,
  task: Task,
  ref: RoundRef,
): Promise<Feedback | null> {
  const { kind, headSha } = ref;
  const feedback =
    kind === 'ci' ? await ofChecks(ports, task, headSha) : await ofReview(ports, task);
  if (feedback === null) return null;
  const text = ports.secrets.redact(feedback.text).slice(0, textAtMost).toWellFormed();
  return { ...feedback, text };
}

async function ofChecks(ports: Ports, task: Task, headSha: string): Promise<Feedback | null> {
  const host = ports.host(task.target.host);
  const verdict = verdictOf(await host.checks(task.target, headSha));
  if (verdict.says !== 'red') return null;
  const told = verdict.failed.slice(0, checksTold);
  const each = Math.floor(textAtMost / told.length) - 300;
  const parts: string[] = [];
  for (const check of told) {
    const log = await logOf(ports, task, check);
    const said = trimmedLog(log ?? check.summary ?? '', each);
    parts.push(`Failed check: ${check.name}\n${said === '' ? 'It printed nothing.' : said}`);
  }
  const more = verdict.failed.length - told.length;
  if (more > 0) parts.push(`${more} more checks failed.`);
  return { text: parts.join('\n\n'), threads: [], demands: [] };
}

/** A log that cannot be read does not stop the round: the check's own words must do. */
async function logOf(ports: Ports, task: Task, check: HostCheck): Promise<string | null> {
  if (check.job === null) return null;
  try {
    return await ports.host(task.target.host).checkLog(task.target, check.job);
  } catch (thrown) {
    const { code } = toAppError(thrown);
    ports.log.warn('the log of a check cannot be read', { taskId: task.id, job: check.job, code });
    return null;
  }
}

async function ofReview(ports: Ports, task: Task): Promise<Feedback | null> {
  const wanted = await permittedRemarks(ports, task);
  const handled = handledRemarks(await ports.tasks.notes(task.id));
  const demands = wanted.filter(({ kind, id }) => kind === 'changes_requested' && !handled.has(id));
  if (demands.length === 0) return null;
  const inThreads = wanted.filter(({ kind }) => kind === 'thread');
  const told = [...demands, ...inThreads].map(({ author, path, line, body }) => {
    const place = path === null ? '' : ` on ${path}${line === null ? '' : `, line ${line}`}`;
    return `${author}${place}:\n${body.trim() === '' ? '(no words)' : body.trim()}`;
  });
  const threads = inThreads.flatMap(({ thread }) => (thread === null ? [] : [thread]));
  return {
    text: told.join('\n\n'),
    threads: [...new Set(threads)],
    demands: demands.map(({ id }) => id),
  };
}

/** Remarks of people who may write in the target, their role read now; bots and all others are as if they said nothing. */
export async function permittedRemarks(
  ports: Pick<PipelinePorts, 'host'>,
  task: Task,
): Promise<readonly ReviewRemark[]> {
  if (task.pullRequest === null) return [];
  const host = ports.host(task.target.host);
  const self = await host.self();
  const remarks = (await host.remarks(task.target, task.pullRequest.number)).filter(
    ({ author, authorIsBot }) => !authorIsBot && author.toLowerCase() !== self.toLowerCase(),
  );
  if (!remarks.some(({ kind }) => kind === 'changes_requested')) return [];
  const mayWrite = new Map<string, boolean>();
  for (const { author } of remarks) {
    if (mayWrite.has(author)) continue;
    mayWrite.set(author, mayApprove(await host.roleOf(task.target, author)));
  }
  return remarks.filter(({ author }) => mayWrite.get(author) === true);
}
