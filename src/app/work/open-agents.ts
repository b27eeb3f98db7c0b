import type { EgressRefusal } from '../../domain/egress-refusal.ts';
import type { Agent, AgentRunner } from '../../domain/ports/agent.ts';
import type { Delegate } from '../../domain/ports/delegate.ts';
import type { Sandbox } from '../../domain/ports/sandbox.ts';
import { createCommandRunner } from '../../integrations/agents/command-runner.ts';
import { createAgents } from '../../integrations/agents/create-agents.ts';
import { createDemoAgent } from '../../integrations/agents/demo/demo-agent.ts';
import { sampleRepositories } from '../../integrations/agents/demo/samples.ts';
import { proveAgent } from '../../integrations/agents/prove-agent.ts';
import { createAgentRunner } from '../../integrations/agents/runner.ts';
import { createTerragon } from '../../integrations/delegates/terragon.ts';
import { agentUserOf, createBubblewrap } from '../../integrations/sandbox/bubblewrap.ts';
import { chooseSandbox } from '../../integrations/sandbox/choose-sandbox.ts';
import { createNoSandbox } from '../../integrations/sandbox/no-sandbox.ts';
import { createSandboxRuntime } from '../../integrations/sandbox/sandbox-runtime.ts';
import { AppError, toAppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Random } from '../../lib/random.ts';
import { type AgentLine, proofBudgetUsd } from '../../operations/agents/contract.ts';
import { agentHandlers } from '../../operations/agents/handlers.ts';
import type { Served } from '../../operations/gate.ts';
import type { CommandRunner, Sealing } from '../../pipeline/pipeline-ports.ts';
import type { Config } from '../../platform/config/schema.ts';
import { correlationIdHere } from '../../platform/logging/context.ts';
import { isOfSamplesAlone } from '../demo/demo.ts';
import type { ProcessSlot } from './process-slot.ts';

/** Agents and where they run. */
export interface AgentRooms {
  readonly agents: (name: string) => Agent | null;
  readonly delegates: (name: string) => Delegate | null;
  readonly runner: AgentRunner;
  readonly commands: CommandRunner;
  readonly sealing: Sealing;
  /** What has to be installed before any agent can run here; null when nothing has to. */
  readonly missing: string | null;
  /**
   * What keeps every agent but the demo's own from running here, for a person, and which one that is now; null where it
   * keeps none.
   */
  readonly demoAlone: () => { readonly text: string; readonly spares: string | null } | null;
  /** Why this agent may not run here where others may, for a person; null when it may. */
  readonly refusal: (name: string) => string | null;
  /** `agents.list`, `agents.prove`. */
  readonly served: readonly Served[];
}

export interface AgentRoomParts {
  /** At the start: the demo and the sandbox are decided by it. */
  readonly config: Config;
  /** Now. */
  readonly current: () => Config;
  /** Folder of the configuration, from which relative programs are found. */
  readonly folder: string;
  readonly dataDir: string;
  readonly slot: Pick<ProcessSlot, 'folder'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly path: string;
  /** From the vault or the environment. */
  readonly secret: (name: string) => Promise<string | undefined>;
  /** Over what agents say. */
  readonly redact: (text: string) => string;
  /** False where no agent will be run: no sandbox is tried. */
  readonly isWorking: boolean;
  readonly warn: (message: string, facts: object) => void;
}

/** Builds the agents and chooses the sandbox when agents will be run. */
export async function openAgents(parts: AgentRoomParts): Promise<AgentRooms> {
  const { config, clock, random, path } = parts;
  const tempRoot = parts.slot.folder;
  const isDemo = config.executor.default === 'demo';
  const configured = (): readonly Agent[] =>
    createAgents(agentEntries(parts.current()), { path, baseDir: parts.folder });
  const demo = isDemo
    ? [
        await createDemoAgent(
          parts.dataDir,
          sampleRepositories.flatMap(({ recipes }) => recipes),
        ),
      ]
    : [];
  const { sandbox, missing, isForDemoOnly } = parts.isWorking
    ? await sandboxFor(parts, tempRoot, isDemo && isOfSamplesAlone(config, parts.folder))
    : { sandbox: notWorking, missing: null, isForDemoOnly: false };
  const nodePath = process.execPath;
  const bounds = (): Config['executor']['limits'] => parts.current().executor.limits;
  // Read by each run when it begins, so that a reload holds for the next one.
  const limits = {
    get memoryBytes() {
      return bounds().memoryMb * 2 ** 20;
    },
    get processes() {
      return bounds().processes;
    },
    get cpus() {
      return bounds().cpus;
    },
    get fileBytes() {
      return bounds().fileMb * 2 ** 20;
    },
    get diskBytes() {
      return bounds().diskMb * 2 ** 20;
    },
  };
  const secrets = parts.secret;
  // Asked each time: a reload can name other repositories.
  const mayRunCommands = (): boolean =>
    !isForDemoOnly || isOfSamplesAlone(parts.current(), parts.folder);
  const mayRun = (agent: Agent | null): boolean =>
    !isForDemoOnly || (agent === demo[0] && mayRunCommands());
  const anyRunner = createAgentRunner({
    sandbox,
    secrets,
    clock,
    random,
    tempRoot,
    path,
    nodePath,
    limits,
  });
  const runner: AgentRunner = {
    run: async (request) => {
      if (!mayRun(request.agent)) throw withoutConsent(request.agent.name);
      return await anyRunner.run(request);
    },
  };
  const lines = createCommandRunner({ sandbox, clock, tempRoot, nodePath, limits });
  const terragon = (): Delegate =>
    createTerragon({ username: parts.current().executor.terragonUsername });
  const find = (name: string): Agent | null =>
    [...configured(), ...demo].find((agent) => agent.name === name) ?? null;
  return {
    agents: find,
    delegates: (name) => (name === terragon().name ? terragon() : null),
    served: agentHandlers({
      sandboxName: sandbox.name,
      list: () => agentLines([...configured(), ...demo], terragon(), parts.current()),
      prove: async (name, { signal, progress }) => {
        const agent = find(name);
        if (agent === null) throw new Error(`the agent ${name} went away`);
        const proof = await proveAgent(agent, {
          runner,
          sandbox,
          clock,
          random,
          tempRoot,
          budgetUsd: proofBudgetUsd,
          correlationId: correlationIdHere(random),
          signal,
          progress,
        });
        const steps = proof.steps.map((one) => ({ ...one, evidence: parts.redact(one.evidence) }));
        return { ...proof, steps };
      },
    }),
    runner,
    commands: {
      run: async (request) => {
        if (!mayRunCommands()) throw withoutConsent('commands of a policy');
        const { exitCode, output, durationMs, timedOut } = await lines.run(request);
        const said = timedOut ? `${output}\n(ended: it used up its time)` : output;
        return {
          command: request.command,
          passed: exitCode === 0,
          exitCode,
          durationMs,
          output: said,
        };
      },
    },
    sealing: {
      sandbox: sandbox.name,
      isUnsealedByConsent:
        parts.isWorking && sandbox.name === 'none' && missing === null && !isForDemoOnly,
    },
    missing,
    demoAlone: () => {
      if (!isForDemoOnly) return null;
      const [own] = demo;
      const isSpared = own !== undefined && find(own.name) === own && mayRun(own);
      return { text: inWords(withoutConsent('another')), spares: isSpared ? own.name : null };
    },
    refusal: (name) => {
      if (mayRun(find(name))) return null;
      const isElsewhere = find(name) === demo[0];
      return inWords(withoutConsent(isElsewhere ? `${name} elsewhere` : name));
    },
  };
}

