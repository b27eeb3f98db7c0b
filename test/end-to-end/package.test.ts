import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

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

/** Waits for a program in the folder where the package was installed; throws with its output when it fails. */
async function inside(file: string, ...words: readonly string[]): Promise<string> {
  const { stdout } = await run(file, words, {
    cwd: join(folder, 'app'),
    env: environment,
    maxBuffer: 16 * 1024 * 1024,
    timeout: 240_000,
  });
  return stdout;
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

test('the installed package runs the demo to its end, and a program uses it as a library', async () => {
  const summary = JSON.parse(await inside('npx', 'claude-manager', '--json', 'demo', '--once')) as {
    readonly pullRequests: readonly unknown[];
    readonly problems: readonly unknown[];
    readonly states: Readonly<Record<string, number>>;
  };
  expect(summary.problems).toEqual([]);
  expect(summary.pullRequests.length).toBeGreaterThanOrEqual(3);
  expect(summary.states['no_change']).toBe(1);

  await writeFile(join(folder, 'app', 'program.mjs'), program);
  const said = JSON.parse(await inside(process.execPath, 'program.mjs')) as object;
  expect(said).toMatchObject({ states: summary.states, who: expect.any(String) });
  expect(said).toMatchObject({ database: expect.stringMatching(/healthy|degraded/u) });
}, 420_000);

test('it ships neither sources nor tests, and its declarations stand beside its code', async () => {
  const place = join(folder, 'app', 'node_modules', 'claude-manager-service');
  const files = await readdir(place, { recursive: true });
  expect(files).toContain(join('dist', 'index.d.ts'));
  const strange = files.filter((file) => /\.(?:test|suite)\.|(?<!\.d)\.ts$/u.test(file));
  expect(strange).toEqual([]);
});
