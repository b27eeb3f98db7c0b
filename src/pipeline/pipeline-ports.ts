import type { Actor } from '../domain/actor.ts';
import type { EgressRefusal } from '../domain/egress-refusal.ts';
import type { RepositoryPolicy } from '../domain/policy.ts';
import type { Agent, AgentRunner } from '../domain/ports/agent.ts';
import type { CodeHost } from '../domain/ports/code-host.ts';
import type { Delegate } from '../domain/ports/delegate.ts';
import type { EarlierProposals } from '../domain/ports/earlier-proposals.ts';
import type { Effects } from '../domain/ports/effects.ts';
import type { Mirrors, Workspaces } from '../domain/ports/git.ts';
import type { Obstacles } from '../domain/ports/obstacles.ts';
import type { SuppressionStore } from '../domain/ports/page-queries.ts';
import type {
  AuditTrail,
  FindingStore,
  PauseStore,
  RunStore,
  TaskStore,
} from '../domain/ports/stores.ts';
import type { QuietHours } from '../domain/quiet-hours.ts';
import type { HostName, RepositoryRef } from '../domain/repository.ts';
import type { CheckResult } from '../domain/run.ts';
import type { Clock } from '../lib/clock.ts';

/** What the verbs of the pipeline work through; `app/compose.ts` builds it, tests hand in fakes. Take only what you need. */
export interface PipelinePorts {
  readonly host: (name: HostName) => CodeHost;
  readonly tasks: TaskStore;
  readonly findings: FindingStore;
  readonly runs: RunStore;
  readonly pauses: PauseStore;
  readonly obstacles: Obstacles;
  readonly suppressions: Pick<SuppressionStore, 'has'>;
  readonly earlier: Pick<EarlierProposals, 'of'>;
  readonly effects: Effects;
  readonly audit: AuditTrail;
  readonly mirrors: Mirrors;
  readonly workspaces: Workspaces;
  readonly agents: (name: string) => Agent | null;
  /** Agents of others that are only asked. */
  readonly delegates: (name: string) => Delegate | null;
  readonly runner: AgentRunner;
  readonly sealing: Sealing;
  readonly commands: CommandRunner;
  readonly secrets: SecretScan;
  readonly settings: Settings;
  readonly accounts: Accounts;
  readonly clock: Clock;
  readonly log: PipelineLog;
  /** Looks again at the target's base branch and keeps findings and proposals in step with it. */
  readonly lookAgain: (target: RepositoryRef, rule: string) => Promise<void>;
  readonly correlationId: () => string;
  /** Runs the body as a unit of work of its own where it is done for nobody who asked; within a person's call it just runs. */
  readonly asUnit: <T>(operation: string, body: () => Promise<T>) => Promise<T>;
  readonly newId: () => string;
}

/** What seals agents in here. */
export interface Sealing {
  /** Name of the sandbox; `none` where there is none. */
  readonly sandbox: string;
  /** Agents run without a sandbox because the owner consented to it. */
  readonly isUnsealedByConsent: boolean;
}

/** Runs one shell line of the policy (`setup`, `checks`) in the sandbox, without secrets. */
export interface CommandRunner {
  run(request: {
    readonly command: string;
    readonly workspace: string;
    readonly timeoutMs: number;
    readonly egress: readonly string[];
    readonly signal: AbortSignal;
    readonly onEgressRefused: (refusal: EgressRefusal) => void;
  }): Promise<CheckResult>;
}

/** Finds secrets in text; answers the kinds found, never the values. */
export interface SecretScan {
  scan(text: string): readonly string[];
  redact(text: string): string;
  /** For one stream of lines, in which a secret may be spread over several. */
  lineRedactor(): (line: string) => string;
}

/** The accounts of the dashboard and of API tokens, as far as approving goes. */
export interface Accounts {
  /** Whether this account may approve in the repository no longer; false for a name that never had an account. */
  lostApproval(name: string, repository: string): Promise<boolean>;
}

/** What of the configuration the pipeline reads; getters, so that a reload is seen at once. */
export interface Settings {
  /** Where the proposals of a target are; throws AppError `manager_missing` where none is configured for it. */
  readonly managerOf: (target: RepositoryRef) => RepositoryRef;
  /** The same; null where none is configured. */
  readonly findManager: (target: RepositoryRef) => RepositoryRef | null;
  readonly policyOf: (target: RepositoryRef) => RepositoryPolicy;
  readonly labels: () => { readonly approved: string; readonly proposal: string };
  readonly limits: () => RunLimits;
  readonly agentByLabel: (labels: readonly string[]) => string | null;
  readonly promptTemplate: (kind: string) => Promise<string | null>;
  readonly maxRounds: () => number;
  /** Runs of an agent at a time, in all processes together; null where only the workers bound it. */
  readonly agentCap: (agent: string) => number | null;
  /** When nothing is started. */
  readonly quietHours: () => readonly QuietHours[];
}

/** Bounds of one run and of its change. */
export interface RunLimits extends JudgementLimits {
  /** Output beyond this is not read. */
  readonly outputBytes: number;
}

/** Bounds of what an agent's change may be. */
export interface JudgementLimits {
  readonly files: number;
  readonly patchBytes: number;
  readonly binaryFileBytes: number;
}

export interface PipelineLog {
  debug(message: string, facts?: object): void;
  info(message: string, facts?: object): void;
  warn(message: string, facts?: object): void;
  error(message: string, facts?: object): void;
}

/** The actor for what the pipeline does by itself. */
export const pipelineActor: Actor = { kind: 'system', name: 'pipeline' };
