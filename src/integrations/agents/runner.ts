import type { AgentEnd, AgentEvent, AgentUsage } from '../../domain/agent-event.ts';
import type {
  AgentCommand,
  AgentParser,
  AgentRunner,
  AgentRunRequest,
  AgentRunResult,
} from '../../domain/ports/agent.ts';
import type { Sandbox, SandboxedProcess, SandboxSpec } from '../../domain/ports/sandbox.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Random } from '../../lib/random.ts';
import { locateProgram } from './locate-program.ts';
import { type ModelAccess, openModelAccess, type Secrets } from './model-access.ts';
import { readLines } from './read-lines.ts';
import {
  baseEnvironment,
  linkPrograms,
  makeRunFolders,
  type RunFolders,
} from './run-environment.ts';
import type { TreeLook } from './tree-look.ts';
import { lookBefore, type StopReason, type Used, watch } from './watchdog.ts';

export interface AgentRunnerDeps {
  readonly sandbox: Sandbox;
  /** Value of a secret by its name; undefined when there is none. */
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly random: Random;
  /** Own folder of the service for homes of runs. */
  readonly tempRoot: string;
  /** The service's PATH, where programs are looked for. */
  readonly path: string;
  /** Node for programs that need it; usually process.execPath. */
  readonly nodePath: string;
  /** Bounds of each run; `defaultSandboxLimits` when not said. */
  readonly limits?: SandboxSpec['limits'];
}

export const defaultSandboxLimits: SandboxSpec['limits'] = {
  memoryBytes: 2 * 2 ** 30,
  processes: 256,
  fileBytes: 2 * 2 ** 30,
  diskBytes: 2 * 2 ** 30,
};

/** Words for people: a run or a command took more disk than it may. */
export const overDisk =
  'It wrote more than its limit of disk (each file and folder counts as at least 4 KiB), so we stopped it.';

/** What the watchdog holds a run to. */
export function diskBytesOf({ diskBytes, fileBytes }: SandboxSpec['limits']): number {
  return diskBytes ?? fileBytes;
}

/**
 * Runs one assignment: own HOME, the sandbox, events as they come, and a watchdog over time, silence, money and the
 * caller's signal. Resolves when every process is dead and all output is read.
 * @throws AppError `agent_missing` or `sandbox_start_failed` when nothing could be started
 */
export function createAgentRunner(deps: AgentRunnerDeps): AgentRunner {
  return {
    run: async (request) => {
      const startedMs = deps.clock.monotonicMs();
      const folders = await makeRunFolders(deps.tempRoot, request.assignment.prompt);
      try {
        const result = await runInside(deps, request, folders);
        request.onEvent({ type: 'ended', end: result.end });
        const durationMs = deps.clock.monotonicMs() - startedMs;
        return { ...result, durationMs, sandbox: deps.sandbox.name };
      } finally {
        await folders.remove();
      }
    },
  };
}

type Outcome = Pick<AgentRunResult, 'end' | 'stopped' | 'usage'>;

async function runInside(
  deps: AgentRunnerDeps,
  request: AgentRunRequest,
  folders: RunFolders,
): Promise<Outcome> {
  const command = request.agent.command({
    ...request.assignment,
    workspace: request.workspace,
    home: folders.home,
    promptFile: folders.promptFile,
  });
  const access = await openModelAccess(command, {
    secrets: deps.secrets,
    random: deps.random,
    egress: [...request.egress, ...command.egress],
    onUsage: (usage) => request.onEvent({ type: 'usage', usage }),
  });
  try {
    if (access.missing.length > 0) return withoutSecrets(access.missing);
    if (request.signal.aborted) return canceledBefore;
    const spec = await specOf(deps, request, folders, command, access);
    const before = await lookBefore([spec.workspace, spec.home], request.signal);
    const running = await deps.sandbox.start(spec);
    return await accompany(deps, request, { running, spec, before }, access);
  } finally {
    await access.close();
  }
}

async function specOf(
  deps: AgentRunnerDeps,
  request: AgentRunRequest,
  folders: RunFolders,
  command: AgentCommand,
  access: ModelAccess,
): Promise<SandboxSpec> {
  const places = { path: deps.path, baseDir: command.baseDir ?? null };
  const programs = await linkPrograms(folders.home, command.programs ?? [], places);
  const located = await locateProgram(access.argv, places);
  const { sandbox = {} } = request;
  return {
    argv: located.argv,
    env: {
      ...baseEnvironment(folders.home, deps.nodePath),
      CMS_RUN_ID: request.assignment.correlationId,
      ...access.env,
      ...sandbox.env,
    },
    workspace: request.workspace,
    home: folders.home,
    stdin: command.stdin,
    readable: [
      ...located.readable,
      ...programs,
      ...(command.readable ?? []),
      ...(sandbox.readable ?? []),
    ],
    egress: access.egress,
    onEgressRefused: (refusal) => request.onEvent({ type: 'egress_refused', ...refusal }),
    limits: sandbox.limits ?? deps.limits ?? defaultSandboxLimits,
  };
}

