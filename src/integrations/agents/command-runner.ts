import { mkdir, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import type { EgressRefusal } from '../../domain/egress-refusal.ts';
import type { Sandbox, SandboxSpec } from '../../domain/ports/sandbox.ts';
import type { Clock } from '../../lib/clock.ts';
import { removeTree } from '../../lib/remove-tree.ts';
import { readLines } from './read-lines.ts';
import { baseEnvironment } from './run-environment.ts';
import { defaultSandboxLimits, diskBytesOf, overDisk } from './runner.ts';
import { lookBefore, watch } from './watchdog.ts';

export interface CommandRunnerDeps {
  readonly sandbox: Sandbox;
  readonly clock: Clock;
  readonly tempRoot: string;
  readonly nodePath: string;
  /** Bounds of each command where the request says none. */
  readonly limits?: SandboxSpec['limits'];
}

export interface CommandRequest {
  /** One shell line of the configuration's owner: a set-up command or a check of the policy. */
  readonly command: string;
  readonly workspace: string;
  readonly timeoutMs: number;
  readonly egress: readonly string[];
  readonly signal: AbortSignal;
  readonly env?: Readonly<Record<string, string>>;
  /** A HOME that outlives the command, for caches of one repository; a fresh one when not given. */
  readonly home?: string;
  readonly limits?: SandboxSpec['limits'];
  readonly onEgressRefused?: (refusal: EgressRefusal) => void;
}

export interface CommandResult {
  readonly exitCode: number | null;
  /** The last part of standard output and error, as they came. */
  readonly output: string;
  readonly durationMs: number;
  readonly timedOut: boolean;
}

export interface CommandRunner {
  run(request: CommandRequest): Promise<CommandResult>;
}

const outputTail = 16_000;

const unlimited = { budgetUsd: null, outputBytes: Infinity };
const nothing = { costUsd: 0, tokens: 0, turns: 0 };

/** Runs shell lines in the sandbox without any secret. A canceled command has no exit code. */
export function createCommandRunner(deps: CommandRunnerDeps): CommandRunner {
  return {
    run: async (request) => {
      await mkdir(deps.tempRoot, { recursive: true, mode: 0o700 });
      const folder = await mkdtemp(join(deps.tempRoot, 'command-'));
      try {
        const home = request.home ?? join(folder, 'home');
        await mkdir(home, { recursive: true });
        return await runLine(deps, request, home);
      } finally {
        await removeTree(folder);
      }
    },
  };
}

async function runLine(
  deps: CommandRunnerDeps,
  request: CommandRequest,
  home: string,
): Promise<CommandResult> {
  const { clock } = deps;
  const startedMs = clock.monotonicMs();
  const folders = [request.workspace, home];
  const limits = request.limits ?? deps.limits ?? defaultSandboxLimits;
  const before = await lookBefore(folders, request.signal);
  const running = await deps.sandbox.start({
    argv: ['/bin/sh', '-c', request.command],
    env: { ...baseEnvironment(home, deps.nodePath), CI: '1', ...request.env },
    workspace: request.workspace,
    home,
    readable: [],
    stdin: null,
    egress: request.egress,
    ...(request.onEgressRefused === undefined ? {} : { onEgressRefused: request.onEgressRefused }),
    limits,
  });
  let output = '';
  const keep = (line: string) => {
    output = `${output}${line}\n`.slice(-outputTail);
  };
  const reading = Promise.all([readLines(running.stdout, keep), readLines(running.stderr, keep)]);
  const over = new AbortController();
  const guard = watch(
    {
      clock,
      // A command may be silent for as long as it may run.
      limits: { ...unlimited, timeoutMs: request.timeoutMs, stallMs: request.timeoutMs },
      diskBytes: diskBytesOf(limits),
      folders,
      before,
      deletedBytes: () => running.deletedBytes(),
      signal: request.signal,
      lastOutputMs: () => clock.monotonicMs(),
      used: () => nothing,
    },
    over.signal,
  ).then(
    async (reason) => {
      await running.kill();
      return reason;
    },
    async (cause: unknown) => {
      if (over.signal.aborted) return null;
      // A command that nobody watches must not go on.
      await running.kill();
      throw cause;
    },
  );
  const { code } = await running.exited;
  over.abort();
  const [stopped] = await Promise.all([guard, reading]);
  if (stopped === 'disk') keep(overDisk);
  return {
    exitCode: stopped === null ? code : null,
    output,
    durationMs: clock.monotonicMs() - startedMs,
    timedOut: stopped === 'timeout',
  };
}
