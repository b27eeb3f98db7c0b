import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lookAlikes, of, secretExamples } from '../../src/platform/redaction/examples.suite.ts';
import { findChromium, launchChromium } from '../support/chromium.ts';
import { becomeFirstAdmin, settled } from '../support/dashboard-person.ts';
import { git } from '../support/github-emulator/git-repository.ts';
import type { GithubLoop, TaskLine } from '../support/github-loop.ts';
import { createGithubLoop, manager } from '../support/github-loop.ts';
import { program, programEnv } from '../support/program.ts';
import { type RunningService, startService } from '../support/running-service.ts';

const approved = 'approved-for-dev';

/** One line each, so that it fits into a comment, a message and a log; what a line starts with is told from a word. */
const secrets = secretExamples
  .map(([, secret, before = 'it is ', after = '" .']) => ({ secret, before, after }))
  .filter(
    ({ secret, before, after }) => !/[\n*]/u.test(`${before.trim()}${secret}${after.trim()}`),
  );
const known = 'kN0wn-Value_of.the+vault/42';
const disguises = [
  known,
  Buffer.from(known).toString('base64'),
  Buffer.from(`x${known}`).toString('base64'),
  Buffer.from(known).toString('base64url'),
  Buffer.from(known).toString('hex'),
  encodeURIComponent(known),
  JSON.stringify(JSON.stringify(known)),
  [...Buffer.from(known)].map((one) => `%${one.toString(16)}`).join(''),
  [...known].map((one) => `&#${one.charCodeAt(0)};`).join(''),
  [...known].reverse().join(''),
  known.toUpperCase(),
  `${known.slice(0, 9)}\u200b${known.slice(9)}`,
];

const lines = [
  ...secrets.map(({ secret, before, after }) => `${before.trimStart()}${secret}${after}`),
  ...disguises.map((text) => `it is ${text} .`),
];
const leaking = [...secrets.map(({ secret }) => secret), ...disguises];

/** Secrets of which eight characters in a row are still in the text. */
function leaksIn(text: string): readonly string[] {
  return leaking.filter((secret) => {
    for (let start = 0; start + 8 <= secret.length; start += 1) {
      const piece = secret.slice(start, start + 8);
      if (!isWord(piece) && text.includes(piece)) return true;
    }
    return false;
  });
}

/** They may not be made of the same invented letters as the secrets, or nobody could tell them apart below. */
const harmless = lookAlikes.filter(
  (text) => !/[\n*]|TODO/u.test(text) && leaksIn(text).length === 0,
);

/** What stands in other texts as well: addresses, words, zeros. */
function isWord(piece: string): boolean {
  return /^[a-z:/._ -]+$|^0+$/u.test(piece);
}

/** Says everything that it should not, in lines and in its last message. */
const agentProgram = (said: readonly string[]): string => `
import { writeFileSync } from 'node:fs';
const lines = ${JSON.stringify(said)};
for (const line of lines) { console.log(line); console.error('note: ' + line); }
writeFileSync('done.txt', 'done\\n');
console.log(JSON.stringify({ type: 'tool', name: 'Read', input: { text: lines.join(' | ') } }));
console.log(JSON.stringify({ type: 'result', message: 'I read: ' + lines.slice(0, 40).join(' ; ') }));
`;

const executable = await findChromium();

