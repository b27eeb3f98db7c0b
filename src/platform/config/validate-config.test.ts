import { expect, test } from 'vitest';
import { loadConfig } from './load-config.ts';
import type { ConfigRemarks, DeploymentEnvironment } from './remark.ts';
import { validateConfig } from './validate-config.ts';

const machine = { memoryBytes: 8 * 1024 ** 3, processors: 4 };

async function remarksOn(
  content: object | string,
  environment: DeploymentEnvironment = 'development',
  mode: number | null = 0o640,
  env: Record<string, string> = {},
): Promise<ConfigRemarks> {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  const loaded = await loadConfig({
    folder: '/srv',
    file: 'config.json',
    env,
    readFile: () => Promise.resolve(text),
  });
  return validateConfig({ ...loaded, mode }, environment, machine);
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
  ['no second factor', {}, 'securityIssues:no_second_factor', 'production'],
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
  ['a file that all can read', {}, 'securityIssues:file_readable', 'production', 0o644],
  ['too many agents', { executor: { maxConcurrent: 9 } }, 'performanceIssues:too_many_agents'],
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
