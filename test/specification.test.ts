import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { access, chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SpecificationRow } from '../scripts/specification-table.ts';
import { specificationPage, specificationRows } from '../scripts/specification-table.ts';
import { effects } from './specification-effects.ts';
import { program, programEnv } from './support/program.ts';
import { createTestDatabase, type TestDatabase } from './support/test-database.ts';

const root = new URL('../', import.meta.url);
const run = promisify(execFile);

let folder = '';
const databases = new Map<SpecificationRow['place'], TestDatabase>();
const places = new Map<SpecificationRow['place'], { folder: string; env: NodeJS.ProcessEnv }>();
const words = { ID: '', N: '', PORT: '' };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cms-spec-'));
  await writeFile(
    join(folder, 'agent.mjs'),
    `import { writeFileSync } from 'node:fs';\nwriteFileSync('done.js', 'export const done = 1;\\n');\n`,
  );
  for (const name of ['work', 'service'] as const) {
    const where = join(folder, name);
    await mkdir(join(where, 'r'), { recursive: true });
    await writeFile(join(where, 'config.json'), JSON.stringify(configOf()));
    const unsound = { ...configOf(), repositories: [{ match: './r', agent: 'nobody' }] };
    await writeFile(join(where, 'unsound.json'), JSON.stringify(unsound));
    await repository(join(where, 'r'));
    const database = await createTestDatabase();
    databases.set(name, database);
    places.set(name, { folder: where, env: { DATABASE_URL: database.url } });
  }
  const production = join(folder, 'production');
  await mkdir(production);
  await copyFile(new URL('config.production.json.example', root), join(production, 'config.json'));
  await chmod(join(production, 'config.json'), 0o640);
  await copyFile(new URL('config.json.example', root), join(production, 'config.json.example'));
  await writeFile(join(production, 'other.json'), '{ "github": { "managerRepo": "acme/other" } }');
  places.set('production', { folder: production, env: {} });
  words.PORT = String(await freePort());
  await prepareTasks();
}, 420_000);
afterAll(async () => {
  for (const database of databases.values()) await database.drop();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

function configOf(): object {
  return {
    repositories: [{ match: './r' }],
    executor: {
      default: 'honest',
      sandbox: 'none',
      allowUnsandboxed: true,
      agents: { honest: { kind: 'command', command: ['node', join(folder, 'agent.mjs')] } },
    },
    dataDir: 'data',
    logDir: 'logs',
  };
}

async function repository(where: string): Promise<void> {
  await writeFile(join(where, 'a.js'), '// TODO: handle negative numbers\nexport const a = 1;\n');
  await writeFile(join(where, 'b.js'), '// TODO: say which file is missing\nexport const b = 1;\n');
  const git = (...more: string[]): Promise<unknown> =>
    run('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...more], { cwd: where });
  await git('init', '-q', '-b', 'main');
  await git('add', '.');
  await git('commit', '-qm', 'first');
}

/** Two approved tasks, one for each way to name one. */
async function prepareTasks(): Promise<void> {
  await finished('work', ['start', '--once']);
  const listed = JSON.parse((await finished('work', ['--json', 'tasks', 'list'])).text) as {
    id: string;
    issue: number;
  }[];
  for (const { id } of listed) await finished('work', ['tasks', 'approve', id]);
  words.ID = listed[0]?.id ?? '';
  words.N = String(listed[1]?.issue ?? 0);
}

function start(place: SpecificationRow['place'], typed: readonly string[]): ChildProcess {
  const at = places.get(place) ?? expect.unreachable();
  return spawn(process.execPath, [program, ...typed], {
    cwd: at.folder,
    env: programEnv(at.folder, {
      CLAUDE_MANAGER_SERVER_PORT: '0',
      ...at.env,
    }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Runs it to its end; with `until` it gets SIGTERM once it has said that. */
function finished(
  place: SpecificationRow['place'],
  typed: readonly string[],
  until: RegExp | null = null,
): Promise<{ code: number | null; text: string }> {
  return new Promise((resolve) => {
    const child = start(place, typed);
    let text = '';
    const hear = (part: string): void => {
      text += part;
      // A second signal would end it at once.
      if (!child.killed && until?.test(text) === true) child.kill('SIGTERM');
    };
    child.stdout?.setEncoding('utf8').on('data', hear);
    child.stderr?.setEncoding('utf8').on('data', hear);
    child.once('close', (code) => resolve({ code, text }));
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function filledIn(text: string): string {
  return text
    .split(' ')
    .map((word) => words[word as keyof typeof words] ?? word)
    .join(' ');
}

test('the page of the specification is up to date (node scripts/generate-reference.ts)', async () => {
  const page = await readFile(new URL('docs/reference/specification.md', root), 'utf8');
  expect(page).toBe(specificationPage());
});

test('each row has an effect by which it is seen to do what it says, and no effect is left over', () => {
  const typed = specificationRows.map(({ here }) => here);
  expect(Object.keys(effects).toSorted()).toEqual(typed.toSorted());
});

describe.each(['production', 'work', 'service'] as const)(
  'typed in %s',
  (place) => {
    const rows = specificationRows.filter((row) => row.place === place);
    test.each(rows)('$here', async ({ here, exitCode, shows, writes }) => {
      const isService = place === 'service';
      const wanted = new RegExp(shows.source.replace('PORT', words.PORT), shows.flags);
      const typed = filledIn(here).split(' ');
      // Lines for people are printed to a terminal only, or with --verbose.
      const all = isService && !typed.includes('--debug') ? ['--verbose', ...typed] : typed;
      const at = places.get(place) ?? expect.unreachable();
      const world = {
        folder: at.folder,
        words,
        run: (more: readonly string[]) => finished(place, more),
        query: async <T extends object>(statement: string) =>
          (await (databases.get(place) ?? expect.unreachable()).pool.query<T>(statement)).rows,
      };
      const effect = effects[here] ?? expect.unreachable();
      await effect.before?.(world);
      const { code, text } = await finished(place, all, isService ? wanted : null);
      expect(text).toMatch(wanted);
      if (exitCode < 0) expect([2, 4]).toContain(code);
      else expect(`${code} ${text}`).toMatch(new RegExp(`^${exitCode} `, 'u'));
      for (const file of writes ?? []) await access(join(at.folder, file));
      await effect.after(world, text);
    });
  },
  180_000,
);
