import { spawn } from 'node:child_process';
import { setTimeout as startTimer } from 'node:timers';
import { AppError } from '../../lib/app-error.ts';

/** The `git` program, started so that nothing of the machine or of a repository's configuration can make it run code. */
export interface Git {
  /** Runs to the end. Exit codes outside `accept` (default 0) are an AppError `git_failed` with git's own words. */
  run(args: readonly string[], options?: GitRunOptions): Promise<GitResult>;
  /** Starts a long-lived or streaming child; the caller reads, writes and waits for `done`. */
  start(args: readonly string[], options?: GitStartOptions): GitProcess;
}

export interface GitStartOptions {
  readonly cwd?: string;
  /** Added to the environment of this one child; the only place for credentials. */
  readonly env?: Readonly<Record<string, string>>;
  /** Transports this call may use; none when left out, so that no object is ever fetched behind our back. */
  readonly protocols?: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

export interface GitRunOptions extends GitStartOptions {
  readonly input?: string | Uint8Array;
  /** Default 60,000. */
  readonly deadlineMs?: number;
  /** Standard output beyond this is an AppError `git_output_too_large`; default 64 MiB. */
  readonly maxBytes?: number;
  readonly accept?: readonly number[];
  /** Told the process id as soon as there is one. */
  readonly onStart?: (pid: number) => Promise<void>;
}

export interface GitResult {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface GitProcess {
  readonly pid: number | undefined;
  readonly stdin: NodeJS.WritableStream;
  readonly stdout: NodeJS.ReadableStream;
  /** Exit code and the last of standard error; never rejects but when git cannot be started. */
  readonly done: Promise<{ readonly code: number; readonly stderr: string }>;
  kill(): void;
}

export interface GitDeps {
  /** Environment of the service; only PATH, proxy and certificate settings are passed on. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly program?: string;
}

const stderrBytes = 16_384;
const passedOn = [
  'PATH',
  'HTTPS_PROXY',
  'https_proxy',
  'NO_PROXY',
  'no_proxy',
  'SSL_CERT_FILE',
  'TMPDIR',
];

/** Given on every command line: they win over what a repository's own configuration says. */
const settings = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'core.untrackedCache=false',
  'core.attributesFile=/dev/null',
  'core.excludesFile=/dev/null',
  'core.quotePath=false',
  'core.pager=cat',
  'core.symlinks=true',
  'credential.helper=',
  'diff.external=',
  'commit.gpgSign=false',
  'gc.auto=0',
  'maintenance.auto=false',
  'fetch.recurseSubmodules=false',
  'submodule.recurse=false',
  'push.recurseSubmodules=no',
  'transfer.fsckObjects=true',
  'safe.directory=*',
];

/** What fsck says of many honest old repositories, and what can do no harm. */
const harmless = [
  'badDate',
  'badDateOverflow',
  'badEmail',
  'badName',
  'badTimezone',
  'missingEmail',
  'missingNameBeforeEmail',
  'missingSpaceBeforeDate',
  'missingSpaceBeforeEmail',
  'zeroPaddedDate',
  'zeroPaddedFilemode',
].flatMap((message) => [`fetch.fsck.${message}=ignore`]);

/** Words that stand between `git` and the command. */
export const settingArguments = [...settings, ...harmless].flatMap((setting) => ['-c', setting]);

/** What git finds in its environment beside the few variables that are passed on; no transport is allowed. */
export const commandEnvironment = {
  HOME: '/nonexistent',
  LC_ALL: 'C',
  GIT_TERMINAL_PROMPT: '0',
  GIT_ASKPASS: '/bin/false',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_ATTR_NOSYSTEM: '1',
  GIT_LITERAL_PATHSPECS: '1',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_NO_LAZY_FETCH: '1',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_LFS_SKIP_SMUDGE: '1',
  GIT_ALLOW_PROTOCOL: 'none',
} as const;

/** Builds the runner. */
export function createGit(deps: GitDeps): Git {
  const program = deps.program ?? 'git';
  const start = (args: readonly string[], options: GitStartOptions = {}): GitProcess =>
    startChild(program, args, environmentOf(deps.environment, options), options);
  return { start, run: async (args, options = {}) => await runToEnd(start, args, options) };
}

/** `git` with only the settings that matter to the far end of a local transport, as one shell word list for --upload-pack. */
export function localService(name: 'upload-pack' | 'receive-pack'): string {
  return `git -c safe.directory='*' -c core.hooksPath=/dev/null -c core.fsmonitor=false -c gc.auto=0 -c maintenance.auto=false -c receive.autogc=false ${name}`;
}

async function runToEnd(
  start: Git['start'],
  args: readonly string[],
  options: GitRunOptions,
): Promise<GitResult> {
  const child = start(args, options);
  if (child.pid !== undefined) await options.onStart?.(child.pid);
  const limits = {
    deadlineMs: options.deadlineMs ?? 60_000,
    maxBytes: options.maxBytes ?? 64 << 20,
  };
  let stopped: 'deadline' | 'too_large' | undefined;
  const stop = (why: 'deadline' | 'too_large') => {
    stopped ??= why;
    child.kill();
  };
  const timer = startTimer(() => stop('deadline'), limits.deadlineMs);
  const chunks: Buffer[] = [];
  let size = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > limits.maxBytes) stop('too_large');
    else chunks.push(chunk);
  });
  child.stdin.end(options.input ?? '');
  try {
    const { code, stderr } = await child.done;
    options.signal?.throwIfAborted();
    if (stopped !== undefined) throw stoppedError(stopped, args, limits);
    if (!(options.accept ?? [0]).includes(code)) throw gitError(args, code, stderr, options.env);
    return { code, stdout: Buffer.concat(chunks), stderr: redact(stderr, options.env) };
  } finally {
    clearTimeout(timer);
  }
}

