import type { ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { SandboxedProcess } from '../../domain/ports/sandbox.ts';
import { AppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import { deletedBytes } from './deleted-files.ts';
import { killNow } from './marked-processes.ts';
import { guardMemory, processTree } from './memory-guard.ts';

export interface Supervision {
  readonly clock: Clock;
  /** Ids of everything that the process started and that still lives. */
  members(): Promise<readonly number[]>;
  /** Memory that we must watch ourselves; null where the kernel does. */
  readonly memoryBytes: number | null;
  /** The folders that it may write. */
  readonly folders: readonly string[];
  /** Frees what the sandbox held (groups, sockets, folders); called once, when nobody lives. */
  cleanUp(): Promise<void>;
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

const pollMs = 15;

/**
 * Turns a spawned child into a SandboxedProcess whose `exited` resolves only when no descendant is left:
 * what the first process leaves behind is killed before its work is looked at.
 */
export async function supervise(child: Child, supervision: Supervision): Promise<SandboxedProcess> {
  const pid = await spawned(child, supervision);
  const exit = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  const over = new AbortController();
  const { clock, memoryBytes } = supervision;
  const guarded =
    memoryBytes === null
      ? Promise.resolve()
      : guardMemory(pid, memoryBytes, clock, over.signal, () => killGroup(pid));
  const exited = exit.then(async (how) => {
    over.abort();
    await guarded;
    await killMembers(supervision);
    await supervision.cleanUp();
    return how;
  });
  return {
    pid,
    stdout: child.stdout,
    stderr: child.stderr,
    exited,
    deletedBytes: async () => {
      // Who lost the mark of our environment still has its parents.
      const tree = (await processTree(pid)).map((one) => one.pid);
      const all = new Set([...(await supervision.members()), ...tree]);
      return await deletedBytes(all, supervision.folders);
    },
    kill: async () => {
      if (child.exitCode === null && child.signalCode === null) killGroup(pid);
      for (const member of await supervision.members()) killNow(member);
      await exited;
    },
  };
}

/** Hands over standard input and closes it; a process that does not read it is fine. */
export function feed(child: Child, text: string | null): void {
  child.stdin.on('error', () => child.stdin.destroy());
  child.stdin.end(text ?? '');
}

async function spawned(child: Child, supervision: Supervision): Promise<number> {
  try {
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
  } catch (cause) {
    await supervision.cleanUp();
    throw new AppError({
      kind: 'unavailable',
      code: 'sandbox_start_failed',
      message: `The sandbox could not be started: ${(cause as Error).message}.`,
      next: 'Run `claude-manager doctor`.',
      cause,
    });
  }
  return child.pid ?? 0;
}

async function killMembers(supervision: Supervision): Promise<void> {
  let living = await supervision.members();
  while (living.length > 0) {
    for (const pid of living) killNow(pid);
    await supervision.clock.sleep(pollMs);
    living = await supervision.members();
  }
}

function killGroup(pid: number): void {
  killNow(-pid);
  killNow(pid);
}
