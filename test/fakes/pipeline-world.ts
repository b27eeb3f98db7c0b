import { sql } from 'kysely';
import type { EffectRequest } from '../../src/domain/effect.ts';
import { intentIdOf, repeatableKinds } from '../../src/domain/effect.ts';
import type { Finding } from '../../src/domain/finding.ts';
import { fingerprintOf } from '../../src/domain/finding.ts';
import type { RepositoryPolicy } from '../../src/domain/policy.ts';
import type { Agent } from '../../src/domain/ports/agent.ts';
import type { Delegate } from '../../src/domain/ports/delegate.ts';
import type { Transaction } from '../../src/domain/ports/effects.ts';
import type { Obstacle, StartClaim } from '../../src/domain/ports/obstacles.ts';
import type { AuditRecord, KnownFinding } from '../../src/domain/ports/stores.ts';
import type { QuietHours } from '../../src/domain/quiet-hours.ts';
import type { RepositoryRef } from '../../src/domain/repository.ts';
import { repositoryKey } from '../../src/domain/repository.ts';
import type { Task } from '../../src/domain/task.ts';
import { silentLog } from '../../src/lib/log.ts';
import type { CyclePorts } from '../../src/pipeline/cycle-ports.ts';
import type { AttemptRef } from '../../src/pipeline/execute/attempt.ts';
import { type RoundRef } from '../../src/pipeline/follow/round.ts';
import { roundWorkflow } from '../../src/pipeline/follow/round-workflow.ts';
import { noteRefusedWrite } from '../../src/pipeline/settle.ts';
import { attemptWorkflow } from '../../src/pipeline/workflows.ts';
import type { Database } from '../../src/platform/database/database.ts';
import { migrate } from '../../src/platform/database/migrate.ts';
import { createEffects } from '../../src/platform/effects/create-effects.ts';
import { effectMigrations } from '../../src/platform/effects/migrations.ts';
import { createEarlierProposals } from '../../src/storage/earlier-proposals.ts';
import { createFindingStore } from '../../src/storage/finding-store.ts';
import { storageMigrations } from '../../src/storage/migrations.ts';
import { createPauseStore } from '../../src/storage/pause-store.ts';
import { createRunStore } from '../../src/storage/run-store.ts';
import { createSuppressionStore } from '../../src/storage/suppression-store.ts';
import { createTaskStore } from '../../src/storage/task-store.ts';
import { kyselyOf } from '../../src/storage/transaction.ts';
import { createFakeCodeHost, type FakeCodeHost } from './fake-code-host.ts';
import { createFakeWork, type FakeWork, fakeAgent, fakeWorkPorts } from './fake-work.ts';
import { createManualClock, type ManualClock } from './manual-clock.ts';

/** One manager and one target repository, the real stores and effects, a code host and an agent in memory. */
export interface PipelineWorld {
  readonly ports: CyclePorts;
  readonly host: FakeCodeHost;
  readonly clock: ManualClock;
  readonly manager: RepositoryRef;
  readonly target: RepositoryRef;
  readonly work: FakeWork;
  readonly audit: AuditRecord[];
  /** What holds for every repository; change it in place. */
  readonly policy: { -readonly [key in keyof RepositoryPolicy]: RepositoryPolicy[key] };
  readonly agents: Map<string, Agent>;
  /** None at first; the name goes before an agent's. */
  readonly delegates: Map<string, Delegate>;
  /** Whether a manager repository is configured. */
  hasManager: boolean;
  /** What lies in the way of every start. */
  obstacle: Obstacle | null;
  /** Who has the start of every approved task. */
  claim: StartClaim | null;
  /** Accounts of ours that may approve no longer. */
  readonly withoutRight: Set<string>;
  /** Runs of an agent at a time; without an entry any number. */
  readonly agentCaps: Map<string, number>;
  /** When nothing starts. */
  quiet: readonly QuietHours[];
  /** Attempts that were started, in order. */
  readonly started: AttemptRef[];
  /** Rounds that were started, in order. */
  readonly rounds: RoundRef[];
  /** What `lookAgain` does; nothing at first. */
  look: () => Promise<void>;
  /** Puts a finding where the scanner would put it; the same id again changes it. */
  find(id: string, change?: Partial<KnownFinding>): Promise<Finding>;
  task(id: string): Promise<Task>;
  /** Runs the workflow of the next attempt to its end. */
  attempt(task: Task): Promise<string>;
  /** Runs the workflow of a round to its end. */
  round(ref: RoundRef): Promise<string>;
}

