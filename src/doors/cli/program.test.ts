import { describe, expect, test } from 'vitest';
import { AppError, type ErrorKind } from '../../lib/app-error.ts';
import type { OperationRequest } from './command-context.ts';
import { printable, table } from './output/terminal.ts';
import { runProgram } from './program.ts';

interface Result {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly requests: readonly OperationRequest[];
}

/** Runs the words with a gate that only writes down what was asked. */
async function say(
  words: string,
  answer: unknown = null,
  error?: Error,
  said: readonly string[] = [],
): Promise<Result> {
  const requests: OperationRequest[] = [];
  let [out, err] = ['', ''];
  const code = await runProgram(words === '' ? [] : words.split(' '), {
    version: '1.2.3',
    caller: {
      door: 'cli',
      actor: { kind: 'command_line', name: 'root', isOwner: true },
      clientId: 'local',
    },
    terminal: {
      out: { write: (text) => (out += text) },
      err: { write: (text) => (err += text) },
      isOutTerminal: false,
      isErrTerminal: false,
    },
    redact: (text) => text,
    serveMcp: async () => undefined,
    showScreen: async () => undefined,
    call: async (request) => {
      requests.push(request);
      if (error !== undefined) throw error;
      for (const line of said) request.options?.progress?.(line);
      return answer;
    },
  });
  return { code, out, err, requests };
}

/** Commands print answers that these tests do not bring; with --json any answer can be printed. */
const asked = async (words: string): Promise<readonly OperationRequest[]> =>
  (await say(`--json ${words}`, {}).catch(() => ({ requests: [] }))).requests;

test('a name under which nothing was measured is told as such, and where the names are', async () => {
  const nothing = { since: 'then', until: 'now', series: [], baseline: null };
  const { out } = await say('performance function nobody', nothing);
  expect(out).toContain(
    'Nothing was measured under this name; see `claude-manager performance report`.',
  );
  expect((await say('performance report', nothing)).out).toMatch(/Nothing was measured\.\n$/u);
});

test('where nobody watches a terminal a service says where it listens, and no link that lets somebody in', async () => {
  const said = ['listening on http://127.0.0.1:8080', 'http://127.0.0.1:8080/welcome#token=x'];
  const summary = { rounds: 0, scans: [], pullRequests: [], problems: [] };
  expect((await say('--json start', summary, undefined, said)).err).toBe(`${said[0]}\n`);
  expect((await say('--json --verbose start', summary, undefined, said)).err).toBe(
    `${said.join('\n')}\n`,
  );
});

test('a service that was ended in order ends with 0, rounds that somebody waits for with the code of what went wrong', async () => {
  const problem = {
    repository: null,
    code: 'not_there',
    kind: 'not_found',
    message: 'x',
    next: null,
  };
  const summary = { scanned: 0, problems: [problem] };
  expect((await say('--json start', summary)).code).toBe(0);
  expect((await say('--json start --once', summary)).code).toBe(2);
});

test('a report that cannot be written names the file that was asked for, and no other', async () => {
  const report = {
    overallStatus: 'healthy',
    checks: [],
    recommendations: [],
    criticalIssues: [],
    score: null,
    measuredBy: { kind: 'command' },
    remedies: [],
    trend: [],
  };
  const { code, err } = await say('health --export /nowhere/report.json', report);
  expect(code).toBe(2);
  expect(err).toContain(
    'The report cannot be written to /nowhere/report.json: ENOENT: no such file or directory.\n',
  );
});

