import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ServiceRole } from '../../src/domain/service-role.ts';
import { hearNotices } from './handed-over.ts';
import { program, programEnv } from './program.ts';
import type { ServiceProcess } from './service-process.ts';

/** A process of the service under a supervisor with a watchdog. */
export interface WatchedService {
  /** Of the process that runs now; undefined between two. */
  pid(): number | undefined;
  /** How many were started until now. */
  starts(): number;
  /** Milliseconds since the epoch at which each that was ready said so. */
  readyAt(): readonly number[];
  /** Everything that all of them said. */
  said(): string;
  stop(): Promise<void>;
}

const restartMs = 1000;

/**
 * Does what systemd does of `Type=notify`, `WatchdogSec=`, `Restart=on-failure` and `RestartSec=1` (systemd.service(5)): a
 * process that is ready and says nothing for so long gets SIGABRT and SIGCONT, and one that did not end in order is started
 * anew.
 */
export async function watchService(
  { folder, env }: Pick<ServiceProcess, 'folder' | 'env'>,
  role: ServiceRole,
  watchdogMs: number,
): Promise<WatchedService> {
  const socket = join(folder, `notify-${role}`);
  const notices = await hearNotices(socket);
  const over = new AbortController();
  const ready: number[] = [];
  let said = '';
  let starts = 0;
  let running: ChildProcess | undefined;
  const count = (what: string): number => notices.heard().split(what).length - 1;

  const runOne = async (): Promise<boolean> => {
    starts += 1;
    const words = ['--config', join(folder, 'config.json'), '--verbose', 'start', '--role', role];
    const child = spawn(process.execPath, [program, ...words, '--port', '0'], {
      cwd: folder,
      env: programEnv(folder, {
        ...env,
        NOTIFY_SOCKET: socket,
        WATCHDOG_USEC: String(watchdogMs * 1000),
      }),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr.setEncoding('utf8').on('data', (part: string) => (said += part));
    running = child;
    const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null;
    const readyBefore = count('READY=1');
    let [isReady, heard, heardAt] = [false, count('WATCHDOG=1'), performance.now()];
    while (!isOver()) {
      await delay(100);
      if (!isReady && count('READY=1') > readyBefore) {
        ready.push(Date.now());
        [isReady, heardAt] = [true, performance.now()];
      }
      const now = count('WATCHDOG=1');
      if (now > heard) [heard, heardAt] = [now, performance.now()];
      if (!isReady || performance.now() - heardAt < watchdogMs) continue;
      child.kill('SIGABRT');
      child.kill('SIGCONT');
      while (!isOver()) await delay(20);
    }
    running = undefined;
    return child.exitCode === 0;
  };
  const supervising = (async () => {
    while (!over.signal.aborted && !(await runOne()))
      await delay(restartMs, undefined, { signal: over.signal }).catch(() => undefined); // stopped
  })();
  return {
    pid: () => running?.pid,
    starts: () => starts,
    readyAt: () => ready,
    said: () => said,
    stop: async () => {
      over.abort();
      running?.kill('SIGCONT');
      running?.kill('SIGKILL');
      await supervising;
      notices.stop();
    },
  };
}
