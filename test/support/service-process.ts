import { spawn } from 'node:child_process';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { program, programEnv } from './program.ts';

/** How one command ended. */
export interface Finished {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output as its one JSON document; null when there is none. */
  readonly json: unknown;
}

export interface RunOptions {
  /** Point at which the process ends itself with SIGKILL, `name` or `name@nth` (src/app/store/kill-point.ts). */
  readonly killAt?: string;
  /** Asked every few milliseconds; the process gets SIGKILL when it answers true. */
  readonly killWhen?: () => boolean | Promise<boolean>;
  /** Told the id of the process. */
  readonly onStart?: (pid: number) => void;
  /** Changes to the environment of this run. */
  readonly env?: Readonly<Record<string, string>>;
  /** What it reads on standard input; nothing when not said. */
  readonly input?: string;
  /** A program that starts the process as its child, with its own words before it. */
  readonly under?: readonly string[];
  /** After so long the process is killed and the run fails; 300 s when not said. */
  readonly maxMs?: number;
}

export interface ServicePlace {
  /** Own folder: config.json, data and logs. */
  readonly folder: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string>>;
}

/** The real program as people start it, one process a command. */
export interface ServiceProcess {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  run(words: readonly string[], options?: RunOptions): Promise<Finished>;
  /** Everything that the data folder holds is gone, save the keys. */
  loseData(): Promise<void>;
}

export async function createServiceProcess(place: ServicePlace): Promise<ServiceProcess> {
  const { folder, config, env } = place;
  await mkdir(folder, { recursive: true });
  const configFile = join(folder, 'config.json');
  await writeFile(configFile, JSON.stringify({ dataDir: 'data', logDir: 'logs', ...config }));
  return {
    folder,
    env,
    run: (words, options = {}) => runOnce({ folder, env, configFile }, words, options),
    async loseData() {
      for (const name of await readdir(join(folder, 'data'))) {
        if (name !== 'keys')
          await rm(join(folder, 'data', name), { recursive: true, force: true, maxRetries: 5 });
      }
    },
  };
}

async function runOnce(
  place: {
    readonly folder: string;
    readonly env: ServicePlace['env'];
    readonly configFile: string;
  },
  words: readonly string[],
  { killAt, killWhen, onStart, env = {}, input, under = [], maxMs = 300_000 }: RunOptions,
): Promise<Finished> {
  const [first = process.execPath, ...rest] = under;
  const node = under.length === 0 ? [] : [process.execPath];
  const child = spawn(
    first,
    [...rest, ...node, program, '--config', place.configFile, '--json', ...words],
    {
      cwd: place.folder,
      env: programEnv(place.folder, {
        ...place.env,
        ...env,
        ...(killAt === undefined ? {} : { CMS_KILL_AT: killAt }),
      }),
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    },
  );
  if (child.pid !== undefined) onStart?.(child.pid);
  // One that ends without reading it is fine.
  child.stdin?.on('error', () => undefined).end(input);
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
  const over = new AbortController();
  const ended = new Promise<{ exitCode: number | null; signal: NodeJS.Signals | null }>(
    (resolve, reject) => {
      child.once('error', reject);
      child.once('close', (exitCode, signal) => resolve({ exitCode, signal }));
    },
  ).finally(() => {
    over.abort();
  });
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    child.kill('SIGKILL');
  }, maxMs);
  const killer = async (isTime: () => boolean | Promise<boolean>): Promise<void> => {
    while (!over.signal.aborted) {
      if (await isTime()) child.kill('SIGKILL');
      await delay(3);
    }
  };
  const [{ exitCode, signal }] = await Promise.all([
    ended,
    killWhen === undefined ? undefined : killer(killWhen),
  ]);
  clearTimeout(timer);
  const out = Buffer.concat(stdout).toString();
  const err = Buffer.concat(stderr).toString();
  if (isLate) throw new Error(`${words.join(' ')} took longer than ${maxMs} ms\n${out}\n${err}`);
  return { exitCode, signal, stdout: out, stderr: err, json: jsonOf(out) };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
