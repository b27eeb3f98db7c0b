import { contentHash } from '../../domain/approval.ts';
import type { EffectRequest } from '../../domain/effect.ts';
import type { Finding } from '../../domain/finding.ts';
import type { RepositoryRef } from '../../domain/repository.ts';
import { repositoryKey } from '../../domain/repository.ts';
import type { Proposal, Task } from '../../domain/task.ts';
import { isLive } from '../../domain/task.ts';
import { toAppError } from '../../lib/app-error.ts';
import { idOf, sha256 } from '../../lib/hash.ts';
import { canonicalJson } from '../../lib/json.ts';
import type { PipelinePorts } from '../pipeline-ports.ts';
import { pipelineActor } from '../pipeline-ports.ts';
import type { Failure } from '../settle.ts';
import { forEachApart } from '../settle.ts';
import { proposalFor, publishedBody, quotes } from './proposal-text.ts';
import { wasProposedEarlier } from './proposed-earlier.ts';
import { takeOver } from './take-over.ts';

type Ports = Pick<
  PipelinePorts,
  | 'host'
  | 'tasks'
  | 'findings'
  | 'suppressions'
  | 'earlier'
  | 'effects'
  | 'audit'
  | 'settings'
  | 'clock'
  | 'log'
  | 'secrets'
  | 'correlationId'
>;

/** What one round of proposing did. */
export interface Proposed {
  readonly proposed: readonly Task[];
  /** Proposals that have no issue yet, for whatever reason. */
  readonly unpublished: number;
  /** Findings that wait because the cap of open proposals is reached, or for the end of a pause. */
  readonly held: number;
  /** Proposals whose issue could not be made; the next round tries again. */
  readonly failed: readonly Failure[];
}

/**
 * Proposes the best-ranked open findings of a repository, each once, up to the cap of open proposals.
 * The task row and the intent of its issue commit together; the issue is sent afterwards and again after a crash.
 */
export async function propose(ports: Ports, target: RepositoryRef): Promise<Proposed> {
  const policy = ports.settings.policyOf(target);
  const repository = await ports.host(target.host).repository(target);
  const candidates = await unproposed(ports, target);
  const room = await roomFor(ports, target);
  const baseBranch = policy.base ?? repository.defaultBranch;
  const withCode = await mayShowCode(ports, target);
  const ranked = candidates
    .map((finding) => ({ finding, proposal: redacted(ports, proposalFor(finding, { withCode })) }))
    .sort((a, b) => b.proposal.rank - a.proposal.rank || order(a.finding, b.finding));
  const chosen = ranked.slice(0, room).map((one) => ({
    where: `${repositoryKey(target)} ${one.finding.id}`,
    publish: async () => await proposeOne(ports, one.finding, one.proposal, baseBranch),
  }));
  const round = await publishEach(chosen);
  return { ...round, held: Math.max(0, ranked.length - room) + round.held };
}

/**
 * Publishes the proposals of these repositories that have no issue yet: their answer was lost, we died, or the host
 * failed in between.
 */
export async function finishProposals(
  ports: Ports,
  targets: readonly RepositoryRef[],
): Promise<Proposed> {
  const watched = new Set(targets.map(repositoryKey));
  const open = await ports.tasks.list({ states: ['proposed'], unpublished: true });
  const unfinished = open.filter(({ target }) => watched.has(repositoryKey(target)));
  return await publishEach(
    unfinished.map((task) => ({
      where: `${repositoryKey(task.target)} ${task.id}`,
      publish: async () => await finishInterrupted(ports, task),
    })),
  );
}

async function publishEach(
  things: readonly { readonly where: string; readonly publish: () => Promise<Task> }[],
): Promise<Proposed> {
  const proposed: Task[] = [];
  const where = (thing: { readonly where: string }): string => thing.where;
  const failed = await forEachApart(things, where, async ({ publish: one }) => {
    const task = await one();
    if (task.issueNumber !== null) proposed.push(task);
  });
  const wrong = failed.filter(({ error }) => toAppError(error).code !== 'effect_held');
  return {
    proposed,
    unpublished: things.length - proposed.length,
    held: failed.length - wrong.length,
    failed: wrong,
  };
}

