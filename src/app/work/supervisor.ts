import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Log } from '../../lib/log.ts';
import { type DaemonReady, daemonVariable, removePidFile, tellParent } from './daemon.ts';

/** The supervisor that started this process, told as sd_notify(3) says; without one nothing happens. */
export interface Supervisor {
  /** From now on it also hears, twice in each watchdog time, that timers of this process still run. */
  ready(told: DaemonReady): void;
  stopping(): void;
}

const run = promisify(execFile);

/**
 * Node has no datagram sockets of the file system, so the program of systemd says it (docs/decisions/0005). The unit
 * must take it from children: `NotifyAccess=all`.
 */
export function createSupervisor(
  env: Readonly<Record<string, string | undefined>>,
  log: Log,
): Supervisor {
  const pidFile = env[daemonVariable];
  if (pidFile !== undefined && pidFile !== '') return daemonSupervisor(pidFile, log);
  const socket = env['NOTIFY_SOCKET'];
  if (socket === undefined || socket === '') {
    return { ready: () => undefined, stopping: () => undefined };
  }
  const options = { env: { NOTIFY_SOCKET: socket, PATH: env['PATH'] }, timeout: 5000 };
  const say = (...words: readonly string[]): void => {
    run('systemd-notify', ['--no-block', `--pid=${process.pid}`, ...words], options).catch(
      (error: unknown) => {
        log.error({ error, words }, 'the supervisor could not be told');
      },
    );
  };
  return {
    ready: () => {
      say('--ready', '--status=running');
      const everyMs = watchdogMs(env);
      if (everyMs !== null) setInterval(() => say('WATCHDOG=1'), everyMs / 2).unref();
    },
    stopping: () => say('STOPPING=1', '--status=stopping'),
  };
}

/** The command that started us detached waits for one message. */
function daemonSupervisor(pidFile: string, log: Log): Supervisor {
  const failed = (error: unknown): void => {
    log.error({ error, pidFile }, 'the pid file could not be kept');
  };
  return {
    ready: (told) => void tellParent(pidFile, told).catch(failed),
    stopping: () => void removePidFile(pidFile).catch(failed),
  };
}

function watchdogMs(env: Readonly<Record<string, string | undefined>>): number | null {
  const whom = env['WATCHDOG_PID'];
  const microseconds = Number(env['WATCHDOG_USEC']);
  const isForUs = whom === undefined || whom === String(process.pid);
  return isForUs && microseconds > 0 ? microseconds / 1000 : null;
}