function inWords({ message, next = '' }: AppError): string {
  return `${message} ${next}`.trim();
}

function withoutConsent(what: string): AppError {
  return new AppError({
    kind: 'unavailable',
    code: 'sandbox_missing',
    message: `No sandbox works on this machine, and without one only the agent of the demo runs, on its own samples, not ${what}.`,
    next: 'Run `apt-get install bubblewrap`, or set executor.allowUnsandboxed to true: an agent can then do anything this user can, approving included.',
  });
}

/** The candidates on this machine, best first. */
export function sandboxCandidates(
  { clock, random, path, warn }: Pick<AgentRoomParts, 'clock' | 'random' | 'path' | 'warn'>,
  tempRoot: string,
): readonly Sandbox[] {
  const runAs = agentUserOf(process.getuid?.());
  const parts = {
    clock,
    random,
    tempRoot,
    nodePath: process.execPath,
    onRefusal: (refusal: EgressRefusal) =>
      warn('egress refused', { ...refusal, category: 'security' }),
  };
  return [
    createBubblewrap({ ...parts, runAs }),
    createSandboxRuntime({ ...parts, path }),
    createNoSandbox({ clock, random, tempRoot }),
  ];
}

interface SandboxChoice {
  readonly sandbox: Sandbox;
  readonly missing: string | null;
  /** Nobody consented to no sandbox: only the demo's own agent goes without one. */
  readonly isForDemoOnly: boolean;
}

/** The demo's own agent on its own samples may run without a sandbox, and says so; nothing else may without consent. */
async function sandboxFor(
  parts: AgentRoomParts,
  tempRoot: string,
  isOfDemo: boolean,
): Promise<SandboxChoice> {
  const { sandbox: wanted, allowUnsandboxed } = parts.config.executor;
  const candidates = sandboxCandidates(parts, tempRoot);
  try {
    const sandbox = await chooseSandbox({
      wanted,
      allowUnsandboxed: allowUnsandboxed || isOfDemo,
      candidates,
    });
    return { sandbox, missing: null, isForDemoOnly: sandbox.name === 'none' && !allowUnsandboxed };
  } catch (thrown) {
    const error = toAppError(thrown);
    parts.warn('no sandbox works', { code: error.code, reason: error.message });
    // Everything that needs no agent goes on; approved work waits and says why.
    const sandbox: Sandbox = {
      name: 'none',
      probe: async () => ({ works: false, evidence: error.message, mend: error.next ?? null }),
      start: () => Promise.reject(error),
    };
    const missing = `${error.message} ${error.next ?? ''}`.trim();
    return { sandbox, missing, isForDemoOnly: false };
  }
}

/** For commands that look and decide only. */
const notWorking: Sandbox = {
  name: 'none',
  probe: async () => ({ works: false, evidence: 'This command runs no agents.', mend: null }),
  start: () => Promise.reject(new Error('this command runs no agents')),
};

function agentLines(
  agents: readonly Agent[],
  delegate: Delegate,
  { executor }: Config,
): readonly AgentLine[] {
  const line = (name: string, cost: AgentLine['cost']): AgentLine => ({
    name,
    cost,
    isDefault: name === executor.default,
    canBeProven: cost !== 'delegate',
  });
  return [...agents.map(({ name, cost }) => line(name, cost)), line(delegate.name, 'delegate')];
}

/** Agents that run here; a delegate is asked by a comment. */
export function agentEntries(config: Config): Parameters<typeof createAgents>[0] {
  const entries = Object.entries(config.executor.agents).filter(
    ([, { kind }]) => kind !== 'terragon',
  );
  return Object.fromEntries(entries) as Parameters<typeof createAgents>[0];
}