/** How many findings would be proposed now, without writing anything. */
export async function countUnproposed(ports: Ports, target: RepositoryRef): Promise<number> {
  return Math.min(await roomFor(ports, target), (await unproposed(ports, target)).length);
}

/** How many more proposals may be open. */
async function roomFor(ports: Ports, target: RepositoryRef): Promise<number> {
  const { proposalsOpen: limit } = ports.settings.policyOf(target);
  return limit - (await ports.tasks.list({ states: ['proposed'], target, limit })).length;
}

/** The id of the task that a finding leads to: equal on a new database, so that nothing is proposed twice. */
function taskIdOf(manager: RepositoryRef, rule: string, fingerprint: string): string {
  return idOf('task', repositoryKey(manager), rule, fingerprint);
}

/** The version of what in a policy an approval relies on. */
function policyVersion(policy: ReturnType<PipelinePorts['settings']['policyOf']>): string {
  const { setup, checks, egress, protectedPaths, protectedPathsPolicy } = policy;
  return sha256(
    canonicalJson({ setup, checks, egress, protectedPaths, protectedPathsPolicy }),
  ).slice(0, 16);
}

/** The hash that an approval of this task binds, over its words as they stand. */
export function hashOf(
  ports: { readonly settings: Pick<PipelinePorts['settings'], 'policyOf'> },
  task: Pick<Task, 'target' | 'baseBranch' | 'agent'> & {
    readonly proposal: Pick<Proposal, 'title' | 'body'>;
  },
): string {
  return contentHash({
    title: task.proposal.title,
    body: task.proposal.body,
    target: repositoryKey(task.target),
    baseBranch: task.baseBranch,
    agent: task.agent,
    policyVersion: policyVersion(ports.settings.policyOf(task.target)),
  });
}

/** The proposal for a finding as it would be made now. */
export async function freshProposal(
  ports: Pick<Ports, 'host' | 'settings' | 'secrets'>,
  finding: Finding,
): Promise<Proposal> {
  const withCode = await mayShowCode(ports, finding.repository);
  return redacted(ports, proposalFor(finding, { withCode }));
}

/** Code near a comment may hold a secret; an issue is read by more people than the code. */
function redacted(ports: Pick<Ports, 'secrets'>, proposal: Proposal): Proposal {
  const redact = (text: string): string => ports.secrets.redact(text);
  return {
    ...proposal,
    title: redact(proposal.title),
    body: redact(proposal.body),
    evidence: redact(proposal.evidence),
  };
}

async function proposeOne(
  ports: Ports,
  finding: Finding,
  proposal: Proposal,
  baseBranch: string,
): Promise<Task> {
  const manager = ports.settings.managerOf(finding.repository);
  const now = ports.clock.now();
  const labels = ports.settings.labels();
  const agent = ports.settings.policyOf(finding.repository).agent;
  const body = publishedBody(proposal, labels.approved);
  const task: Task = {
    id: taskIdOf(manager, finding.rule, finding.fingerprint),
    state: 'proposed',
    attention: null,
    origin: {
      kind: 'finding',
      rule: finding.rule,
      findingId: finding.id,
      fingerprint: finding.fingerprint,
    },
    target: finding.repository,
    proposal,
    agent,
    baseBranch,
    contentHash: hashOf(ports, { proposal, target: finding.repository, baseBranch, agent }),
    issueNumber: null,
    publishedTitle: proposal.title,
    publishedBody: body,
    pullRequest: null,
    attempt: 0,
    note: null,
    createdAt: now,
    updatedAt: now,
    version: 1,
  };
  const intents = await ports.tasks.transact(async (transaction) => {
    await ports.tasks.insert(transaction, task);
    await ports.audit.record(transaction, {
      event: 'proposal.created',
      outcome: 'ok',
      actor: pipelineActor,
      target: task.id,
      correlationId: ports.correlationId(),
      facts: { title: proposal.title, rank: proposal.rank, finding: finding.id },
    });
    return ports.effects.intend(transaction, [issueOf(ports, task)]);
  });
  return publish(ports, task.id, intents[0] ?? '');
}