interface Started {
  readonly running: SandboxedProcess;
  readonly spec: SandboxSpec;
  /** Its folders before it began. */
  readonly before: TreeLook;
}

/** From the first line of output to the last process. */
async function accompany(
  deps: AgentRunnerDeps,
  request: AgentRunRequest,
  { running, spec, before }: Started,
  access: ModelAccess,
): Promise<Outcome> {
  const { clock } = deps;
  const parser = request.agent.parser();
  let lastOutputMs = clock.monotonicMs();
  const output = readOutput(running, parser, request, () => {
    lastOutputMs = clock.monotonicMs();
  });
  const over = new AbortController();
  const guard = watch(
    {
      clock,
      limits: request.limits,
      diskBytes: diskBytesOf(spec.limits),
      folders: [spec.workspace, spec.home],
      before,
      deletedBytes: () => running.deletedBytes(),
      signal: request.signal,
      lastOutputMs: () => lastOutputMs,
      used: () => usedBy(parser.usage(), access.usage()),
    },
    over.signal,
  ).then(
    async (reason): Promise<StopReason | null> => {
      await running.kill();
      return reason;
    },
    async (cause: unknown) => {
      if (over.signal.aborted) return null;
      // A run that nobody watches must not go on.
      await running.kill();
      throw cause;
    },
  );
  const exited = running.exited.then((how) => {
    over.abort();
    return how;
  });
  const [exit, stopped] = await Promise.all([exited, guard, output]);
  const end = parser.end(exit);
  return {
    end: stopped === null ? end : stoppedEnd(end, stopped),
    stopped: stopped === 'disk' ? null : stopped,
    usage: reportedUsage(parser.usage(), access.usage()),
  };
}

/** Everything is read to the end, so that no one blocks on a full pipe; past the cap it is only parsed, not kept. */
async function readOutput(
  running: SandboxedProcess,
  parser: AgentParser,
  request: AgentRunRequest,
  onOutput: () => void,
): Promise<void> {
  let bytes = 0;
  const read = (stream: 'stdout' | 'stderr') =>
    readLines(running[stream], (line) => {
      onOutput();
      bytes += Buffer.byteLength(line) + 1;
      const isOver = bytes > request.limits.outputBytes;
      for (const event of parser.line(stream, line)) {
        if (!isOver || keptPastCap.includes(event.type)) request.onEvent(event);
      }
    });
  await Promise.all([read('stdout'), read('stderr')]);
}

const keptPastCap: readonly AgentEvent['type'][] = ['usage', 'tool_denied'];

/** The higher of what the agent says and what our own meter saw. */
function costOf(said: AgentUsage | null, metered: AgentUsage | null): number {
  return Math.max(said?.costUsd ?? 0, metered?.costUsd ?? 0);
}

function usedBy(said: AgentUsage | null, metered: AgentUsage | null): Used {
  const tokens = (usage: AgentUsage | null): number =>
    usage === null ? 0 : usage.inputTokens + usage.outputTokens;
  return {
    costUsd: costOf(said, metered),
    tokens: Math.max(tokens(said), tokens(metered)),
    turns: Math.max(said?.turns ?? 0, metered?.turns ?? 0),
  };
}

function reportedUsage(said: AgentUsage | null, metered: AgentUsage | null): AgentUsage | null {
  if (said === null) return metered;
  if (metered === null) return said;
  return { ...said, costUsd: costOf(said, metered) };
}

function stoppedEnd(end: AgentEnd, stopped: StopReason): AgentEnd {
  if (stopped === 'disk') {
    const { exitCode } = end;
    return { kind: 'failed', exitCode, message: overDisk, failure: 'agent', resetsAt: null };
  }
  const kind = stopped === 'budget' ? 'max_budget' : 'interrupted';
  const message = `We stopped it (${stopped}). ${end.message}`.trim();
  return { kind, exitCode: end.exitCode, message, failure: null, resetsAt: null };
}

function withoutSecrets(missing: readonly string[]): Outcome {
  const message = `It needs the secret ${missing.join(' and ')}, which has no value.`;
  const end = { kind: 'failed', exitCode: null, message, resetsAt: null } as const;
  return { end: { ...end, failure: 'authentication' }, stopped: null, usage: null };
}

const canceledBefore: Outcome = {
  end: {
    kind: 'interrupted',
    exitCode: null,
    message: 'It was canceled before its start.',
    failure: null,
    resetsAt: null,
  },
  stopped: 'canceled',
  usage: null,
};
