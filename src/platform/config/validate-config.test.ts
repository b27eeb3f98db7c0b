import { expect, test } from 'vitest';
import { loadConfig } from './load-config.ts';
import type { ConfigRemarks, DeploymentEnvironment, Machine } from './remark.ts';
import { validateConfig } from './validate-config.ts';
import { createValidator } from './validator.ts';

const machine = { memoryBytes: 8 * 1024 ** 3, processors: 4 };

async function remarksOn(
  content: object | string,
  environment: DeploymentEnvironment = 'development',
  mode: number | null = 0o640,
  env: Record<string, string> = {},
  facts: Partial<Machine> = {},
): Promise<ConfigRemarks> {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  const loaded = await loadConfig({
    folder: '/srv',
    file: 'config.json',
    env,
    readFile: () => Promise.resolve(text),
  });
  return validateConfig({ ...loaded, mode }, environment, { ...machine, ...facts });
}

const codes = (remarks: ConfigRemarks): readonly string[] =>
  Object.entries(remarks).flatMap(([weight, list]) =>
    (list as ConfigRemarks['errors']).map(({ code }) => `${weight}:${code}`),
  );

const sound = {
  github: { managerRepo: 'a/m', reposToScan: ['a/b'] },
  security: { authentication: { require_2fa: true } },
  repositories: [{ match: 'a/*', checks: ['npm test'] }],
};

test('a sound configuration has no remark in any environment', async () => {
  for (const environment of ['development', 'staging', 'production'] as const) {
    expect(codes(await remarksOn(sound, environment, 0o640, { GITHUB_TOKEN: 't' }))).toEqual([]);
  }
});

const cases: readonly (readonly [string, object, string, DeploymentEnvironment?, number?])[] = [
  ['nothing to scan', {}, 'warnings:no_repositories'],
  ['no manager repository', { github: { reposToScan: ['a/b'] } }, 'errors:manager_missing'],
  ['no token', { github: { managerRepo: 'a/m' } }, 'warnings:token_missing'],
  ['an agent nobody knows', { executor: { default: 'x' } }, 'errors:agent_unknown'],
  [
    'a label for an agent nobody knows',
    { github: { labels: { agents: { l: 'x' } } } },
    'errors:agent_unknown',
  ],
  [
    'an agent without a command',
    { executor: { agents: { mine: {} } } },
    'errors:agent_without_command',
  ],
  ['a run dearer than a day', { executor: { budget: { perRunUsd: 60 } } }, 'errors:budget_order'],
  [
    'one repository’s run dearer than a day',
    { repositories: [{ match: 'a/b', budget: { perRunUsd: 60 } }] },
    'errors:budget_order',
  ],
  ['silence longer than the run', { executor: { stallMinutes: 31 } }, 'warnings:stall_never'],
  [
    'an entry behind its pattern',
    { repositories: [{ match: 'a/*' }, { match: 'a/b' }] },
    'warnings:entry_shadowed',
  ],
  [
    'one label for two things',
    { github: { labels: { approved: 'x', proposal: 'x' } } },
    'errors:labels_equal',
  ],
  ['consent to no sandbox', { executor: { allowUnsandboxed: true } }, 'securityIssues:unsandboxed'],
  [
    'consent to no sandbox',
    { executor: { allowUnsandboxed: true } },
    'errors:unsandboxed',
    'production',
  ],
  [
    'no rate limit',
    { security: { rate_limiting: { max_requests_per_minute: 0 } } },
    'errors:no_rate_limit',
    'production',
  ],
  ['no second factor', {}, 'securityIssues:no_second_factor', 'staging'],
  ['debug lines', { logging: { level: 'DEBUG' } }, 'errors:debug_in_production', 'production'],
  [
    'no security log',
    { logging: { security_logging: false } },
    'securityIssues:security_log_off',
    'production',
  ],
  ['http', { github: { apiUrl: 'http://git.acme.test/api' } }, 'securityIssues:plain_http'],
  ['an open server', { server: { host: '0.0.0.0' } }, 'securityIssues:server_without_https'],
  ['an open server', { server: { host: '::' } }, 'errors:server_without_https', 'production'],
  ['http', { github: { apiUrl: 'http://git.acme.test/api' } }, 'errors:plain_http', 'production'],
  ['a file that others change', {}, 'errors:file_writable', 'production', 0o666],
  ['a file that all can read', {}, 'securityIssues:file_readable', 'staging', 0o644],
  [
    'more agents than processors carry',
    { executor: { maxConcurrent: 17, limits: { memoryMb: 64 } } },
    'performanceIssues:too_many_agents',
  ],
  [
    'more agents than memory holds, by what each may take',
    { executor: { maxConcurrent: 3, limits: { memoryMb: 3000 } } },
    'performanceIssues:too_many_agents',
  ],
  [
    'more memory than there is',
    { executor: { limits: { memoryMb: 9000 } } },
    'performanceIssues:memory_over_machine',
  ],
  [
    'hasty polling',
    { github: { managerRepo: 'a/m', pollSeconds: 1 } },
    'performanceIssues:polls_often',
  ],
  ['hasty scanning', { analyzer: { intervalMinutes: 1 } }, 'performanceIssues:scans_often'],
  ['a small pool', { database: { poolSize: 2 } }, 'performanceIssues:pool_small'],
  [
    'no figures',
    { performance: { monitoringEnabled: false } },
    'warnings:monitoring_off',
    'production',
  ],
  [
    'short memory',
    { performance: { retentionDays: 7 } },
    'suggestions:retention_short',
    'production',
  ],
  ['no checks', {}, 'suggestions:no_checks'],
];
test.each(
  cases.map(([title, content, code, environment = 'development', mode = 0o640]) => ({
    title,
    content,
    code,
    environment,
    mode,
  })),
)('$title is $code in $environment', async ({ content, code, environment, mode }) => {
  expect(codes(await remarksOn(content, environment, mode))).toContain(code);
});