function startChild(
  program: string,
  args: readonly string[],
  env: Record<string, string>,
  options: GitStartOptions,
): GitProcess {
  const hasHelpers = options.protocols !== undefined;
  const child = spawn(program, [...settingArguments, ...args], {
    env,
    stdio: 'pipe',
    // What git starts to talk to a remote outlives it and holds its pipes; in a group of their own all end together.
    detached: hasHelpers,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const kill = () => (hasHelpers ? killGroup(child.pid) : void child.kill('SIGKILL'));
  if (options.signal?.aborted === true) kill();
  options.signal?.addEventListener('abort', kill, { once: true });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-stderrBytes);
  });
  // A child that ends before it has read all its input is told by its exit code, not by EPIPE.
  child.stdin.on('error', () => undefined);
  const done = new Promise<{ code: number; stderr: string }>((resolve, reject) => {
    child.on('error', (cause) => reject(notStarted(program, cause)));
    child.on('close', (code) => resolve({ code: code ?? -1, stderr }));
  }).finally(() => options.signal?.removeEventListener('abort', kill));
  done.catch(() => undefined);
  return { pid: child.pid, stdin: child.stdin, stdout: child.stdout, done, kill };
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    // All of it has ended.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function environmentOf(
  environment: GitDeps['environment'],
  options: GitStartOptions,
): Record<string, string> {
  const kept = passedOn.flatMap((name): [string, string][] => {
    const value = environment[name];
    return value === undefined ? [] : [[name, value]];
  });
  return {
    ...Object.fromEntries(kept),
    ...commandEnvironment,
    ...(options.protocols === undefined ? {} : { GIT_ALLOW_PROTOCOL: options.protocols.join(':') }),
    ...options.env,
  };
}

/** An AppError with git's own words, without credentials. */
export function gitError(
  args: readonly string[],
  code: number,
  stderr: string,
  secrets: Readonly<Record<string, string>> = {},
): AppError {
  const said = redact(stderr, secrets).trim();
  return new AppError({
    kind: 'unavailable',
    code: 'git_failed',
    message: `git ${verbOf(args)} failed with code ${code}: ${said.split('\n').slice(-4).join(' ') || 'it said nothing'}`,
    details: { code, stderr: said },
  });
}

function redact(text: string, secrets: Readonly<Record<string, string>> = {}): string {
  let clean = text.replace(/\/\/[^/@\s]+@/gu, '//***@');
  for (const value of Object.values(secrets)) {
    for (const word of value.split(/\s+/u))
      if (word.length >= 8) clean = clean.replaceAll(word, '***');
  }
  return clean;
}

function stoppedError(
  why: 'deadline' | 'too_large',
  args: readonly string[],
  limits: { deadlineMs: number; maxBytes: number },
): AppError {
  const verb = verbOf(args);
  return why === 'deadline'
    ? new AppError({
        kind: 'timeout',
        code: 'git_deadline',
        message: `git ${verb} did not end within ${limits.deadlineMs} ms and was stopped.`,
      })
    : new AppError({
        kind: 'invalid_input',
        code: 'git_output_too_large',
        message: `git ${verb} wrote more than ${limits.maxBytes} bytes and was stopped.`,
      });
}

function notStarted(program: string, cause: unknown): AppError {
  return new AppError({
    kind: 'unavailable',
    code: 'git_not_started',
    message: `The program ${program} could not be started.`,
    next: 'Install git 2.38 or newer and make sure it is on the PATH.',
    cause,
  });
}

function verbOf(args: readonly string[]): string {
  return args.find((arg) => !arg.startsWith('-') && !arg.includes('=')) ?? '';
}
