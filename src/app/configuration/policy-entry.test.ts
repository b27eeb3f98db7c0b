import { expect, test } from 'vitest';
import type { RepositoryRef } from '../../domain/repository.ts';
import { loadConfig } from '../../platform/config/load-config.ts';
import type { Config } from '../../platform/config/schema.ts';
import { policyEntry } from '../work/settings.ts';

async function configOf(text: object): Promise<Config> {
  const { config } = await loadConfig({
    file: '/somewhere/config.json',
    folder: '/somewhere',
    env: {},
    readFile: async () => JSON.stringify(text),
  });
  return config;
}
const at = (name: string): RepositoryRef => ({ host: 'github', name });

test('the entry that decides is told with what it says itself, and with what holds for what it leaves out', async () => {
  const config = await configOf({
    analyzer: { maxIssuesPerRepo: 6 },
    executor: { default: 'codex', budget: { perRunUsd: 3 } },
    repositories: [
      { match: 'acme/web', caps: { proposalsOpen: 2 }, budget: { perTaskUsd: 9 } },
      { match: 'acme/*', checks: ['npm test'], paused: true },
    ],
  });
  const own = policyEntry(config, at('acme/web'), '/somewhere');
  expect(own).toMatchObject({ index: 0, match: 'acme/web', isOwn: true, entries: 2 });
  expect(own.written).toEqual({ 'caps.proposalsOpen': 2, 'budget.perTaskUsd': 9 });
  expect(own.leftOut).toMatchObject({
    agent: 'codex',
    checks: [],
    paused: false,
    'budget.perRunUsd': 3,
    'caps.proposalsOpen': 6,
  });
  const pattern = policyEntry(config, at('acme/api'), '/somewhere');
  expect(pattern).toMatchObject({ index: 1, match: 'acme/*', isOwn: false });
  expect(pattern.written).toEqual({ checks: ['npm test'], paused: true });
  expect(policyEntry(config, at('other/api'), '/somewhere')).toMatchObject({
    index: null,
    match: null,
    isOwn: false,
    written: {},
  });
});
