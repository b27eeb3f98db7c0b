import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { withoutBubblewrap } from '../support/without-bubblewrap.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');

/** A program as somebody who installed the package would write it; it prints one JSON line. */
const program = `
import { userInfo } from 'node:os';
import { createManager, loadConfig, makeRobust, monitorPerformance } from 'claude-manager-service';

const caller = { clientId: '127.0.0.1', userId: userInfo().username };
const manager = await createManager(await loadConfig('.claude-manager/demo/config.json'));
try {
  const { states } = await manager.execute('service.status', {}, caller);
  const who = await manager.secureOperation(
    { operation: 'own.work', ...caller, permissions: ['repo:read'] },
    async ({ actor }) => monitorPerformance('name', makeRobust('name', async () => actor.name)),
  );
  const { checks } = await manager.health.run({ categories: ['database'] });
  process.stdout.write(JSON.stringify({ states, who, database: checks[0].status }));
} finally {
  await manager.stop();
}
`;

let folder: string;
let environment: NodeJS.ProcessEnv;

/** Waits for a program in a folder beside the one where the package was installed; throws with its output when it fails. */
async function beside(where: string, file: string, words: readonly string[]): Promise<string> {
  const { stdout } = await run(file, [...words], {
    cwd: where,
    env: environment,
    maxBuffer: 16 * 1024 * 1024,
    timeout: 240_000,
  });
  return stdout;
}

const inside = (file: string, ...words: readonly string[]): Promise<string> =>
  beside(join(folder, 'app'), file, words);

interface DemoSummary {
  readonly proposed: number;
  readonly started: number;
  readonly pullRequests: readonly unknown[];
  readonly problems: readonly unknown[];
  readonly states: Readonly<Record<string, number>>;
  readonly sandbox: string;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cms-package-'));
  const { DATABASE_URL: _url, GITHUB_TOKEN: _token, ...rest } = process.env;
  environment = rest;
  // Some machines switch scripts off; without them the tarball would hold whatever was compiled last.
  await run('npm', ['pack', '--silent', '--ignore-scripts=false', '--pack-destination', folder], {
    cwd: root,
    env: { ...environment, BUILD_PROVEN: '1' },
  });
  const tarball = (await readdir(folder)).find((name) => name.endsWith('.tgz')) ?? 'none';
  await run('mkdir', [join(folder, 'app')]);
  await writeFile(join(folder, 'app', 'package.json'), '{ "private": true, "type": "module" }\n');
  const install = ['install', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund'];
  await inside('npm', ...install, join(folder, tarball));
}, 420_000);

afterAll(async () => {
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

test('the installed package runs the demo to its end, again does nothing twice, and a program uses it as a library', async () => {
  const demo = async (): Promise<DemoSummary> =>
    JSON.parse(await inside('npx', 'claude-manager', '--json', 'demo', '--once')) as DemoSummary;
  const summary = await demo();
  expect(summary.problems).toEqual([]);
  expect(summary.pullRequests.length).toBeGreaterThanOrEqual(3);
  expect(summary.states['no_change']).toBe(1);
  const branches = await branchesOfSamples();
  const { states, pullRequests } = summary;
  const quiet = { proposed: 0, approved: 0, started: 0, problems: [] };
  expect(await demo()).toMatchObject({ ...quiet, states, pullRequests });
  expect(await branchesOfSamples()).toEqual(branches);

  await writeFile(join(folder, 'app', 'program.mjs'), program);
  const said = JSON.parse(await inside(process.execPath, 'program.mjs')) as object;
  expect(said).toMatchObject({ states: summary.states, who: expect.any(String) });
  expect(said).toMatchObject({ database: expect.stringMatching(/healthy|degraded/u) });
}, 420_000);

/** Every ref of the sample repositories with its commit. */
async function branchesOfSamples(): Promise<string> {
  const samples = join(folder, 'app', '.claude-manager', 'demo', 'repositories');
  const refs = await Promise.all(
    (await readdir(samples)).map((name) =>
      beside(join(samples, name), 'git', ['for-each-ref', '--format=%(refname) %(objectname)']),
    ),
  );
  expect(refs.join('')).toContain('refs/heads/claude-manager/');
  return refs.join('');
}

test.skipIf(withoutBubblewrap === null)(
  'without a sandbox the demo runs its own agent to the end and says so (src/app/work/open-agents.test.ts: no other)',
  async () => {
    const place = join(folder, 'bare');
    await mkdir(place);
    const manager = join(folder, 'app', 'node_modules', '.bin', 'claude-manager');
    const [file = '', ...before] = withoutBubblewrap ?? [];
    const said = await beside(place, file, [...before, manager, '--json', 'demo', '--once']);
    const summary = JSON.parse(said) as DemoSummary;
    expect(summary).toMatchObject({ sandbox: 'none', problems: [], states: { no_change: 1 } });
    expect(summary.pullRequests.length).toBeGreaterThanOrEqual(3);
  },
  420_000,
);

test('it ships neither sources nor tests, and its declarations stand beside its code', async () => {
  const place = join(folder, 'app', 'node_modules', 'claude-manager-service');
  const files = await readdir(place, { recursive: true });
  expect(files).toContain(join('dist', 'index.d.ts'));
  const strange = files.filter((file) => /\.(?:test|suite)\.|(?<!\.d)\.ts$/u.test(file));
  expect(strange).toEqual([]);
});
