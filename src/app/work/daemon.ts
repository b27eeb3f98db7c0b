import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, type ErrorKind, errorKinds, messageOf } from '../../lib/app-error.ts';
import type { Served } from '../../operations/gate.ts';
import type { Launched, LaunchRequest } from '../../operations/service/detach-handler.ts';
import { detachHandlers } from '../../operations/service/detach-handler.ts';
import { readConfig } from '../configuration/live-config.ts';
import type { OpenOptions } from '../open-options.ts';

/** Names the pid file to a service that was started detached; its parent waits for one message from it. */
export const daemonVariable = 'CMS_DAEMON_PID_FILE';

/** Long enough for a first start on a slow disk. */
const patienceMs = 90_000;

/** What a detached service tells its parent once it answers. */
export interface DaemonReady {
  readonly address: string | null;
  /** What a person has to know, such as the link to the first account. It must not get into a log. */
  readonly said: readonly string[];
}

/** `start --mode daemon`: this process only starts the service and waits until it answers. */
export function daemonOperations(options: OpenOptions): readonly Served[] {
  return detachHandlers((request, signal) => launch(options, request, signal));
}

async function launch(
  options: OpenOptions,
  request: LaunchRequest,
  signal: AbortSignal,
): Promise<Launched> {
  const { config } = await readConfig(options);
  await mkdir(config.dataDir, { recursive: true });
  await mkdir(config.logDir, { recursive: true });
  const pidFile = join(config.dataDir, 'service.pid');
  const logFile = join(config.logDir, 'daemon.log');
  const log = await open(logFile, 'a', 0o600);
  const from = (await log.stat()).size;
  try {
    const child = spawn(process.execPath, [...process.execArgv, ...wordsOf(options, request)], {
      cwd: options.folder,
      env: { ...options.env, [daemonVariable]: pidFile },
      detached: true,
      stdio: ['ignore', log.fd, log.fd, 'ipc'],
    });
    const ready = await untilReady(child, signal).catch(async (error: unknown) => {
      throw (await errorIn(logFile, from)) ?? error;
    });
    child.disconnect();
    child.unref();
    return { pid: child.pid ?? 0, pidFile, logFile, ...ready, said: [...ready.said] };
  } finally {
    await log.close();
  }
}

function wordsOf(options: OpenOptions, { port, security, role }: LaunchRequest): readonly string[] {
  const { config, debug, validateConfig } = options.flags;
  return [
    process.argv[1] ?? '',
    '--json',
    ...(config === undefined ? [] : ['--config', config]),
    ...(debug === true ? ['--debug'] : []),
    ...(validateConfig === false ? ['--no-validate-config'] : []),
    'start',
    ...(port === undefined ? [] : ['--port', String(port)]),
    ...(security === undefined ? [] : [security ? '--security' : '--no-security']),
    ...(role === undefined ? [] : ['--role', role]),
  ];
}

async function untilReady(child: ChildProcess, signal: AbortSignal): Promise<DaemonReady> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
  return await new Promise((resolve, reject) => {
    const end = (error: AppError): void => {
      child.kill('SIGTERM');
      reject(error);
    };
    deadline.addEventListener('abort', () => end(tooSlow(child.pid ?? 0)), { once: true });
    child.once('error', (cause) => reject(notStarted(messageOf(cause), cause)));
    child.once('exit', (code, killedBy) => reject(notStarted(`it ended with ${code ?? killedBy}`)));
    child.once('message', (message) => resolve(message as DaemonReady));
  });
}

/** What the service said of its own end: its last line that is an error document. */
async function errorIn(logFile: string, from: number): Promise<AppError | null> {
  const text = (await readFile(logFile)).subarray(from).toString('utf8');
  const line = text.split('\n').findLast((one) => one.startsWith('{"error":'));
  if (line === undefined) return null;
  const { error } = JSON.parse(line) as {
    error: { kind: string; code: string; message: string; next: string | null };
  };
  const kind = errorKinds.find((one) => one === error.kind) ?? ('unavailable' satisfies ErrorKind);
  return new AppError({
    kind,
    code: error.code,
    message: error.message,
    ...(error.next === null ? {} : { next: error.next }),
    details: { logFile },
  });
}

/** In the detached process: writes the pid file and tells the parent; the file goes when the service ends in order. */
export async function tellParent(pidFile: string, ready: DaemonReady): Promise<void> {
  await writeFile(pidFile, `${process.pid}\n`, { mode: 0o644 });
  if (process.send === undefined) return;
  process.send(ready);
}

/** Only our own: another service may have written its own meanwhile. */
export async function removePidFile(pidFile: string): Promise<void> {
  const text = await readFile(pidFile, 'utf8').catch(() => '');
  if (text.trim() === String(process.pid)) await rm(pidFile, { force: true });
}

function notStarted(why: string, cause?: unknown): AppError {
  return new AppError({
    kind: 'unavailable',
    code: 'daemon_not_started',
    message: `The service did not start: ${why}.`,
    next: 'Read logs/daemon.log, or start it in the foreground with --mode robust.',
    cause,
  });
}

function tooSlow(pid: number): AppError {
  return new AppError({
    kind: 'timeout',
    code: 'daemon_not_ready',
    message: `The service (process ${pid}) did not answer within ${patienceMs / 1000} s and was asked to end.`,
    next: 'Read logs/daemon.log, or start it in the foreground with --mode robust.',
  });
}