describe('secrets in comments, in what an agent says and in what people type', () => {
  let loop: GithubLoop;
  let folder = '';
  let tasks: readonly TaskLine[] = [];
  let runId = '';
  let served: RunningService | null = null;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cms-redact-'));
    const all = [...lines, ...harmless];
    await writeFile(join(folder, 'agent.mjs'), agentProgram(all));
    const parts = Array.from({ length: 4 }, (_, part) => all.filter((_one, at) => at % 4 === part));
    loop = await createGithubLoop({
      targets: {
        widgets: Object.fromEntries(
          parts.map((part, at) => [
            `part${at}.js`,
            `/* TODO: mend number ${at}\n${part.map((line) => `   ${line}`).join('\n')}\n */\nexport const x = ${at};\n`,
          ]),
        ),
      },
      config: {
        executor: {
          default: 'teller',
          agents: { teller: { kind: 'command', command: ['node', join(folder, 'agent.mjs')] } },
        },
      },
      env: { SHOP_DB_PASSWORD: known },
    });
    await loop.once();
    const [first, second] = loop.proposals();
    loop.emulator.as('wendy').label(manager, first?.number ?? 0, approved);
    await loop.once();
    tasks = await loop.tasks<readonly TaskLine[]>('list');
    const typed = lines.slice(0, 8).join(' ');
    const other = tasks.find(({ issue }) => issue === second?.number);
    await loop.tasks('reject', other?.id ?? '', '--reason', `no: ${typed}`);
    tasks = await loop.tasks<readonly TaskLine[]>('list');
    const runs = await loop.service.run(['runs', 'list']);
    runId = (runs.json as { items: readonly { id: string }[] }).items[0]?.id ?? '';
  }, 420_000);
  afterAll(async () => {
    await served?.stop();
    await loop.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  const say = async (...words: readonly string[]): Promise<string> => {
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      [program, '--config', join(loop.service.folder, 'config.json'), ...words],
      {
        cwd: loop.service.folder,
        env: programEnv(folder, loop.service.env),
        maxBuffer: 1e8,
      },
    ).catch((failed: { stdout: string; stderr: string }) => failed);
    return `${stdout}\n${stderr}`;
  };
  const idOf = (state: string): string => tasks.find((one) => one.state === state)?.id ?? '';

  test('there are enough of them, and the first line of each is told', () => {
    expect(secrets.length).toBeGreaterThanOrEqual(110);
    expect(harmless.length).toBeGreaterThanOrEqual(30);
    expect(loop.proposals().length).toBeGreaterThanOrEqual(4);
    const states = new Set(tasks.map(({ state }) => state));
    expect([...states].sort()).toEqual(['in_review', 'proposed', 'rejected']);
    expect(runId).not.toBe('');
  });

  test('reach no issue, comment, pull request, branch or commit on GitHub', async () => {
    const everything = ['acme/widgets', manager].flatMap((name) =>
      loop.emulator
        .issues(name)
        .flatMap(({ title, body, comments, pull }) => [
          title,
          body,
          pull?.headRef ?? '',
          ...comments.map((one) => one.body),
        ]),
    );
    const log = await git(loop.emulator.gitFolder('acme/widgets'), 'log', '--all', '--format=%B');
    expect(leaksIn([...everything, log].join('\n'))).toEqual([]);
    expect(everything.join('\n')).toContain('[REDACTED:');
  });

  test('stand in no log file and in no entry of the audit log', async () => {
    const logs = join(loop.service.folder, 'logs');
    const files = await readdir(logs);
    const texts = await Promise.all(files.map((name) => readFile(join(logs, name), 'utf8')));
    const audit = await say('--json', 'audit', 'list', '--limit', '500');
    expect(texts.join('').length).toBeGreaterThan(1000);
    expect(leaksIn([...texts, audit].join('\n'))).toEqual([]);
  });

  test.each([
    ['tasks', 'list'],
    ['tasks', 'show', 'ID'],
    ['tasks', 'explain', 'ID'],
    ['tasks', 'diff', 'ID'],
    ['tasks', 'timeline', 'ID'],
    ['runs', 'list'],
    ['runs', 'events', 'RUN'],
    ['findings'],
    ['status'],
    ['scan', '--dry-run'],
    ['security', 'audit'],
  ])('are not told by %s %s %s, as text or as JSON', async (...words) => {
    const asked = words.map((word) =>
      word === 'ID' ? idOf('in_review') : word === 'RUN' ? runId : word,
    );
    const said = await Promise.all([say(...asked), say('--json', ...asked)]);
    expect(leaksIn(said.join('\n'))).toEqual([]);
  });

  test.each(['table', 'json', 'jsonl', 'sarif'])(
    'are not told by scan --path as %s',
    async (format) => {
      const path = join(folder, 'tree');
      await mkdir(path, { recursive: true });
      await writeFile(
        join(path, 'a.js'),
        [...lines, ...harmless].map((line) => `// TODO: look at this: ${line}\n`).join('\n'),
      );
      const said = await say('scan', '--path', path, '--format', format);
      expect(said).toContain('[REDACTED:');
      expect(leaksIn(said)).toEqual([]);
      // A table cuts what is long.
      const kept = harmless.filter((text) => said.includes(JSON.stringify(text).slice(1, -1)));
      if (format === 'jsonl') expect(harmless.filter((text) => !kept.includes(text))).toEqual([]);
    },
  );

  test('are not told by errors, with their causes and as JSON', async () => {
    const word = `ghp_${of(36)}`;
    const all = [
      say('--debug', 'tasks', 'show', word),
      say('--json', 'tasks', 'show', word),
      say('tasks', 'list', `--${word}`),
      say('--json', 'tasks', 'list', `--${word}`),
      say('scan', '--path', `/nowhere/${word}`),
      say('--debug', 'config', 'set', 'github.managerRepo', `https://me:${of(20)}@h/x`),
      say('--config', `/nowhere/${known}`, '--debug', 'status'),
    ];
    const said = (await Promise.all(all)).join('\n');
    expect(said).toContain('[REDACTED:');
    expect(leaksIn(said)).toEqual([]);
  });

  test('are not told by the REST API, in streams neither', async () => {
    served ??= await startService(loop.service, { words: ['--no-security'] });
    const { address } = served;
    const read = async (path: string, headers: Record<string, string> = {}): Promise<string> => {
      const answer = await fetch(`${address}/api/v1/${path}`, {
        headers,
        signal: AbortSignal.timeout(20_000),
      });
      return `${answer.status} ${await answer.text()}`;
    };
    const paths = [idOf('in_review'), idOf('rejected'), idOf('proposed')].flatMap((id) =>
      ['', '/diff', '/timeline', '/explain'].map((more) => `tasks/${id}${more}`),
    );
    const told = await Promise.all(
      [
        'tasks',
        'findings',
        'runs',
        `runs/${runId}`,
        `runs/${runId}/events`,
        'repositories',
        ...paths,
      ].map((path) => read(path)),
    );
    expect(
      told.filter((text) => !text.startsWith('200')).map((text) => text.slice(0, 300)),
    ).toEqual([]);
    const events = await firstOf(`${address}/api/v1/runs/${runId}/events`, 'text/event-stream');
    const problem = await read(`tasks/ghp_${of(36)}`);
    expect(leaksIn([...told, events, problem].join('\n'))).toEqual([]);
    expect(told.join('')).toContain('[REDACTED:');
  });

  test.skipIf(executable === null)(
    'stand on no page of the dashboard, in its text neither nor in what it is made of',
    async () => {
      await served?.stop();
      const open = await startService(loop.service);
      served = null;
      const browser = await launchChromium(executable ?? '');
      try {
        const page = await browser.newPage();
        const link = `${open.address}/welcome#token=${await open.firstLink()}`;
        await becomeFirstAdmin(page, { link });
        const states = ['in_review', 'rejected', 'proposed'];
        const places = [...states.map((state) => `tasks/${idOf(state)}`), `runs/${runId}`];
        const shown: string[] = [];
        for (const place of [...places, 'tasks', 'board', 'inbox']) {
          await page.goto(`${open.address}/${place}`);
          await settled(page);
          shown.push(await page.locator('body').innerText(), await page.content());
        }
        expect(leaksIn(shown.join('\n'))).toEqual([]);
        expect(shown.join('\n')).toContain('[REDACTED:');
      } finally {
        await browser.close();
        await open.stop();
      }
    },
    180_000,
  );
});

/** What a stream sends in its first seconds. */
async function firstOf(url: string, accept: string): Promise<string> {
  const over = new AbortController();
  const answer = await fetch(url, { headers: { accept }, signal: over.signal });
  let text = '';
  const timer = setTimeout(() => over.abort(), 3000);
  try {
    for await (const part of answer.body ?? []) text += Buffer.from(part).toString('utf8');
  } catch {
    // It ends when we leave.
  } finally {
    clearTimeout(timer);
  }
  return text;
}
