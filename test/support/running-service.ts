import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { program, programEnv } from './program.ts';
import type { ServiceProcess } from './service-process.ts';

/** `start` as a process of its own, with its server. */
export interface RunningService {
  /** `http://127.0.0.1:PORT`. */
  readonly address: string;
  readonly pid: number;
  /** Everything it said on standard error until now. */
  said(): string;
  /** The token of the one-time link to the first account. */
  firstLink(): Promise<string>;
  /** Ends it at once, as a crash does. */
  kill(): Promise<void>;
  /** Asks it to stop and waits for the end; answers its exit code, null when it had to be killed. */
  stop(): Promise<number | null>;
}

/** Starts the service of a place and waits until its server listens; throws what it said when it ends before. */
export async function startService(
  { folder, env }: Pick<ServiceProcess, 'folder' | 'env'>,
  {
    words = [],
    more = {},
    under = [],
  }: {
    words?: readonly string[];
    more?: Record<string, string>;
    /** A program with its own words that becomes the service, as `strace -D` does. */
    under?: readonly string[];
  } = {},
): Promise<RunningService> {
  const [first, ...before] = [...under, process.execPath];
  const child = spawn(
    first,
    [
      ...before,
      program,
      '--config',
      join(folder, 'config.json'),
      '--verbose',
      'start',
      '--port',
      '0',
      ...words,
    ],
    {
      cwd: folder,
      env: programEnv(folder, { ...env, ...more }),
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    said += part;
  });
  return {
    address: await spoken(child, () => said, /listening on (http:\S+)/u),
    pid: child.pid ?? 0,
    firstLink: () => spoken(child, () => said, /#token=(\S+)/u),
    said: () => said,
    kill: async () => end(child, 'SIGKILL'),
    stop: async () => {
      const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
      await end(child, 'SIGTERM');
      clearTimeout(timer);
      return child.exitCode;
    },
  };
}

/** What it says of this on standard error, once it has; throws all that it said when it ends before. */
async function spoken(child: ChildProcess, said: () => string, pattern: RegExp): Promise<string> {
  for (;;) {
    const [, found] = pattern.exec(said()) ?? [];
    if (found !== undefined) return found;
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(said());
    await Promise.race([once(child.stderr ?? child, 'data'), once(child, 'exit')]);
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}
