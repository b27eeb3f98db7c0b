import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { AppError } from '../../lib/app-error.ts';
import type { ConfigIssue } from './config-issue.ts';
import { describeKeys } from './describe-keys.ts';
import { type LoadedConfig, type LoadOptions, loadConfig } from './load-config.ts';

const load = (text: string, more: Partial<LoadOptions> = {}): Promise<LoadedConfig> =>
  loadConfig({
    folder: '/srv/app',
    file: 'config.json',
    env: {},
    readFile: () => Promise.resolve(text),
    ...more,
  });

async function failure(promise: Promise<unknown>): Promise<AppError> {
  const thrown: unknown = await promise.then(
    () => null,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(AppError);
  return thrown as AppError;
}

const issuesOf = (error: AppError): readonly ConfigIssue[] =>
  error.details['issues'] as readonly ConfigIssue[];

/** More by hand, see TESTING.md. */
const runs = Number(process.env['CONFIG_MUTATIONS'] ?? 1000);

describe('a wrong file', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    [
      'a value of the wrong type',
      '{\n  "executor": {\n    "maxConcurrent": "two"\n  }\n}',
      'config.json:3:22  executor.maxConcurrent: expected a number, found "two". Write for example 2.',
    ],
    [
      'an unknown key near a known one',
      '{ "github": { "reposToScam": [] } }',
      'config.json:1:15  github.reposToScam: there is no such key. Did you mean "reposToScan"?',
    ],
    [
      'camelCase where the key is snake_case',
      '{ "security": { "authentication": { "require2fa": true } } }',
      'config.json:1:37  security.authentication.require2fa: there is no such key. Did you mean "require_2fa"?',
    ],
    [
      'a key in the wrong section',
      '{ "pollSeconds": 3 }',
      'config.json:1:3  pollSeconds: there is no such key. Did you mean "github.pollSeconds"?',
    ],
    [
      'a word that is not in the list',
      '{ "logging": { "level": "info" } }',
      'config.json:1:25  logging.level: expected one of "DEBUG", "INFO", "WARN", "WARNING", "ERROR", "FATAL", "CRITICAL", found "info". Write for example "INFO".',
    ],
    [
      'a number out of range',
      '{ "security": { "authentication": { "max_login_attempts": 0 } } }',
      'config.json:1:59  security.authentication.max_login_attempts: expected at least 1, found 0. Write for example 5.',
    ],
    [
      'half a number',
      '{ "executor": { "maxConcurrent": 1.5 } }',
      'config.json:1:34  executor.maxConcurrent: expected a whole number, found 1.5. Write for example 2.',
    ],
    [
      'a name without an owner',
      '{ "github": { "managerRepo": "widgets" } }',
      'config.json:1:30  github.managerRepo: expected owner/name, found "widgets". Write for example "acme/manager".',
    ],
    [
      'an address that is no web address',
      '{ "github": { "apiUrl": "ftp://x" } }',
      'config.json:1:25  github.apiUrl: expected an http or https address, found "ftp://x". Write for example "https://api.github.com".',
    ],
    [
      'a path without its slash',
      '{ "github": { "webhooks": { "path": "hooks" } } }',
      'config.json:1:37  github.webhooks.path: expected text that starts with "/", found "hooks". Write for example "/webhooks/github".',
    ],
    [
      'an entry without its pattern',
      '{ "repositories": [\n  { "paused": true }\n] }',
      'config.json:2:3  repositories.0.match: is missing. Write for example "acme/*".',
    ],
    [
      'an unknown key in an agent',
      '{ "executor": { "agents": { "mine": { "comand": ["x"] } } } }',
      'config.json:1:39  executor.agents.mine.comand: there is no such key. Did you mean "command"?',
    ],
    [
      'a key that stands twice',
      '{\n  "dataDir": "a",\n  "dataDir": "b"\n}',
      'config.json:3:3  dataDir: this key stands here twice. Keep one of them.',
    ],
    [
      'a key that would reach a prototype',
      '{ "__proto__": { "x": 1 } }',
      'config.json:1:3  __proto__: there is no such key. Remove it.',
    ],
    [
      'a list',
      '[]',
      'config.json:1:1  expected an object. Begin the file with { and end it with }.',
    ],
    [
      'a missing comma',
      '{\n  "dataDir": "a"\n  "logDir": "b"\n}',
      'config.json:3:3  this is not JSON: comma expected.',
    ],
    [
      'a missing brace',
      '{ "github": {',
      'config.json:1:14  this is not JSON: close brace expected.',
    ],
  ];
  test.each(cases)('%s is named with line, column and what to write', async (_, text, message) => {
    const error = await failure(load(text));
    expect(error).toMatchObject({ kind: 'invalid_input', code: 'config_invalid' });
    expect(error.message.split('\n')).toEqual([message]);
  });

  test('all faults come at once, in the order of the file', async () => {
    const text =
      '{\n  "logging": { "level": 3 },\n  "executor": { "sandbox": "x", "budgget": {} }\n}';
    const issues = issuesOf(await failure(load(text)));
    expect(issues.map(({ path, line, column }) => [path, line, column])).toEqual([
      ['logging.level', 2, 25],
      ['executor.sandbox', 3, 28],
      ['executor.budgget', 3, 33],
    ]);
  });

  test('columns count behind a byte order mark and Windows line ends', async () => {
    const issues = issuesOf(await failure(load('\uFEFF{\r\n\t"dataDir": 1\r\n}')));
    expect(issues).toMatchObject([{ line: 2, column: 13 }]);
  });

  test('deep nesting and huge files are refused, not followed', async () => {
    expect((await failure(load('['.repeat(100_000)))).message).toContain('config.json:1:33');
    expect((await failure(load(`{ "x": "${'y'.repeat(1_000_001)}" }`))).message).toContain(
      'larger',
    );
  });

  test('a secret in the wrong place is not quoted', async () => {
    const secret = `ghp_${'a1'.repeat(18)}`;
    const text = `{ "executor": { "maxConcurrent": "${secret}", "${secret}": 1 } }`;
    const error = await failure(load(text));
    expect(error.message).toMatch(/found "\[REDACTED:github-token:[0-9a-f]{6}\]"/);
    expect(JSON.stringify([error.message, error.details])).not.toContain(secret);
  });

  test('1,000 mutated configurations give AppErrors that name a place, or load', {
    timeout: 60_000 + runs * 40,
  }, async () => {
    const whole = await readFile('config.json.example', 'utf8');
    const pieces = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      'null',
      '-1',
      '1e999',
      '"x"',
      '//',
      '/*',
      '\u0000',
      '\uD800',
      '"__proto__":{},',
      '"constructor":1,',
      'ſ',
    );
    const edit = fc.tuple(fc.nat(whole.length), fc.nat(12), fc.oneof(pieces, fc.string()));
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), async (edits) => {
        const text = edits.reduce(
          (before, [at, cut, put]) => before.slice(0, at) + put + before.slice(at + cut),
          whole,
        );
        const error: unknown = await load(text).then(
          () => null,
          (thrown: unknown) => thrown,
        );
        if (error === null) return;
        expect(error).toBeInstanceOf(AppError);
        const issues = issuesOf(error as AppError);
        expect(issues.length).toBeGreaterThan(0);
        for (const { place, line } of issues) {
          expect(place).toMatch(/^config\.json:\d+:\d+$/);
          expect(line).toBeLessThanOrEqual(text.split('\n').length);
        }
      }),
      { numRuns: runs },
    );
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});

