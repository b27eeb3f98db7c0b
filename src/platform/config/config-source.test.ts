import { appendFile, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type ConfigSource, createConfigSource, type ReloadReport } from './config-source.ts';
import { loadConfig } from './load-config.ts';
import type { Config } from './schema.ts';

let folder: string;
let source: ConfigSource;
let reports: ReloadReport[];
const write = (content: object | string): Promise<void> =>
  writeFile(
    join(folder, 'config.json'),
    typeof content === 'string' ? content : JSON.stringify(content),
  );

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'source-'));
  await write({});
  const own = folder;
  const load = () => loadConfig({ folder: own, env: {}, file: 'config.json' });
  reports = [];
  source = createConfigSource({
    initial: await load(),
    load,
    onReload: (report) => reports.push(report),
    pollMs: 50,
  });
});
afterEach(async () => {
  source.close();
  await rm(folder, { recursive: true });
});

test('a change of the file holds and subscribers see before and after', async () => {
  const seen: [Config, Config][] = [];
  source.subscribe((before, after) => seen.push([before, after]));
  await write({ executor: { maxRounds: 7 } });
  await vi.waitFor(() => expect(source.current().executor.maxRounds).toBe(7), 20_000);
  expect(seen[0]?.[0].executor.maxRounds).toBe(3);
  expect(seen[0]?.[1].executor.maxRounds).toBe(7);
  expect(reports.at(-1)).toMatchObject({
    changed: ['executor.maxRounds'],
    needRestart: [],
    error: null,
  });
});

test('a file that is replaced by another is followed', async () => {
  await writeFile(join(folder, 'next'), '{ "executor": { "maxRounds": 9 } }');
  await rename(join(folder, 'next'), join(folder, 'config.json'));
  await vi.waitFor(() => expect(source.current().executor.maxRounds).toBe(9), 20_000);
});

test('a change where the folder tells of none, behind a link, is found by looking', async () => {
  source.close();
  const elsewhere = await mkdtemp(join(tmpdir(), 'source-'));
  const target = join(elsewhere, 'real.json');
  await writeFile(target, '{}');
  await symlink(target, join(folder, 'linked.json'));
  const load = () => loadConfig({ folder, env: {}, file: 'linked.json' });
  source = createConfigSource({
    initial: await load(),
    load,
    onReload: (report) => reports.push(report),
    pollMs: 50,
  });
  await writeFile(target, '{ "executor": { "maxRounds": 8 } }');
  // What was written before the first look is no change to it.
  await vi.waitFor(
    async () => {
      await appendFile(target, ' ');
      expect(source.current().executor.maxRounds).toBe(8);
    },
    { timeout: 20_000, interval: 300 },
  );
  await rm(elsewhere, { recursive: true });
});

test('a wrong file changes nothing and says what is wrong', async () => {
  const before = source.current();
  await write('{ "executor": ');
  await source.reload();
  expect(source.current()).toBe(before);
  expect(reports[0]?.error).toMatchObject({ code: 'config_invalid' });
});

test('keys that need a restart keep their value and are named', async () => {
  const { dataDir } = source.current();
  await write({ dataDir: 'elsewhere', analyzer: { staleAfterDays: 3 } });
  await source.reload();
  expect(source.current().dataDir).toBe(dataDir);
  expect(source.current().analyzer.staleAfterDays).toBe(3);
  expect(reports[0]).toMatchObject({
    changed: ['analyzer.staleAfterDays'],
    // Backups lie in the data folder unless another is named.
    needRestart: ['dataDir', 'backup.folder'],
    error: null,
  });
});

test('who unsubscribed hears nothing more', async () => {
  let heard = 0;
  source.subscribe(() => {
    heard += 1;
  })();
  await write({ executor: { maxRounds: 1 } });
  await source.reload();
  expect(source.current().executor.maxRounds).toBe(1);
  expect(heard).toBe(0);
});
