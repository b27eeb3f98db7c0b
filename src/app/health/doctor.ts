import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { AppError, toAppError } from '../../lib/app-error.ts';
import { systemClock } from '../../lib/clock.ts';
import { silentLog } from '../../lib/log.ts';
import { systemRandom } from '../../lib/random.ts';
import type { Served } from '../../operations/gate.ts';
import type { DoctorCheck, DoctorRequest } from '../../operations/health/handlers.ts';
import { doctorHandlers as doctorOperations } from '../../operations/health/handlers.ts';
import type { LoadedConfig } from '../../platform/config/load-config.ts';
import { loadConfig } from '../../platform/config/load-config.ts';
import { openDatabase } from '../../platform/database/database.ts';
import { checkToken } from '../code-host/token-check.ts';
import type { OpenOptions } from '../open-options.ts';
import { configFolder } from '../open-options.ts';
import { proveAgents } from './prove-agents.ts';

const run = promisify(execFile);

/** `doctor`: each line was tried out now; what fails says what mends it. */
export function doctorHandlers(options: OpenOptions): readonly Served[] {
  return doctorOperations((asked) => {
    const loaded = loadConfig({
      file: asked.file ?? options.flags.config,
      folder: options.folder,
      env: options.env,
    });
    loaded.catch(() => undefined);
    return [
      node,
      git,
      () => configuration(loaded),
      () => database(options, loaded),
      () => agents(options, loaded, asked),
      () => token(options, loaded),
    ];
  });
}

async function node(): Promise<DoctorCheck> {
  const isNew = Number(process.versions.node.split('.')[0]) >= 24;
  return line(
    'Node',
    isNew ? 'ok' : 'failed',
    `${process.version} on ${process.platform}-${process.arch}`,
    isNew ? null : 'Install Node 24 or newer.',
  );
}

async function git(): Promise<DoctorCheck> {
  try {
    const { stdout } = await run('git', ['--version']);
    return line('git', 'ok', stdout.trim(), null);
  } catch (error) {
    return line(
      'git',
      'failed',
      toAppError(error).message,
      'Install git (Debian: apt-get install git).',
    );
  }
}

async function configuration(loaded: Promise<LoadedConfig>): Promise<DoctorCheck> {
  return measured('configuration', async () => {
    const { file } = await loaded;
    return file ?? 'no file; defaults, environment and flags hold';
  });
}

async function database(
  options: OpenOptions,
  loading: Promise<LoadedConfig>,
): Promise<DoctorCheck> {
  return measured('database', async () => {
    const { config, secrets } = await loading;
    const deps = {
      clock: systemClock,
      random: systemRandom,
      log: silentLog,
      searchPath: options.env['PATH'],
    };
    const opened = await openDatabase(
      { url: secrets.databaseUrl ?? undefined, dataDir: config.dataDir },
      deps,
    );
    try {
      const { rows } = await opened.pool.query<{ sum: number }>('select 20 + 22 as sum');
      return `${opened.kind} PostgreSQL ${opened.version} answers ${rows[0]?.sum ?? 'nothing'}, fsync is on`;
    } finally {
      await opened.close();
    }
  });
}

async function agents(
  options: OpenOptions,
  loading: Promise<LoadedConfig>,
  asked: DoctorRequest,
): Promise<readonly DoctorCheck[]> {
  const loaded = await loading.catch(() => null);
  return await proveAgents({
    ...asked,
    loaded,
    folder: loaded === null ? options.folder : configFolder(options, loaded),
    path: options.env['PATH'] ?? '',
  });
}

async function token(
  options: OpenOptions,
  loading: Promise<LoadedConfig>,
): Promise<readonly DoctorCheck[]> {
  const loaded = await loading.catch(() => null);
  const { managerRepo, reposToScan, username } = loaded?.config.github ?? {
    managerRepo: null,
    username: null,
    reposToScan: [],
  };
  if (loaded === null || managerRepo === null)
    return [line('GitHub token', 'not_measured', 'No manager repository is configured.', null)];
  const { githubToken } = loaded.secrets;
  if (githubToken === null)
    return [
      line(
        'GitHub token',
        'not_measured',
        'GITHUB_TOKEN is not set here; what the vault holds is measured by the service.',
        'claude-manager credentials list',
      ),
    ];
  const env = { ...options.env, GITHUB_API_URL: loaded.config.github.apiUrl };
  const said = await checkToken(
    env,
    githubToken,
    [managerRepo, ...reposToScan.filter((name) => /^[\w.-]+\/[\w.-]+$/u.test(name))],
    username,
  );
  return said.map((text) =>
    line(
      'GitHub token',
      text.startsWith('ok') ? 'ok' : 'failed',
      text.replace(/^\w+: /u, ''),
      mendOf(text),
    ),
  );
}

function mendOf(said: string): string | null {
  if (said.startsWith('ok')) return null;
  if (said.includes(' 401'))
    return 'GitHub does not know this token: make a new one and export GITHUB_TOKEN.';
  if (said.includes('cannot be reached')) return 'Check the network and github.apiUrl.';
  if (said.includes(' 404'))
    return 'There is no such repository, or GitHub hides it from this token: correct the name, or give the token access.';
  if (said.includes('github.username'))
    return 'Export a token of that account, or correct github.username.';
  return 'Give the token write on contents, issues and pull requests.';
}

async function measured(name: string, measure: () => Promise<string>): Promise<DoctorCheck> {
  try {
    return line(name, 'ok', await measure(), null);
  } catch (thrown) {
    const error: AppError = toAppError(thrown);
    return line(name, 'failed', error.message, error.next ?? null);
  }
}

function line(
  name: string,
  status: DoctorCheck['status'],
  evidence: string,
  mend: string | null,
): DoctorCheck {
  return { name, status, evidence, mend };
}