async function finishInterrupted(ports: Ports, task: Task): Promise<Task> {
  const intents = await ports.tasks.transact((transaction) =>
    ports.effects.intend(transaction, [issueOf(ports, task)]),
  );
  return publish(ports, task.id, intents[0] ?? '');
}

function issueOf(ports: Pick<Ports, 'settings'>, task: Task): EffectRequest {
  return {
    kind: 'create_issue',
    repository: ports.settings.managerOf(task.target),
    taskId: task.id,
    attempt: 0,
    ordinal: 0,
    payload: {
      title: task.publishedTitle ?? task.proposal.title,
      body: task.publishedBody ?? task.proposal.body,
      labels: [ports.settings.labels().proposal],
    },
    ...(task.origin.kind === 'finding' ? { fingerprint: task.origin.fingerprint } : {}),
  };
}

/**
 * Sends the issue of a proposal, or finds it made, and notes its number; one that cannot be told at once is finished by a
 * later round. Safe to repeat.
 */
async function publish(
  ports: Pick<Ports, 'tasks' | 'effects' | 'host' | 'settings' | 'clock' | 'log'>,
  taskId: string,
  intentId: string,
): Promise<Task> {
  const result = await ports.effects.settleNow(intentId);
  const task = await required(ports, taskId);
  if (result === null || result.number === null || task.issueNumber === result.number) return task;
  const numbered = await ports.tasks.transact((transaction) =>
    ports.tasks.update(transaction, task, { issueNumber: result.number }),
  );
  if (!result.adopted) return numbered;
  const manager = ports.settings.managerOf(task.target);
  const issue = await ports.host(manager.host).issue(manager, result.number);
  return issue === null ? numbered : takeOver(ports, numbered, issue);
}

async function required(ports: Pick<Ports, 'tasks'>, taskId: string): Promise<Task> {
  const task = await ports.tasks.get(taskId);
  if (task === null) throw new Error(`task ${taskId} vanished`);
  return task;
}

async function unproposed(ports: Ports, target: RepositoryRef): Promise<readonly Finding[]> {
  const findings = await ports.findings.list({ repository: target, status: 'open' });
  const manager = ports.settings.managerOf(target);
  const fresh: Finding[] = [];
  const never = new Map<string, boolean>();
  const earlier = await ports.earlier.of(target);
  for (const finding of findings) {
    if (!never.has(finding.rule)) {
      never.set(finding.rule, await ports.suppressions.has(target, finding.rule));
    }
    if (never.get(finding.rule) === true) continue;
    if (wasProposedEarlier(finding, earlier)) continue;
    const known =
      (await ports.tasks.byFinding(finding.id)) ??
      (await ports.tasks.get(taskIdOf(manager, finding.rule, finding.fingerprint)));
    if (known === null || (await mayAskAnew(ports, known, finding))) fresh.push(finding);
  }
  return fresh;
}

/** A decision holds for the words it was made on: when the comment says something else, it may be proposed as new. */
async function mayAskAnew(ports: Ports, known: Task, finding: Finding): Promise<boolean> {
  if (isLive(known.state) || known.state === 'failed' || known.state === 'resolved') return false;
  if (known.origin.kind !== 'finding' || known.origin.fingerprint === finding.fingerprint)
    return false;
  if (quotes(known.proposal, finding)) return false;
  const manager = ports.settings.managerOf(finding.repository);
  return (await ports.tasks.get(taskIdOf(manager, finding.rule, finding.fingerprint))) === null;
}

/** Code of a private repository is shown only where not everybody can read it. */
async function mayShowCode(
  ports: Pick<Ports, 'host' | 'settings'>,
  target: RepositoryRef,
): Promise<boolean> {
  if (!(await ports.host(target.host).repository(target)).private) return true;
  const manager = ports.settings.managerOf(target);
  return (await ports.host(manager.host).repository(manager)).private;
}

function order(a: Finding, b: Finding): number {
  return a.path === b.path ? a.line - b.line : a.path < b.path ? -1 : 1;
}