/** Everything that must not reach production, one change of a sound configuration each. */
const refusedInProduction: readonly (readonly [string, object, number?, Partial<Machine>?])[] = [
  ['debug_in_production', { logging: { level: 'DEBUG' } }],
  ['no_second_factor', { security: { authentication: { require_2fa: false } } }],
  ['server_without_https', { server: { host: '0.0.0.0' } }],
  ['server_without_https', { server: { host: '::', publicUrl: 'http://m.example.com' } }],
  ['plain_http', { github: { ...sound.github, apiUrl: 'http://git.acme.test/api' } }],
  ['plain_http', { github: { ...sound.github, serverUrl: 'http://git.acme.test' } }],
  ['no_rate_limit', limitsOf({ max_requests_per_minute: 0 })],
  ['no_rate_limit', limitsOf({ violations_before_block: 0 })],
  ['no_rate_limit', limitsOf({ max_requests_per_minute_per_address: 0 })],
  ['file_readable', {}, 0o644],
  ['file_writable', {}, 0o660],
  ['vault_key_missing', keyAt('/srv/keys/vault.key'), 0o640, { vaultKey: 'missing' }],
  ['vault_key_open', keyAt('/srv/keys/vault.key'), 0o640, { vaultKey: 'open_to_others' }],
  ['unsandboxed', { executor: { allowUnsandboxed: true } }],
  ['unsandboxed', { executor: { sandbox: 'none' } }],
];

function limitsOf(rate_limiting: object): object {
  return { security: { ...sound.security, rate_limiting } };
}

function keyAt(keyFile: string): object {
  return { security: { ...sound.security, vault: { keyFile } } };
}

test.each(
  refusedInProduction.map(([code, change, mode = 0o640, facts = {}]) => ({
    code,
    change,
    mode,
    facts,
  })),
)('production refuses $code for $change with mode $mode', async ({ code, change, mode, facts }) => {
  const more = (environment: DeploymentEnvironment): Promise<ConfigRemarks> =>
    remarksOn({ ...sound, ...change }, environment, mode, { GITHUB_TOKEN: 't' }, facts);
  const production = await more('production');
  expect(production.errors.map((remark) => remark.code)).toEqual([code]);
  expect(production.errors[0]?.write).not.toBeNull();
  const development = await more('development');
  expect(development.errors.map((remark) => remark.code)).toEqual([]);
});

test('a file to copy from may be read by everybody', async () => {
  const text = JSON.stringify(sound);
  const loaded = await loadConfig({
    folder: '/srv',
    file: 'config.json.example',
    env: { GITHUB_TOKEN: 't' },
    readFile: () => Promise.resolve(text),
  });
  expect(validateConfig({ ...loaded, mode: 0o644 }, 'production', machine).errors).toEqual([]);
});

