import { expect, test } from 'vitest';
import { loadConfig } from './load-config.ts';
import { migrateConfig } from './migrate-config.ts';

/** As the first generation shipped it, with keys that its configuration service added. */
const first = `{
  // who we are
  "github": {
    "username": "your-github-username",
    "managerRepo": "owner/claude-manager-service",
    "reposToScan": ["owner/project-alpha", "owner/project-beta"],
    "apiTimeout": 30
  },
  "analyzer": { "scanForTodos": true, "scanOpenIssues": true, "cleanupTasksOlderThanDays": 90 },
  "executor": { "terragonUsername": "@terragon-labs" },
  "performance": { "enabled": true, "retentionDays": 14 },
  "rateLimiting": { "maxRequests": 5000, "timeWindow": 3600 },
  "monitoring": { "enableHealthChecks": true }
}
`;
const load = (text: string) =>
  loadConfig({ folder: '/srv', file: 'config.json', env: {}, readFile: async () => text });

test('a file of the first generation gets the new sections, keeps its comments, and means the same', async () => {
  const { text, changes } = migrateConfig(first, '/srv/config.json');
  expect(text).toContain('// who we are');
  const [old, migrated] = [await load(first), await load(text)];
  expect(migrated.retired).toEqual([]);
  expect(migrated.config).toEqual(old.config);
  expect(JSON.parse(text.replace(/^\s*\/\/.*$/mu, ''))).toMatchObject({
    github: { username: 'your-github-username' },
    resilience: { github: { timeoutMs: 30_000 } },
    performance: { monitoringEnabled: true, retentionDays: 14 },
    security: {
      rate_limiting: { max_requests_per_minute: 60, block_duration_minutes: 30 },
      authentication: { session_timeout_minutes: 480, max_login_attempts: 5 },
    },
    logging: { level: 'INFO', format: 'json', structured_logging: true, security_logging: true },
  });
  expect(changes.map(({ path }) => path)).toEqual([
    'analyzer.cleanupTasksOlderThanDays',
    'performance.enabled',
    'github.apiTimeout',
    'rateLimiting.maxRequests',
    'rateLimiting.timeWindow',
    'monitoring.enableHealthChecks',
    'performance.monitoringEnabled',
    'resilience.github.timeoutMs',
    'security.rate_limiting',
    'security.authentication',
    'logging',
  ]);
});

test('a second time there is nothing to change', () => {
  const once = migrateConfig(first, 'config.json').text;
  expect(migrateConfig(once, 'config.json')).toEqual({ text: once, changes: [] });
});

test('text that is no JSON is refused with its place', () => {
  expect(() => migrateConfig('{ "github": ', '/srv/config.json')).toThrow(/config\.json:1:/u);
});
