import { spawn } from 'node:child_process';
import type { Sandbox, SandboxedProcess, SandboxSpec } from '../../domain/ports/sandbox.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Random } from '../../lib/random.ts';
import { ownerOf } from './bubblewrap.ts';
import { killNow, markedNow, markedProcesses, processMark } from './marked-processes.ts';
import { probeSandbox } from './probe.ts';
import { feed, supervise } from './supervise.ts';

export interface NoSandboxDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly tempRoot: string;
}

/**
 * No sandbox, for those who consented: the program can then do anything this user can, approving included.
 * What is left of the contract: only the given environment, the working folder, standard streams, and an end of all
 * descendants that kept our mark in their environment. Network and file limits are not enforced.
 */
export function createNoSandbox(deps: NoSandboxDeps): Sandbox {
  const sandbox: Sandbox = {
    name: 'none',
    probe: () => probeSandbox(sandbox, deps, ''),
    start: (spec) => start(deps, spec),
  };
  return sandbox;
}

async function start(deps: NoSandboxDeps, spec: SandboxSpec): Promise<SandboxedProcess> {
  const mark = `${ownerOf(deps.tempRoot)}.${deps.random.bytes(8).toString('hex')}`;
  const [program = '', ...rest] = spec.argv;
  const child = spawn(program, rest, {
    cwd: spec.workspace,
    env: { ...spec.env, [processMark]: mark },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  feed(child, spec.stdin);
  const running = await supervise(child, {
    clock: deps.clock,
    memoryBytes: spec.limits.memoryBytes,
    folders: [spec.workspace, spec.home],
    members: () => markedProcesses(mark),
    cleanUp: async () => undefined,
  });
  endWithUs(mark, running.exited);
  return running;
}

/** Marks of what runs now. */
const living = new Set<string>();
const looksAtEnd = 5;

/**
 * No kernel ends them when we end, as those in a sandbox, so it is the last thing that this process does. Of one that gets
 * SIGKILL they stay until the next start (`sweepLeftovers`).
 */
function endWithUs(mark: string, exited: Promise<unknown>): void {
  if (living.size === 0) process.on('exit', endAll);
  living.add(mark);
  const forget = (): void => {
    living.delete(mark);
    if (living.size === 0) process.off('exit', endAll);
  };
  exited.then(forget, forget);
}

/** Looks again, since one of them may have started another meanwhile. */
function endAll(): void {
  for (const mark of living) {
    for (let look = 0; look < looksAtEnd; look += 1) {
      const found = markedNow(mark);
      if (found.length === 0) break;
      for (const pid of found) killNow(pid);
    }
  }
}