test.each<readonly [string, object, Partial<Machine>, string]>([
  [
    'pool_over_server',
    { database: { poolSize: 90 } },
    { serverConnections: 100 },
    '"poolSize": 85',
  ],
  [
    'retention_over_disk',
    { performance: { retentionDays: 365 } },
    { diskFreeBytes: 4 * 1024 ** 3 },
    '"retentionDays": 75',
  ],
  [
    'too_many_agents',
    { executor: { maxConcurrent: 9, limits: { memoryMb: 1024 } } },
    {},
    '"maxConcurrent": 4',
  ],
  [
    'too_many_agents',
    { executor: { maxConcurrent: 3, limits: { memoryMb: 3000 } } },
    {},
    '"maxConcurrent": 1',
  ],
])('%s for %j on a machine with %j', async (code, change, facts, write) => {
  const found = await remarksOn({ ...sound, ...change }, 'development', 0o640, {}, facts);
  expect(found.performanceIssues).toContainEqual(expect.objectContaining({ code, write }));
  const roomy = {
    serverConnections: 1000,
    diskFreeBytes: 1024 ** 4,
    memoryBytes: 1024 ** 4,
    processors: 64,
  };
  const none = await remarksOn({ ...sound, ...change }, 'development', 0o640, {}, roomy);
  expect(none.performanceIssues.map((remark) => remark.code)).not.toContain(code);
});

test('what was not measured leads to no advice', async () => {
  const { performanceIssues } = await remarksOn({ ...sound, performance: { retentionDays: 3650 } });
  expect(performanceIssues).toEqual([]);
});

test('keys of the first generation load, mean what they meant, and are named with what to write', async () => {
  const text = `{
  "github": { "managerRepo": "a/m", "reposToScan": ["a/b"], "apiTimeout": 30 },
  "analyzer": { "scanForTodos": false, "cleanupTasksOlderThanDays": 90 },
  "performance": { "enabled": false },
  "monitoring": { "metricsCollection": true, "enableHealthChecks": true }
}`;
  const { warnings, errors } = await remarksOn(text);
  expect(errors).toEqual([]);
  const retired = warnings.filter(({ code }) => code === 'key_retired');
  expect(retired.map(({ path, line }) => [path, line])).toEqual([
    ['analyzer.cleanupTasksOlderThanDays', 3],
    ['performance.enabled', 4],
    ['github.apiTimeout', 2],
    ['monitoring.enableHealthChecks', 5],
    ['monitoring.metricsCollection', 5],
  ]);
  expect(retired[2]?.write).toContain('resilience.github.timeoutMs: 30000');
  const { config } = await loadConfig({
    folder: '/srv',
    file: 'config.json',
    env: {},
    readFile: () => Promise.resolve(text),
  });
  expect(config.performance.monitoringEnabled).toBe(false);
  expect(config.resilience.github.timeoutMs).toBe(30_000);
});

test('the same configuration on the same machine is judged once; text, mode, environment and machine make another key', async () => {
  const read = (text: string) =>
    loadConfig({ folder: '/srv', file: 'c.json', env: {}, readFile: async () => text });
  const loaded = await read(JSON.stringify(sound));
  const validator = createValidator(3);
  const first = validator.judge(loaded, 'production', machine);
  const again = validator.judge(await read(JSON.stringify(sound)), 'production', machine);
  expect([first.isCached, again.isCached]).toEqual([false, true]);
  expect(again.remarks).toBe(first.remarks);
  const others = [
    validator.judge(await read(`${JSON.stringify(sound)} `), 'production', machine),
    validator.judge({ ...loaded, mode: 0o644 }, 'production', machine),
    validator.judge(loaded, 'staging', machine),
    validator.judge(loaded, 'production', { ...machine, processors: 1 }),
  ];
  expect(others.map(({ isCached }) => isCached)).toEqual([false, false, false, false]);
  expect(new Set([first.key, ...others.map(({ key }) => key)]).size).toBe(5);
  expect(validator.judge(loaded, 'production', machine).isCached).toBe(false);
});

test('loopback needs no https', async () => {
  const remarks = await remarksOn({ github: { apiUrl: 'http://127.0.0.1:9/api' } }, 'production');
  expect(codes(remarks)).not.toContain('errors:plain_http');
});

test('a secret in the file is an error at its place, and the remark does not repeat it', async () => {
  const secret = `ghp_${'a1'.repeat(18)}`;
  const text = `{\n  "executor": { "agents": { "claude-code": { "env": {\n    "X": "${secret}",\n    "MY_TOKEN": "short"\n  } } } }\n}`;
  const { errors } = await remarksOn(text);
  expect(errors.map(({ code, path, line, column }) => [code, path, line, column])).toEqual([
    ['secret_in_file', 'executor.agents.claude-code.env.X', 3, 10],
    ['secret_in_file', 'executor.agents.claude-code.env.MY_TOKEN', 4, 17],
  ]);
  expect(JSON.stringify(errors)).not.toContain(secret);
});

test('the specification’s production example has no errors', async () => {
  const { readFile } = await import('node:fs/promises');
  const text = await readFile('config.production.json.example', 'utf8');
  const { errors, securityIssues } = await remarksOn(text, 'production', 0o640, {
    GITHUB_TOKEN: 't',
  });
  expect([...errors, ...securityIssues]).toEqual([]);
});