describe('the words of a command lead to one operation with its input', () => {
  test.each([
    ['tasks list', 'tasks.list', {}],
    [
      'tasks list --state proposed approved --repo acme/x --limit 5',
      'tasks.list',
      { state: ['proposed', 'approved'], repo: 'acme/x', limit: 5 },
    ],
    ['tasks show abcd', 'tasks.show', { id: 'abcd' }],
    ['tasks explain abcd', 'tasks.explain', { id: 'abcd' }],
    ['tasks approve abcd', 'tasks.approve', { id: 'abcd' }],
    ['tasks reject abcd', 'tasks.reject', { id: 'abcd' }],
    ['tasks reject abcd --reason no', 'tasks.reject', { id: 'abcd', reason: 'no' }],
    ['tasks retry abcd', 'tasks.retry', { id: 'abcd' }],
    ['tasks requeue abcd', 'tasks.retry', { id: 'abcd' }],
    ['tasks cancel abcd --reason late', 'tasks.cancel', { id: 'abcd', reason: 'late' }],
    ['tasks merge abcd', 'tasks.merge', { id: 'abcd' }],
    ['tasks merge abcd --looked', 'tasks.merge', { id: 'abcd', looked: true }],
    ['execute --task-id abcd', 'tasks.execute', { taskId: 'abcd' }],
    [
      'execute --issue 7 --repo acme/x --agent codex',
      'tasks.execute',
      { issue: 7, repo: 'acme/x', agent: 'codex' },
    ],
    ['start', 'service.start', { mode: 'robust', once: false }],
    [
      'start --once --max-minutes 3 --mode legacy',
      'service.start',
      { mode: 'legacy', once: true, maxMinutes: 3 },
    ],
    ['start --mode daemon --port 0', 'service.detach', { port: 0 }],
    ['demo --once', 'service.demo', { once: true }],
    ['status', 'service.status', {}],
    ['audit show 17 --proof', 'audit.show', { seq: 17, proof: true }],
    ['alerts list --all', 'alerts.list', { all: true }],
    ['alerts silence 0123456789ab', 'alerts.silence', { id: '0123456789ab', hours: 4 }],
    ['alerts silence 0123456789ab --for 30m', 'alerts.silence', { id: '0123456789ab', hours: 0.5 }],
    ['alerts silence latency --for 2h', 'silences.create', { kind: 'latency', hours: 2 }],
    [
      'alerts silence latency --subject tasks.list --hours 3',
      'silences.create',
      { kind: 'latency', subject: 'tasks.list', hours: 3 },
    ],
    ['alerts silence all --for 1d --reason move', 'silences.create', { hours: 24, reason: 'move' }],
    ['alerts silences', 'silences.list', {}],
    ['alerts unsilence 0123456789ab', 'silences.end', { id: '0123456789ab' }],
    ['doctor', 'health.doctor', {}],
    ['doctor --free', 'health.doctor', { free: true }],
    ['stop', 'service.stop', {}],
    ['pause', 'repositories.pause', {}],
    ['pause --repo acme/x', 'repositories.pause', { repo: 'acme/x' }],
    ['resume --repo acme/x', 'repositories.resume', { repo: 'acme/x' }],
    ['scan', 'scans.run', { repositories: [], dryRun: false }],
    [
      'scan --repo acme/x acme/y --dry-run',
      'scans.run',
      { repositories: ['acme/x', 'acme/y'], dryRun: true },
    ],
    ['scan --path a b --state s.json', 'scans.path', { paths: ['a', 'b'], stateFile: 's.json' }],
    ['validate', 'config.validate', { environment: 'development' }],
    [
      '--config c.json validate --environment production',
      'config.validate',
      { file: 'c.json', environment: 'production' },
    ],
    ['config get a.b', 'config.get', { key: 'a.b' }],
    ['config set a.b 3', 'config.set', { key: 'a.b', value: '3' }],
    ['config list', 'config.list', {}],
    ['config schema', 'config.schema', {}],
    [
      'init --repo acme/x --manager acme/m --username bot --force',
      'config.init',
      { repositories: ['acme/x'], managerRepo: 'acme/m', username: 'bot', force: true },
    ],
    ['users list', 'users.list', {}],
    ['users show anna', 'users.show', { name: 'anna' }],
    ['users disable anna', 'users.disable', { name: 'anna' }],
    ['users unlock anna', 'users.unlock', { name: 'anna' }],
    [
      'users set-roles anna --role viewer approver:acme/*,other/one',
      'users.set-roles',
      {
        name: 'anna',
        roles: [
          { role: 'viewer', repositories: null },
          { role: 'approver', repositories: ['acme/*', 'other/one'] },
        ],
      },
    ],
    ['users set-roles anna', 'users.set-roles', { name: 'anna', roles: [] }],
    ['users bootstrap', 'users.bootstrap-link', {}],
    ['tokens list', 'tokens.list', { all: true }],
    ['tokens list --user anna', 'tokens.list', { user: 'anna' }],
    [
      'tokens create ci --user anna --scope tasks:read scans:run --expires-days 7',
      'tokens.create',
      { name: 'ci', user: 'anna', scopes: ['tasks:read', 'scans:run'], expiresInDays: 7 },
    ],
    ['tokens revoke abcd', 'tokens.revoke', { id: 'abcd' }],
  ])('%s', async (words, name, input) => {
    const requests = await asked(words);
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({ name, input });
  });
  test('only what is needed is built', async () => {
    const needs = async (words: string): Promise<unknown> => (await asked(words))[0]?.needs;
    expect(await needs('scan --path .')).toBe('nothing');
    expect(await needs('validate')).toBe('nothing');
    expect(await needs('tasks list')).toBe('store');
    expect(await needs('start')).toBe('engine');
  });
});