describe('files that load', () => {
  test.each(['config.json.example', 'config.production.json.example'])(
    'the specification’s %s',
    async (name) => {
      const { config } = await load(await readFile(name, 'utf8'));
      const isProduction = name.includes('production');
      expect(config.security.rate_limiting).toMatchObject({
        max_requests_per_minute: isProduction ? 120 : 60,
        block_duration_minutes: isProduction ? 60 : 30,
      });
      expect(config.security.authentication).toMatchObject({
        session_timeout_minutes: isProduction ? 240 : 480,
        max_login_attempts: 5,
        require_2fa: isProduction,
      });
      expect(config.logging).toMatchObject({
        level: 'INFO',
        format: 'json',
        structured_logging: true,
        security_logging: true,
      });
      expect(config.performance).toEqual({
        monitoringEnabled: true,
        retentionDays: isProduction ? 90 : 30,
      });
      expect(config.github.reposToScan).toEqual(['owner/repo1', 'owner/repo2']);
    },
  );

  test('a file of the first generation', async () => {
    const { config } = await load(`{
      "github": { "username": "me", "managerRepo": "me/manager", "reposToScan": ["me/a", "me/b"] },
      "analyzer": { "scanForTodos": true, "scanOpenIssues": false },
      "executor": { "terragonUsername": "@terragon-labs" }
    }`);
    expect(config.analyzer.scanOpenIssues).toBe(false);
    expect(config.executor.budget).toMatchObject({ perRunUsd: 5, perDayUsd: 50 });
  });

  test('the example of the design, with comments and trailing commas', async () => {
    const { config } = await load(`{
      // agents
      "executor": { "agents": {
        "claude-code": { "command": ["claude"], "env": { "ANTHROPIC_BASE_URL": "https://api.anthropic.com" }, "secrets": ["ANTHROPIC_API_KEY"] },
        "mine": { "kind": "command", "command": ["node", "agent.mjs"], "task": "argument" },
      } },
      /* policy */
      "repositories": [ { "match": "acme/*", "exclude": ["acme/old-*"], "base": "main", "agent": "claude-code", "setup": ["npm ci"],
        "checks": ["npm test"], "egress": [], "protectedPaths": [], "caps": { "proposalsOpen": 10 }, "paused": false } ],
      "security": {}, "logging": {}, "performance": {}, "database": {}, "alerts": {}, "notifications": {},
    }`);
    expect(config.executor.agents['mine']).toEqual({
      kind: 'command',
      command: ['node', 'agent.mjs'],
      task: 'argument',
    });
    expect(config.repositories).toMatchObject([{ match: 'acme/*', host: 'github' }]);
  });

  test('an empty object gives every default, and nothing can change it', async () => {
    const { config } = await load('{}');
    expect(config.github.managerRepo).toBeNull();
    expect(config.executor.budget.perDayUsd).toBeLessThan(Infinity);
    expect(() => Object.assign(config.executor, { maxConcurrent: 9 })).toThrow(TypeError);
  });

  test('folders start where the file lies', async () => {
    const text =
      '{ "github": { "reposToScan": ["./code", "a/b"] }, "repositories": [{ "match": "~/x" }] }';
    const { config } = await load(text, { file: 'etc/config.json', env: { HOME: '/home/me' } });
    expect(config.dataDir).toBe('/srv/app/etc/.claude-manager');
    expect(config.github.reposToScan).toEqual(['/srv/app/etc/code', 'a/b']);
    expect(config.repositories).toMatchObject([{ match: '/home/me/x', host: 'local' }]);
  });
});

