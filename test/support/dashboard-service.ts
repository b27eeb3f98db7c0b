import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareDemo } from '../../src/app/demo/demo.ts';
import type { FreshDatabase } from './fresh-database.ts';
import { program, programEnv } from './program.ts';

/** The real service on the sample repositories, as its dashboard sees it. */
export interface DashboardService {
  /** `http://localhost:PORT`: browsers hold passkeys to names, not to addresses. */
  readonly origin: string;
  /** The one-time link for the first administrator; empty without sessions (`--no-security`). */
  readonly link: string;
  readonly folder: string;
  readonly database: FreshDatabase;
  close(): Promise<void>;
}

interface DemoConfig {
  readonly repositories: readonly object[];
}

/** Starts `start` on a folder and a database of its own; `change` goes over the configuration of the demo, `more` are words after `start`. */
export async function startDashboardService(
  change: (config: DemoConfig) => object = () => ({}),
  prepare: (folder: string) => Promise<void> = async () => undefined,
  makeDatabase: () => Promise<FreshDatabase> = ofTheTestRun,
  more: readonly string[] = [],
): Promise<DashboardService> {
  const folder = await mkdtemp(join(tmpdir(), 'cms-dashboard-'));
  const database = await makeDatabase();
  const { configFile } = await prepareDemo(folder);
  await prepare(folder);
  const config = JSON.parse(await readFile(configFile, 'utf8')) as DemoConfig;
  const github = { pollSeconds: 1 };
  await writeFile(configFile, JSON.stringify({ ...config, github, ...change(config) }, null, 2));
  const words = ['--config', configFile, '--verbose', 'start', '--port', '0', ...more];
  const child = spawn(process.execPath, [program, ...words], {
    cwd: folder,
    env: programEnv(folder, { DATABASE_URL: database.url }),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const close = async (): Promise<void> => {
    await end(child);
    await database.drop();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const find = listenTo(child);
    const address = new URL(await find(/listening on (http:\S+)/u));
    const origin = `http://localhost:${address.port}`;
    const link = more.includes('--no-security')
      ? ''
      : `${origin}/welcome${new URL(await find(/(http:\S+#token=\S+)/u)).hash}`;
    return { origin, link, folder, database, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Read in only inside a test run: outside of one it cannot be. */
async function ofTheTestRun(): Promise<FreshDatabase> {
  const { createTestDatabase } = await import('./test-database.ts');
  return await createTestDatabase();
}

/** Waits for what the service says on its standard error; throws all of it when the service ends before. */
function listenTo(child: ChildProcess): (pattern: RegExp) => Promise<string> {
  const { stderr } = child;
  if (stderr === null) throw new Error('the standard error is not piped');
  let said = '';
  stderr.setEncoding('utf8').on('data', (part: string) => {
    said += part;
  });
  return async (pattern) => {
    for (;;) {
      const found = pattern.exec(said)?.[1];
      if (found !== undefined) return found;
      if (child.exitCode !== null) throw new Error(said);
      await Promise.race([once(stderr, 'data'), once(child, 'exit')]);
    }
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
  await once(child, 'exit');
  clearTimeout(timer);
}
