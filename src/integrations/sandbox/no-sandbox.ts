import { spawn } from 'node:child_process';
import type { Sandbox, SandboxedProcess, SandboxSpec } from '../../domain/ports/sandbox.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Random } from '../../lib/random.ts';
import { ownerOf } from './bubblewrap.ts';
import { markedProcesses, processMark } from './marked-processes.ts';
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
  return await supervise(child, {
    clock: deps.clock,
    memoryBytes: spec.limits.memoryBytes,
    folders: [spec.workspace, spec.home],
    members: () => markedProcesses(mark),
    cleanUp: async () => undefined,
  });
}