describe('precedence', () => {
  const text =
    '{ "analyzer": { "staleAfterDays": 1 }, "executor": { "maxConcurrent": 1, "maxRounds": 1 } }';
  const env = {
    CLAUDE_MANAGER_EXECUTOR_MAX_CONCURRENT: '2',
    CLAUDE_MANAGER_EXECUTOR_MAX_ROUNDS: '2',
  };

  test('defaults < file < environment < flags, and each source is known', async () => {
    const { config, sources } = await load(text, { env, flags: { 'executor.maxConcurrent': 3 } });
    expect(config.executor).toMatchObject({ maxConcurrent: 3, maxRounds: 2, maxAttempts: 3 });
    expect(config.analyzer.staleAfterDays).toBe(1);
    const wanted = [
      'executor.maxConcurrent',
      'executor.maxRounds',
      'analyzer.staleAfterDays',
      'executor.maxAttempts',
    ];
    expect(wanted.map((key) => sources.get(key))).toEqual([
      'flag',
      'environment',
      'file',
      'default',
    ]);
  });

  test.each([
    ['CLAUDE_MANAGER_ANALYZER_TAGS', 'A, B', 'tags', ['A', 'B']],
    ['CLAUDE_MANAGER_ANALYZER_TAGS', '["A,B"]', 'tags', ['A,B']],
    ['CLAUDE_MANAGER_ANALYZER_SCAN_FOR_TODOS', 'no', 'scanForTodos', false],
    ['CLAUDE_MANAGER_ANALYZER_STALE_AFTER_DAYS', '', 'staleAfterDays', 30],
  ])('%s=%s is read by the type of its key', async (name, value, key, expected) => {
    const { config } = await load('{}', { env: { [name]: value } });
    expect(config.analyzer).toMatchObject({ [key]: expected });
  });

  test('our own variable wins over the general one', async () => {
    const names = { GITHUB_API_URL: 'https://a', CLAUDE_MANAGER_GITHUB_API_URL: 'https://b' };
    expect((await load('{}', { env: names })).config.github.apiUrl).toBe('https://b');
  });

  test('a wrong variable and a wrong flag are named, not the file', async () => {
    const error = await failure(
      load('{}', {
        env: { CLAUDE_MANAGER_EXECUTOR_MAX_ROUNDS: 'x' },
        flags: { 'logging.level': 'LOUD', 'logging.x': 1 },
      }),
    );
    expect(issuesOf(error).map(({ place, path }) => [place, path])).toEqual(
      expect.arrayContaining([
        ['environment CLAUDE_MANAGER_EXECUTOR_MAX_ROUNDS', 'executor.maxRounds'],
        ['flag logging.level', 'logging.level'],
        ['flag logging.x', 'logging.x'],
      ]),
    );
  });

  test('a variable of ours that sets nothing is a warning with the name that was meant', async () => {
    const { warnings } = await load('{}', { env: { CLAUDE_MANAGER_LOGING_LEVEL: 'DEBUG' } });
    expect(warnings).toEqual([
      'CLAUDE_MANAGER_LOGING_LEVEL sets nothing. Did you mean CLAUDE_MANAGER_LOGGING_LEVEL?',
    ]);
  });

  test('a fault of the file below a variable is the one that is told', async () => {
    const error = await failure(load('{ "executor": 5 }', { env }));
    expect(issuesOf(error)).toMatchObject([{ path: 'executor', line: 1, column: 15 }]);
  });
});

