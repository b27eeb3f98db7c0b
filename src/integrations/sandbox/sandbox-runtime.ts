import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sandbox, SandboxedProcess, SandboxSpec } from '../../domain/ports/sandbox.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Random } from '../../lib/random.ts';
import { ownerOf } from './bubblewrap.ts';
import { markedProcesses, processMark } from './marked-processes.ts';
import { probeSandbox } from './probe.ts';
import { feed, supervise } from './supervise.ts';

export interface SandboxRuntimeDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly tempRoot: string;
  /** The `srt` program of @anthropic-ai/sandbox-runtime; a name on PATH or a path. */
  readonly program: string;
}

const mend = 'npm install -g @anthropic-ai/sandbox-runtime';

/**
 * @anthropic-ai/sandbox-runtime by its `srt` program, where bubblewrap alone is not to be had (macOS). It limits writes
 * and hosts; reads of home folders are denied by a list, and memory and processes are not limited. As root it keeps its
 * capabilities, so it is refused there. It adds variables of its own
 * (its proxies), and on Linux our model proxy cannot be reached from inside. The command begins with `exec`, else it outlives a killed launcher.
 */
export function createSandboxRuntime(deps: SandboxRuntimeDeps): Sandbox {
  const sandbox: Sandbox = {
    name: 'sandbox-runtime',
    probe: async () => {
      if (process.getuid?.() !== 0) return await probeSandbox(sandbox, deps, mend);
      const evidence = 'As root the command would keep its capabilities.';
      return { works: false, evidence, mend: 'apt-get install bubblewrap' };
    },
    start: (spec) => start(deps, spec),
  };
  return sandbox;
}

async function start(deps: SandboxRuntimeDeps, spec: SandboxSpec): Promise<SandboxedProcess> {
  const mark = `${ownerOf(deps.tempRoot)}.${deps.random.bytes(8).toString('hex')}`;
  await mkdir(deps.tempRoot, { recursive: true, mode: 0o700 });
  const folder = await mkdtemp(join(deps.tempRoot, 'sb-'));
  const settings = join(folder, 'settings.json');
  await writeFile(settings, JSON.stringify(settingsFor(spec)));
  const line = `exec ${spec.argv.map(quoted).join(' ')}`;
  const child = spawn(deps.program, ['--settings', settings, '-c', line], {
    cwd: spec.workspace,
    env: { HOME: spec.home, ...spec.env, [processMark]: mark },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  feed(child, spec.stdin);
  return await supervise(child, {
    clock: deps.clock,
    memoryBytes: spec.limits.memoryBytes,
    members: () => markedProcesses(mark),
    cleanUp: () => rm(folder, { recursive: true, force: true }),
  });
}

/** Its settings take host names without ports. */
function settingsFor(spec: SandboxSpec): object {
  return {
    network: {
      allowedDomains: spec.egress.map((entry) => entry.replace(/:\d+$/, '')),
      deniedDomains: [],
      allowLocalBinding: spec.egress.some((entry) => entry.startsWith('127.')),
    },
    filesystem: {
      denyRead: ['/root', '/home', '/Users', '/run', '/var/run'],
      allowRead: [spec.workspace, spec.home, ...spec.readable],
      allowWrite: [spec.workspace, spec.home, '/tmp'],
      denyWrite: [],
    },
  };
}

function quoted(argument: string): string {
  return `'${argument.replaceAll("'", `'\\''`)}'`;
}
