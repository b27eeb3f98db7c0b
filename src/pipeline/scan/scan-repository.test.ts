import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CodeHost, HostIssue } from '../../domain/ports/code-host.ts';
import type { Transaction } from '../../domain/ports/effects.ts';
import type { FindingStore, KnownFinding } from '../../domain/ports/stores.ts';
import { createGit } from '../../integrations/git/git.ts';
import { createMirrors } from '../../integrations/git/mirrors.ts';
import { createTreeReader } from '../../integrations/git/tree-reader.ts';
import { systemClock } from '../../lib/clock.ts';
import { createRepositoryScan } from './scan-repository.ts';
import { createScanners } from './scanner-list.ts';

const git = createGit({ environment: process.env });
const trees = createTreeReader({ git });
let root = '';
let source = '';

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'cms-scan-'));
  source = path.join(root, 'source');
  execFileSync('git', ['init', '-q', '-b', 'main', source]);
});

afterEach(() => {
  trees.close();
  rmSync(root, { recursive: true, force: true, maxRetries: 5 });
});

function commit(files: Record<string, string>): string {
  for (const [name, content] of Object.entries(files))
    writeFileSync(path.join(source, name), content);
  const run = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {
      cwd: source,
      encoding: 'utf8',
    });
  run('add', '-A');
  run('commit', '-q', '--allow-empty', '-m', 'x');
  return run('rev-parse', 'HEAD').trim();
}

/** The part of a store that a scan uses, in memory. */
function memoryStore() {
  const rows = new Map<string, KnownFinding>();
  const marks = new Map<string, string>();
  const store: Pick<FindingStore, 'known' | 'save' | 'scanned' | 'markScanned'> = {
    known: async (_ref, rule) => [...rows.values()].filter((row) => row.rule === rule),
    save: async (_transaction, _ref, findings) => findings.forEach((row) => rows.set(row.id, row)),
    scanned: async (_ref, rule) => marks.get(rule) ?? null,
    markScanned: async (_transaction, _ref, rule, mark) => void marks.set(rule, mark),
  };
  return { rows, store };
}

function issueOf(number: number, change: Partial<HostIssue>): HostIssue {
  const old = new Date('2020-01-01');
  return {
    number,
    title: `Issue ${number}`,
    body: '',
    state: 'open',
    stateReason: null,
    author: 'ann',
    authorIsBot: false,
    labels: ['Bug'],
    url: null,
    createdAt: old,
    updatedAt: old,
    locked: false,
    ...change,
  };
}

function setUp(issues: readonly HostIssue[] = []) {
  const ref = { host: 'local', name: source } as const;
  const { rows, store } = memoryStore();
  const host: Pick<CodeHost, 'repository' | 'head' | 'remote' | 'self' | 'issues'> = {
    repository: async () => ({
      ref,
      defaultBranch: 'main',
      private: false,
      archived: false,
      url: 'https://h/acme/w',
    }),
    head: async () => ({
      changed: true,
      sha: execFileSync('git', ['rev-parse', 'main'], { cwd: source, encoding: 'utf8' }).trim(),
    }),
    remote: async () => ({ url: source, env: {} }),
    self: async () => 'svc-bot',
    issues: async () => issues,
  };
  let ids = 0;
  const scan = createRepositoryScan({
    host: () => host as CodeHost,
    mirrors: createMirrors({ git, clock: systemClock, root: path.join(root, 'mirrors') }),
    findings: store as FindingStore,
    scanners: createScanners({
      trees,
      clock: systemClock,
      extraTags: () => [],
      settings: () => ({ staleAfterDays: 30, labels: ['bug'] }),
    }),
    transact: async (work) => await work({} as Transaction),
    clock: systemClock,
    newId: () => `id-${(ids += 1)}`,
  });
  return { rows, run: async () => await scan.scan({ ref, branch: null }) };
}

test('a first scan opens findings with permalinks, a second of the same head changes nothing', async () => {
  const head = commit({ 'a.ts': '// TODO: one\n' });
  const { rows, run } = setUp();
  expect(await run()).toMatchObject({ commit: head, unchanged: false, opened: ['id-1'] });
  expect(rows.get('id-1')).toMatchObject({
    url: `https://h/acme/w/blob/${head}/a.ts#L1`,
    status: 'open',
  });
  expect(await run()).toMatchObject({ unchanged: true, opened: [] });
});

test('a finding that goes is fixed, and comes back under its id', async () => {
  commit({ 'a.ts': '// TODO: one\n', 'b.ts': '// TODO: two\n' });
  const { rows, run } = setUp();
  await run();
  commit({ 'a.ts': 'done();\n' });
  expect(await run()).toMatchObject({ opened: [], fixed: ['id-1'], returned: [] });
  expect(rows.get('id-1')?.status).toBe('fixed');
  commit({ 'a.ts': '// TODO: one\n' });
  expect(await run()).toMatchObject({ opened: [], fixed: [], returned: ['id-1'] });
  expect(rows.get('id-2')?.status).toBe('open');
});

test('quiet issues with a label are findings; fresh, unlabeled and own ones are not', async () => {
  commit({ 'a.ts': 'x\n' });
  const { rows, run } = setUp([
    issueOf(1, {}),
    issueOf(2, { updatedAt: new Date() }),
    issueOf(3, { labels: ['question'] }),
    issueOf(4, { author: 'Svc-Bot' }),
    issueOf(5, { body: 'x <!-- cms:1:a:b:c -->' }),
  ]);
  await run();
  expect([...rows.values()].map(({ rule, path, text }) => [rule, path, text])).toEqual([
    ['stale-issue', 'issues/1', 'Issue 1'],
  ]);
  expect(await run()).toMatchObject({ unchanged: true });
});
