import { readFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, test } from 'vitest';
import { configJsonSchema, describeKeys } from './describe-keys.ts';
import { listKeys, readKey, setKey, sourceOf } from './edit-config.ts';
import { type LoadedConfig, loadConfig } from './load-config.ts';
import { referencePage } from './reference-page.ts';

const load = (text: string): Promise<LoadedConfig> =>
  loadConfig({ folder: '/srv', file: 'c.json', env: {}, readFile: () => Promise.resolve(text) });

test('every key has a description', () => {
  expect(describeKeys().filter(({ description }) => description === '')).toEqual([]);
});

test('the reference page and the schema file are up to date (node scripts/generate-reference.ts)', async () => {
  expect(await readFile('docs/reference/configuration.md', 'utf8')).toBe(
    referencePage(describeKeys()),
  );
  const schema: unknown = JSON.parse(await readFile('docs/reference/config.schema.json', 'utf8'));
  expect(schema).toEqual(JSON.parse(JSON.stringify(configJsonSchema())));
});

test('the JSON Schema accepts the examples and refuses what the loader refuses', async () => {
  const ajv = new Ajv2020({ strict: false });
  (addFormats as unknown as (ajv: Ajv2020) => void)(ajv);
  const accepts = ajv.compile(configJsonSchema());
  for (const name of ['config.json.example', 'config.production.json.example'])
    expect(accepts(JSON.parse(await readFile(name, 'utf8')))).toBe(true);
  for (const wrong of [{ x: 1 }, { executor: { maxConcurrent: 'two' } }, { repositories: [{}] }])
    expect(accepts(wrong)).toBe(false);
});

describe('reading', () => {
  test('a key, a section and an entry of a list', async () => {
    const { config } = await load('{ "repositories": [{ "match": "a/b" }] }');
    expect(readKey(config, 'executor.maxConcurrent')).toBe(2);
    expect(readKey(config, 'executor.budget')).toMatchObject({ perRunUsd: 5, perDayUsd: 50 });
    expect(readKey(config, 'repositories.0.match')).toBe('a/b');
  });
  test.each(['executor.maxConcurent', 'constructor', '__proto__.x', ''])(
    '%j is no key',
    async (key) => {
      const { config } = await load('{}');
      expect(() => readKey(config, key)).toThrow(`There is no key "${key}"`);
    },
  );
  test('the list has every key once, with its source', async () => {
    const loaded = await load('{ "executor": { "maxRounds": 1 } }');
    const listed = listKeys(loaded);
    expect(listed).toContainEqual({ key: 'executor.maxRounds', value: 1, source: 'file' });
    expect(listed).toContainEqual({
      key: 'dataDir',
      value: '/srv/.claude-manager',
      source: 'default',
    });
    expect(new Set(listed.map(({ key }) => key)).size).toBe(listed.length);
    expect(sourceOf(loaded, 'executor')).toBe('file');
    expect(sourceOf(loaded, 'github')).toBe('default');
  });
});

test('a group that may be null has its keys described, read, set by variables, written and waiting for a restart', async () => {
  const described = describeKeys().find(({ path }) => path === 'github.app.installationId');
  expect(described).toMatchObject({
    type: 'whole number or null',
    restart: true,
    env: ['CLAUDE_MANAGER_GITHUB_APP_INSTALLATION_ID'],
  });
  for (const text of ['{}', '{ "github": { "app": null } }']) {
    const { config } = await load(text);
    expect(readKey(config, 'github.app.privateKey')).toBeNull();
    const { config: set } = await loadConfig({
      folder: '/srv',
      file: 'c.json',
      env: { CLAUDE_MANAGER_GITHUB_APP_ID: '7' },
      readFile: () => Promise.resolve(text),
    });
    expect(set.github.app).toMatchObject({ id: 7, privateKey: 'GITHUB_APP_PRIVATE_KEY' });
  }
  const written = setKey('{}', 'github.app.id', '7').text;
  expect((await load(written)).config.github.app?.id).toBe(7);
  await expect(load('{ "github": { "app": { "id": 7, "privatKey": "K" } } }')).rejects.toThrow(
    'Did you mean "privateKey"?',
  );
});

describe('writing', () => {
  const text = '{\n  // money\n  "executor": {\n    "maxConcurrent": 2 // two\n  }\n}\n';
  test('changes one value and keeps comments and order', () => {
    expect(setKey(text, 'executor.maxConcurrent', '4')).toEqual({
      text: text.replace(': 2', ': 4'),
      value: 4,
    });
  });
  test('adds sections that were not there', async () => {
    const written = setKey(text, 'security.authentication.require_2fa', 'true').text;
    expect(written).toContain('// money');
    expect((await load(written)).config.security.authentication.require_2fa).toBe(true);
  });
  test('starts an empty file', async () => {
    const written = setKey('', 'github.reposToScan', 'a/b,c/d').text;
    expect((await load(written)).config.github.reposToScan).toEqual(['a/b', 'c/d']);
  });
  test('refuses a key that does not exist and names the one that was meant', () => {
    expect(() => setKey(text, 'executor.maxConcurent', '4')).toThrow(
      'Did you mean "executor.maxConcurrent"?',
    );
    expect(() => setKey(text, '__proto__.x', '4')).toThrow('There is no key');
  });
  test('refuses a key where a value stands that has none, and says where', () => {
    expect(() => setKey('{\n  "logging": "x"\n}', 'logging.level', 'DEBUG')).toThrow(
      'logging holds a value that has no keys (line 2, column 14), so there is no place for logging.level.',
    );
    for (const value of ['null', '[1]'])
      expect(() => setKey(`{ "logging": ${value} }`, 'logging.level', 'DEBUG')).toThrow(
        'line 1, column 14',
      );
  });
  test('changes nothing of a text that cannot be read, so that loading it tells why', () => {
    const deep = `{ "logging": ${'['.repeat(50_000)}`;
    expect(setKey(deep, 'logging.level', 'DEBUG').text).toBe(deep);
  });
});