test('secrets come from the environment and are not in the configuration', async () => {
  const env = {
    GITHUB_TOKEN: ' t-1 ',
    MY_KEY: 'k-1',
    ANTHROPIC_API_KEY: 'a-1',
    DATABASE_URL: '',
    OTHER: 'o',
    ACME_TOKEN: 'g-1',
    GITHUB_APP_PRIVATE_KEY: 'p-1',
  };
  const text = `{ "executor": { "agents": { "mine": { "secrets": ["MY_KEY"] } } },
    "github": { "app": { "id": 7 }, "credentials": [{ "match": "acme/*", "token": "ACME_TOKEN" }] } }`;
  const { secrets, config } = await load(text, { env });
  expect(secrets).toEqual({
    githubToken: 't-1',
    githubWebhookSecret: null,
    databaseUrl: null,
    agents: { ANTHROPIC_API_KEY: 'a-1', MY_KEY: 'k-1' },
    github: { GITHUB_APP_PRIVATE_KEY: 'p-1', ACME_TOKEN: 'g-1' },
    receivers: {},
  });
  expect(JSON.stringify(config)).not.toMatch(/t-1|k-1|a-1|g-1|p-1/);
});

test('every key that names a secret gets its value from the environment', async () => {
  const naming = describeKeys().filter(({ description }) =>
    /^Names? of (?:the |a )?(?:secret|credential)s?\b/u.test(description),
  );
  expect(naming.map(({ path }) => path).toSorted()).toEqual([
    'alerts.webhookCredential',
    'executor.agents.<name>.secrets',
    'github.app.privateKey',
    'github.credentials[].app.privateKey',
    'github.credentials[].token',
    'notifications.webhooks[].secret',
    'telemetry.otlp.credential',
  ]);
  const text = JSON.stringify({
    alerts: { webhookCredential: 'NAMED_1' },
    executor: { agents: { mine: { secrets: ['NAMED_2'] } } },
    github: {
      app: { id: 7, privateKey: 'NAMED_3' },
      credentials: [
        { match: 'acme/*', app: { id: 8, privateKey: 'NAMED_4' } },
        { match: 'other/*', token: 'NAMED_5' },
      ],
    },
    notifications: {
      webhooks: [{ name: 'chat', url: 'https://hooks.example.com/a', secret: 'NAMED_6' }],
    },
    telemetry: { otlp: { credential: 'NAMED_7' } },
  });
  const names = [1, 2, 3, 4, 5, 6, 7];
  const env = Object.fromEntries(names.map((at) => [`NAMED_${at}`, `value-${at}`]));
  const { secrets } = await load(text, { env });
  expect({ ...secrets.agents, ...secrets.github, ...secrets.receivers }).toEqual(env);
});

describe('the file on the disk', () => {
  const folders: string[] = [];
  const folder = async (): Promise<string> => {
    const made = await mkdtemp(join(tmpdir(), 'config-'));
    folders.push(made);
    return made;
  };
  afterEach(async () => {
    for (const made of folders.splice(0)) await rm(made, { recursive: true });
  });

  test('config.json in the folder is taken, with its permission bits', async () => {
    const here = await folder();
    await writeFile(join(here, 'config.json'), '{ "dataDir": "d" }', { mode: 0o600 });
    const loaded = await loadConfig({ folder: here, env: {} });
    expect(loaded).toMatchObject({ file: join(here, 'config.json'), mode: 0o600 });
    expect(loaded.config.dataDir).toBe(join(here, 'd'));
  });

  test('without one the defaults hold, unless it is required', async () => {
    const here = await folder();
    expect((await loadConfig({ folder: here, env: {} })).file).toBeNull();
    const error = await failure(loadConfig({ folder: here, env: {}, required: true }));
    expect(error).toMatchObject({ kind: 'not_found', code: 'config_not_found' });
    expect(error.next).toContain('claude-manager init');
  });

  test('a file that was named and is missing, and a folder, are told apart', async () => {
    const here = await folder();
    const named = loadConfig({ folder: here, env: {}, file: 'other.json' });
    expect(await failure(named)).toMatchObject({ code: 'config_not_found' });
    const unreadable = loadConfig({ folder: here, env: {}, file: '.' });
    expect(await failure(unreadable)).toMatchObject({ code: 'config_unreadable' });
  });
});
