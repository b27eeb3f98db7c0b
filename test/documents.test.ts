import { type ChildProcess, execFile, spawn } from 'node:child_process';
import {
  access,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { specificationRows } from '../scripts/specification-table.ts';
import { program, programEnv } from './support/program.ts';
import { createTestDatabase, type TestDatabase } from './support/test-database.ts';

const root = new URL('../', import.meta.url);
const run = promisify(execFile);

interface Command {
  readonly document: string;
  /** As the document writes it, without its comment. */
  readonly text: string;
}

/** Why a command of a document is not run here; each has to be needed. */
const notRun: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [
    /^curl /u,
    'it talks to a service of the reader; test/end-to-end/http-service.test.ts types it at one',
  ],
  [/^export /u, 'it changes the shell of the reader'],
  [/^(?:\.\/run|claude-manager) demo/u, 'test/end-to-end/package.test.ts runs the demo'],
  [/^\.\/run test$/u, 'it is this suite'],
  [
    /^(?:[A-Z_]+=\w+ )?npx vitest run /u,
    'it is a part of this suite; that its files exist is checked',
  ],
  [/^npm run /u, 'it lasts, builds or changes files; that the script exists is checked'],
  [/^chmod /u, 'no command of ours'],
  [
    /^systemctl /u,
    'it needs systemd; test/end-to-end/held-socket.test.ts holds a socket as that does',
  ],
  [/--mode interactive/u, 'it needs a terminal; src/doors/screen has its tests'],
  [/^claude-manager restore /u, 'src/app/store/restore.test.ts restores; it replaces a database'],
  [/db\.example/u, 'it names a server of the reader'],
  [/\bFILE\b|\bID\b|<id>|\bF\b/u, 'it names something of the reader; other tests name a real one'],
  [
    /^\.\/run init .*--manager/u,
    'it asks GitHub about the token; test/end-to-end/github-trouble.test.ts asks the emulator',
  ],
  [
    /^claude-manager audit show 17/u,
    'it names an entry of the reader; test/end-to-end/library.test.ts shows one of its own',
  ],
  [/credentials set GITHUB_APP_PRIVATE_KEY/u, 'it reads a key file of the reader'],
  [/--keep-password|reset-password/u, 'it asks for a password on the terminal'],
  [
    /^claude-manager (?:users|tokens) /u,
    'test/end-to-end/identity.test.ts goes through accounts and tokens',
  ],
  [
    /^claude-manager health --continuous/u,
    'it runs until Ctrl-C; test/specification.test.ts ends it',
  ],
];

/** Commands that ask whether something is well: 1 is an answer. */
const asks = /^(?:validate|health|security (?:audit|verify)|doctor|--debug)/u;

let folder = '';
let database: TestDatabase;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cms-documents-'));
  database = await createTestDatabase();
  await mkdir(join(folder, 'r'));
  await writeFile(join(folder, 'r', 'a.js'), '// TODO: handle negative numbers\n');
  const git = (...words: string[]): Promise<unknown> =>
    run('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...words], {
      cwd: join(folder, 'r'),
    });
  await git('init', '-q', '-b', 'main');
  await git('add', '.');
  await git('commit', '-qm', 'first');
  for (const name of ['config.json.example', 'config.production.json.example'])
    await copyFile(new URL(name, root), join(folder, name));
});
afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** Lines of fenced `sh` blocks, and indented ones that begin with the program. */
async function commandsIn(document: string): Promise<readonly Command[]> {
  const text = await readFile(new URL(document, root), 'utf8');
  const fenced = [...text.matchAll(/^[ \t]*```(?:sh|bash)\n(.*?)^[ \t]*```/gmsu)].flatMap(
    ([, body = '']) => body.split('\n'),
  );
  const indented = text.split('\n').filter((line) => /^ {4,}claude-manager /u.test(line));
  return [...new Set([...fenced, ...indented].map((line) => withoutComment(line)))]
    .filter((line) => line !== '')
    .map((line) => ({ document, text: line }));
}