describe('usage', () => {
  test.each([
    'nonsense',
    'tasks',
    'tasks show',
    'tasks approve a b',
    'tasks explode abcd',
    'users create anna',
    'users create anna --role king',
    'users set-roles anna --role viewer:',
    'users create anna --role viewer --password secret',
    'tokens create ci --scope tasks:read',
    'tokens create ci --user anna --scope tasks:read --expires-days 366',
    'start --mode sometimes',
    'start --max-minutes 0',
    'start --max-minutes soon',
    'validate --environment moon',
    'scan --format xml',
    'scan --scanner nothing',
    'scan --state s.json',
    'scan --path . --repo acme/x',
    'config get',
    'status --format xml',
    '--nonsense',
  ])('%s exits with 2 and asks for nothing', async (words) => {
    const { code, requests, err } = await say(words);
    expect([code, requests]).toEqual([2, []]);
    expect(err).not.toBe('');
  });
  test('help and version go to standard output', async () => {
    expect(await say('--version')).toMatchObject({ code: 0, out: '1.2.3\n', err: '' });
    const { code, out } = await say('--help');
    expect(code).toBe(0);
    for (const command of [
      'init',
      'start',
      'demo',
      'scan',
      'tasks',
      'execute',
      'validate',
      'status',
      'doctor',
      'stop',
      'config',
      'pause',
      'resume',
    ]) {
      expect(out).toMatch(new RegExp(`^ +${command}\\b`, 'mu'));
    }
    expect((await say('tasks --help')).out).toContain('approve');
  });
});

describe('answers and errors', () => {
  test.each([
    ['not_well', 1],
    ['conflict', 1],
    ['invalid_input', 2],
    ['not_found', 2],
    ['unauthenticated', 3],
    ['forbidden', 3],
    ['unavailable', 4],
    ['timeout', 4],
    ['rate_limited', 4],
    ['unknown_outcome', 4],
    ['internal', 70],
  ] as const)('%s exits with %i', async (kind: ErrorKind, code) => {
    const error = new AppError({
      kind,
      code: 'some_code',
      message: 'It happened.',
      next: 'Do this.',
    });
    const result = await say('tasks list', null, error);
    expect(result).toMatchObject({ code, out: '' });
    expect(result.err).toContain('error: It happened.');
    expect(result.err).toContain('next:  Do this.');
  });
  test('--json prints one document on standard output for an answer and for an error', async () => {
    const good = await say('--json tasks list', { items: [{ id: 'a' }], next: null });
    expect(JSON.parse(good.out)).toEqual([{ id: 'a' }]);
    const error = new AppError({
      kind: 'forbidden',
      code: 'no',
      message: 'No.',
      details: { a: 1 },
    });
    const bad = await say('--json tasks list', null, error);
    expect(JSON.parse(bad.out)).toEqual({
      error: { kind: 'forbidden', code: 'no', message: 'No.', next: null, details: { a: 1 } },
    });
    expect(bad.out.trim().split('\n')).toHaveLength(1);
  });
  test('--json prints one document for wrong usage of a known command too', async () => {
    const { code, out } = await say('--json scan --state s.json');
    expect(code).toBe(2);
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'usage' } });
  });
  test('a defect of ours is named as one, its cause shown only with --debug', async () => {
    const error = new Error('outer', { cause: new Error('inner reason') });
    const plain = await say('tasks list', null, error);
    expect(plain).toMatchObject({ code: 70 });
    expect(plain.err).toContain('defect of ours');
    expect(plain.err).not.toContain('inner reason');
    expect((await say('--debug tasks list', null, error)).err).toContain('inner reason');
  });
  test('an invalid configuration and an unhealthy machine exit with 1', async () => {
    expect((await say('--json validate', { valid: false })).code).toBe(1);
    expect((await say('--json validate', { valid: true })).code).toBe(0);
    expect((await say('--json doctor', { healthy: false })).code).toBe(1);
  });
  test('a title that would act on the terminal is printed as text', async () => {
    const task = { id: 'abcd', state: 'proposed', title: 'a\u001b[2J\u202Eb', note: null };
    const { out } = await say('tasks approve abcd', task);
    expect(out).toBe('abcd  proposed  a\\u001b[2J\\u202eb\n');
  });
});

describe('printable', () => {
  test.each([
    ['\u001b]0;title\u0007', '\\u001b]0;title\\u0007'],
    ['a\rb', 'a\\u000db'],
    ['a\u009bb', 'a\\u009bb'],
    ['\u202E\u2066\u200B', '\\u202e\\u2066\\u200b'],
    ['line\n\ttab', 'line\n\ttab'],
    ['Grüße 世界', 'Grüße 世界'],
  ])('%j', (text, wanted) => {
    expect(printable(text)).toBe(wanted);
  });
  test('a table pads its columns and keeps each row on one line', () => {
    expect(
      table(
        [
          ['a', 'b'],
          ['long\ncell', 'x'.repeat(10)],
        ],
        8,
      ),
    ).toBe('a         b\nlong ce…  xxxxxxx…\n');
  });
});