/** Empties the database, so that each test has a world of its own; `before` is a world whose database was lost. */
export async function createPipelineWorld(
  database: Database,
  before?: PipelineWorld,
): Promise<PipelineWorld> {
  await migrate(database, [...storageMigrations, ...effectMigrations]);
  await sql`truncate tasks, approvals, task_notes, findings, scan_marks, runs, run_events, pauses, resting_agents,
    suppressions, earlier_proposals, repository_looks, changes, changes_forgotten, effect_intents`.execute(
    database.kysely(),
  );
  const clock = before?.clock ?? createManualClock();
  const host = before?.host ?? createFakeCodeHost({ clock });
  const manager = before?.manager ?? host.addRepository('acme/manager');
  const target = before?.target ?? host.addRepository('acme/widgets');
  for (const ref of [manager, target]) host.setRole(ref, 'ann', 'write');
  const work = createFakeWork();
  work.heads = (ref, branch) =>
    branch === 'main' ? null : (host.state(ref).branches.get(branch) ?? null);
  const audit: AuditRecord[] = [];
  const started: AttemptRef[] = [];
  const rounds: RoundRef[] = [];
  const policy = defaultPolicy();
  const agents = new Map([['scripted', fakeAgent('scripted', 'free')]]);
  const delegates = new Map<string, Delegate>();
  let ids = 0;
  const tasks = createTaskStore(database);
  const runs = createRunStore(database);
  const findings = createFindingStore(database);
  const world: PipelineWorld = {
    host,
    clock,
    manager,
    target,
    work,
    audit,
    policy,
    agents,
    delegates,
    started,
    rounds,
    agentCaps: new Map(),
    quiet: [],
    hasManager: true,
    obstacle: null,
    claim: null,
    withoutRight: new Set(),
    look: async () => undefined,
    find: async (id, change = {}) => {
      const finding = aFinding(id, target, change);
      await tasks.transact((transaction) => findings.save(transaction, target, [finding]));
      return finding;
    },
    task: async (id) => {
      const task = await tasks.get(id);
      if (task === null) throw new Error(`no task ${id}`);
      return task;
    },
    attempt: async (task) => {
      const { attempt, version } = await world.task(task.id);
      const ref = { taskId: task.id, attempt: attempt + 1, version };
      const signal = new AbortController().signal;
      return attemptWorkflow(world.ports, { step: async (_name, body) => body(signal) }, ref);
    },
    round: (ref) => {
      const signal = new AbortController().signal;
      return roundWorkflow(world.ports, { step: async (_name, body) => body(signal) }, ref);
    },
    ports: {
      host: () => host,
      tasks,
      findings,
      runs,
      pauses: createPauseStore(database),
      obstacles: { inTheWay: async () => world.obstacle, claimOf: async () => world.claim },
      suppressions: createSuppressionStore(database),
      earlier: createEarlierProposals(database),
      effects: createEffects<Transaction, EffectRequest>({
        database,
        open: kyselyOf,
        host: () => host,
        idOf: (request) => intentIdOf(repositoryKey(manager), request),
        keyOf: (repository) => repositoryKey(repository),
        markerKey: Buffer.alloc(32, 1),
        clock,
        log: silentLog,
        allow: async () => ({ allowed: true }),
        audit: async ({ event, intent, facts }) => {
          if (event === 'effect.failed')
            await noteRefusedWrite({ tasks, clock }, intent, facts['message']);
        },
        lookFirst: () => before !== undefined,
        isRepeatable: ({ kind }) => repeatableKinds.has(kind),
      }),
      audit: { record: async (_transaction, record) => void audit.push(record) },
      ...fakeWorkPorts(work),
      agents: (name) => agents.get(name) ?? null,
      delegates: (name) => delegates.get(name) ?? null,
      secrets: {
        scan: (text) => (text.includes('s3cr3t') ? ['test'] : []),
        redact: (text) => text.replaceAll('s3cr3t', '***'),
        lineRedactor: () => (line) => line.replaceAll('s3cr3t', '***'),
      },
      accounts: { lostApproval: async (name) => world.withoutRight.has(name) },
      settings: {
        managerOf: () => manager,
        findManager: () => (world.hasManager ? manager : null),
        policyOf: () => policy,
        labels: () => ({ approved: 'approved-for-dev', proposal: 'task-proposal' }),
        limits: () => ({
          files: 100,
          patchBytes: 100_000,
          binaryFileBytes: 1000,
          outputBytes: 1_000_000,
        }),
        agentByLabel: (labels) => (labels.includes('other-agent-task') ? 'other' : null),
        promptTemplate: async () => null,
        maxRounds: () => 2,
        quietHours: () => world.quiet,
        agentCap: (agent) => world.agentCaps.get(agent) ?? null,
      },
      clock,
      log: {
        debug: () => undefined,
        info: () => undefined,
        warn: () => undefined,
        error: () => undefined,
      },
      lookAgain: async () => world.look(),
      correlationId: () => 'correlation',
      asUnit: async (_operation, body) => await body(),
      newId: () => `id-${(ids += 1)}`,
      scan: async () => ({ commit: 'c'.repeat(40), changed: true, findings: 1 }),
      lastHeld: new Map(),
      startAttempt: async (ref) => {
        started.push(ref);
        return 'started';
      },
      startRound: async (ref) => {
        rounds.push(ref);
        return 'started';
      },
      settleLeftovers: async () => 0,
    },
  };
  return world;
}

function defaultPolicy(): PipelineWorld['policy'] {
  return {
    base: null,
    agent: 'scripted',
    setup: [],
    checks: [],
    egress: [],
    protectedPaths: [],
    protectedPathsPolicy: 'block',
    reviewer: null,
    proposalsOpen: 10,
    paused: false,
    maxConcurrent: 1,
    budget: {
      perRunUsd: 5,
      perTaskUsd: 50,
      perRepositoryDayUsd: 50,
      perMonthUsd: 500,
      perRunTokens: 1_000_000,
      perRunTurns: 100,
      perDayUsd: 50,
      timeoutMinutes: 30,
      stallMinutes: 10,
      maxAttempts: 3,
    },
    approval: { approvers: 1, separateFrom: [], expiresDays: null, people: {} },
  };
}

function aFinding(id: string, target: RepositoryRef, change: Partial<KnownFinding>): KnownFinding {
  const text = change.text ?? `handle the empty list ${id}`;
  return {
    id,
    repository: target,
    rule: 'todo',
    path: 'src/a.ts',
    line: 3,
    endLine: 3,
    tag: 'TODO',
    text,
    owner: null,
    issue: null,
    confidence: 0.9,
    url: null,
    context: ['// code'],
    contextStart: 2,
    fingerprint: fingerprintOf(target, 'todo', text, 1),
    commit: 'c'.repeat(40),
    firstSeen: new Date('2026-01-01T00:00:00Z'),
    status: 'open',
    oid: null,
    missedScans: 0,
    ...change,
  };
}