function withoutComment(line: string): string {
  return line.replace(/\s+#.*$/u, '').trim();
}

async function documents(): Promise<readonly string[]> {
  const guides = (await readdir(new URL('docs/guides/', root))).map(
    (name) => `docs/guides/${name}`,
  );
  const top = (await readdir(root)).filter((name) => name.endsWith('.md'));
  return [...top, 'docs/API.md', ...guides].filter((name) => name.endsWith('.md'));
}

const all = (await Promise.all((await documents()).map(commandsIn))).flat();
const typedElsewhere = new Set(specificationRows.map(({ here }) => `claude-manager ${here}`));
const asProgram = (text: string): string => text.replace(/^\.\/run /u, 'claude-manager ');
const isRun = ({ text }: Command): boolean =>
  !notRun.some(([pattern]) => pattern.test(text)) && !typedElsewhere.has(asProgram(text));

test('every reason not to run a command is needed by a document', () => {
  expect(all.length).toBeGreaterThan(60);
  const unneeded = notRun.filter(([pattern]) => !all.some(({ text }) => pattern.test(text)));
  expect(unneeded.map(([pattern]) => pattern.source)).toEqual([]);
});

test('test files and scripts that documents name are there', async () => {
  const { scripts } = JSON.parse(await readFile(new URL('package.json', root), 'utf8')) as {
    scripts: Record<string, string>;
  };
  for (const { text } of all) {
    const [, named] = /npx vitest run (.+)$/u.exec(text) ?? [];
    for (const path of named?.split(' ').filter((word) => word.includes('/')) ?? [])
      await access(new URL(path, root));
    const [, script] = /^npm run (\S+)/u.exec(text) ?? [];
    if (script !== undefined) expect(scripts).toHaveProperty([script]);
  }
});

test('every document that is linked to is there', async () => {
  const missing: string[] = [];
  for (const document of await documents()) {
    const from = new URL(document, root);
    const text = await readFile(from, 'utf8');
    for (const [, target = ''] of text.matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/gu)) {
      if (/^[a-z]+:/u.test(target)) continue;
      await access(new URL(target, from)).catch(() => missing.push(`${document}: ${target}`));
    }
  }
  expect(missing).toEqual([]);
});

const byDocument = Map.groupBy(all.filter(isRun), ({ document }) => document);

test.each([...byDocument])(
  'the commands of %s work as they are written',
  async (document, commands) => {
    await writeFile(join(folder, 'config.json'), JSON.stringify(configOf(document)));
    for (const { text } of commands) {
      const { code, said } = await type(text, document);
      const words = wordsOf(text);
      const isAnswer = code === 0 || (code === 1 && asks.test(words.join(' ')));
      expect(`${document}: ${text}\n${isAnswer ? 'fine' : `${code} ${said}`}`).toBe(
        `${document}: ${text}\nfine`,
      );
    }
  },
  300_000,
);

function configOf(document: string): object {
  return {
    repositories: [{ match: './r' }],
    dataDir: isDetaching(document) ? 'data-detached' : 'data',
    logDir: 'logs',
  };
}

function wordsOf(text: string): readonly string[] {
  return asProgram(text)
    .replace(/\s*<\s*\S+$/u, '')
    .split(' ')
    .slice(1)
    .map((word) => word.replaceAll(/^'|'$/gu, '').replace('~/src/project', './r'));
}

async function type(
  text: string,
  document: string,
): Promise<{ code: number | null; said: string }> {
  if (text.startsWith('cp ')) {
    const [, from = '', to = ''] = text.split(' ');
    await access(join(folder, from));
    return { code: to === 'config.json' ? 0 : 1, said: `cp ${from} ${to}` };
  }
  const words = wordsOf(text);
  const isService = words.includes('start') && !words.includes('daemon');
  const typed = isService ? ['--verbose', ...words] : words;
  return await finished(start(typed, document), isService ? /listening on http/u : null);
}

/** A detached service is found through its own database, so the document that starts one has one of its own. */
const isDetaching = (document: string): boolean => document.endsWith('production.md');

function start(words: readonly string[], document: string): ChildProcess {
  const child = spawn(process.execPath, [program, ...words], {
    cwd: folder,
    env: programEnv(folder, {
      ...(isDetaching(document) ? {} : { DATABASE_URL: database.url }),
      CLAUDE_MANAGER_SERVER_PORT: '0',
      GITHUB_WEBHOOK_SECRET: 'a secret of the environment',
    }),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // One that ends without reading it is fine.
  child.stdin?.on('error', () => undefined).end('a secret from standard input');
  return child;
}

function finished(
  child: ChildProcess,
  until: RegExp | null,
): Promise<{ code: number | null; said: string }> {
  return new Promise((resolve) => {
    let said = '';
    const hear = (part: string): void => {
      said += part;
      // A second signal would end it at once.
      if (!child.killed && until?.test(said) === true) child.kill('SIGTERM');
    };
    child.stdout?.setEncoding('utf8').on('data', hear);
    child.stderr?.setEncoding('utf8').on('data', hear);
    child.once('close', (code) => resolve({ code, said }));
  });
}
