import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FreshDatabase } from './fresh-database.ts';
import type { GithubEmulator } from './github-emulator/emulator.ts';
import { createGithubEmulator } from './github-emulator/emulator.ts';
import type { Issue } from './github-emulator/state.ts';
import type { Finished, RunOptions, ServiceProcess } from './service-process.ts';
import { createServiceProcess } from './service-process.ts';

export const manager = 'acme/manager';
/** The token of the service, which nobody else may ever see. */
export const token = 'ghp_canary0123456789canary0123456789cana';

/** The service on an emulated GitHub: a manager repository, targets, people, and one process a command. */
export interface GithubLoop {
  readonly emulator: GithubEmulator;
  readonly service: ServiceProcess;
  /** `start --once`; answers its summary and fails when it was not expected to end so. */
  once(options?: RunOptions & { readonly exitCode?: number }): Promise<Summary>;
  /** `start --once` that does not live to its end; with `mayEnd` it need not come to the place where it would die. */
  killed(options: RunOptions & { readonly mayEnd?: boolean }): Promise<void>;
  /** A command of `tasks`, as JSON. */
  tasks<T>(...words: readonly string[]): Promise<T>;
  /** Proposals in the manager repository, oldest first. */
  proposals(): readonly Issue[];
  pulls(repository: string): readonly Issue[];
  /** Asks the database of the service. */
  query<T extends object>(statement: string): Promise<readonly T[]>;
  /** A new database and a data folder with nothing but its keys. */
  loseDatabase(): Promise<void>;
  close(): Promise<void>;
  /** The same, when what stands behind `await using` goes out of scope. */
  [Symbol.asyncDispose](): Promise<void>;
}

export interface Summary {
  readonly proposed: number;
  readonly approved: number;
  readonly refused: number;
  readonly started: number;
  readonly states: Readonly<Record<string, number>>;
  readonly waiting: readonly {
    readonly id: string;
    readonly code: string;
    readonly text: string;
  }[];
  readonly pullRequests: readonly { readonly url: string; readonly state: string }[];
  readonly problems: readonly {
    readonly where: string;
    readonly kind: string;
    readonly code: string;
    readonly message: string;
    readonly next: string | null;
  }[];
}

export interface TaskLine {
  readonly id: string;
  readonly state: string;
  readonly issue: number | null;
  readonly pullRequest: string | null;
}

export interface LoopOptions {
  /** Files of each target; its name in the organization acme. */
  readonly targets: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Milliseconds that the agent stays at work. */
  readonly agentMs?: number;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Makes the database of the service; one of the test run when left out, null for the embedded one of its data folder. */
  readonly database?: (() => Promise<FreshDatabase>) | null;
  /** Folder of the service; a temporary one when left out. Removed at the end. */
  readonly folder?: string;
}

const agentProgram = new URL('./todo-agent-program.ts', import.meta.url).pathname;

/** People: `wendy` may write everywhere, `tina` may only triage, the service is `svc-bot`. */
export async function createGithubLoop(options: LoopOptions): Promise<GithubLoop> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'cms-loop-')));
  const emulator = await createGithubEmulator();
  emulator.addUser('svc-bot', { token });
  const roles = { 'svc-bot': 'write', wendy: 'write', tina: 'triage' } as const;
  await emulator.addRepository({ fullName: manager, files: { 'README.md': 'Work\n' }, roles });
  for (const [name, files] of Object.entries(options.targets)) {
    await emulator.addRepository({ fullName: `acme/${name}`, files, roles });
  }
  const { database: how = ofTheTestRun } = options;
  const makeDatabase = async (): Promise<FreshDatabase | null> => (how === null ? null : how());
  let database = await makeDatabase();
  const place = async (): Promise<ServiceProcess> =>
    createServiceProcess({
      folder,
      config: configOf(options),
      env: envOf(options, emulator, database?.url),
    });
  let service = await place();
  const proposals = (): Issue[] => emulator.issues(manager).filter(({ pull }) => pull === null);
  const close = async (): Promise<void> => {
    await emulator.close();
    await database?.drop();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  return {
    emulator,
    get service() {
      return service;
    },
    once: async ({ exitCode = 0, ...run } = {}) => {
      const ended = await service.run(['--verbose', 'start', '--once'], run);
      if (ended.exitCode !== exitCode) throw new Error(`start --once ended so:\n${shown(ended)}`);
      return ended.json as Summary;
    },
    killed: async ({ mayEnd = false, ...run }) => {
      const ended = await service.run(['--verbose', 'start', '--once'], run);
      if (mayEnd && ended.exitCode === 0) return;
      if (ended.signal !== 'SIGKILL') throw new Error(`it was not killed:\n${shown(ended)}`);
    },
    tasks: async <T>(...words: readonly string[]) => {
      const ended = await service.run(['tasks', ...words]);
      if (ended.exitCode !== 0) throw new Error(`tasks ${words.join(' ')}:\n${shown(ended)}`);
      return ended.json as T;
    },
    proposals,
    pulls: (repository) => emulator.issues(repository).filter(({ pull }) => pull !== null),
    query: async <T extends object>(statement: string) =>
      (await database?.pool.query<T>(statement))?.rows ?? [],
    loseDatabase: async () => {
      await service.loseData();
      await database?.drop();
      database = await makeDatabase();
      service = await place();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Read in only inside a test run: outside of one it cannot be. */
async function ofTheTestRun(): Promise<FreshDatabase> {
  const { createTestDatabase } = await import('./test-database.ts');
  return await createTestDatabase();
}

function configOf({ targets, agentMs = 0, config = {} }: LoopOptions): Record<string, unknown> {
  const reversed = [...token].reverse().join('');
  return {
    github: {
      managerRepo: manager,
      reposToScan: Object.keys(targets).map((name) => `acme/${name}`),
    },
    executor: {
      default: 'honest',
      agents: {
        honest: { kind: 'command', command: ['node', agentProgram, reversed, String(agentMs)] },
      },
    },
    ...config,
  };
}

function envOf(
  { env = {} }: LoopOptions,
  emulator: GithubEmulator,
  databaseUrl: string | undefined,
): Record<string, string> {
  return {
    GITHUB_TOKEN: token,
    GITHUB_API_URL: emulator.apiUrl,
    GITHUB_SERVER_URL: emulator.serverUrl,
    ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
    ...env,
  };
}

function shown({ exitCode, signal, stdout, stderr }: Finished): string {
  return `exit ${exitCode} signal ${signal}\n${stdout}\n${stderr}`;
}

/** Whether any workspace below the data folder holds what the agent leaves first. */
export async function agentIsAtWork(service: ServiceProcess): Promise<boolean> {
  const names = await readdir(join(service.folder, 'data', 'workspaces'), {
    recursive: true,
  }).catch(() => []);
  return names.some((name) => name.endsWith('agent-saw.json'));
}
