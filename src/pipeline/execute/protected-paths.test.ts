import { describe, expect, test } from 'vitest';
import type { ChangedFile } from '../../domain/ports/git.ts';
import { judge } from './judge.ts';
import { compileGlob } from './path-glob.ts';
import { isProtected } from './protected-paths.ts';

const guarded = [
  '.github/workflows/ci.yml',
  '.github/dependabot.yml',
  '.github/.hidden/deep/file',
  '.GITHUB/workflows/ci.yml',
  '.GitHub/Workflows/x',
  '.github./workflows/ci.yml',
  '.github /workflows/ci.yml',
  '.github::$INDEX_ALLOCATION/workflows/ci.yml',
  '.github\\workflows\\ci.yml',
  '.git\u200Bhub/workflows/ci.yml',
  '\uFF0Egithub/workflows/ci.yml',
  'sub/.github/workflows/x.yml',
  '.gitlab-ci.yml',
  '.gitlab/agents/config.yaml',
  '.circleci/config.yml',
  '.buildkite/pipeline.yml',
  '.travis.yml',
  'appveyor.yml',
  '.appveyor.yml',
  'azure-pipelines.yml',
  'Jenkinsfile',
  'Jenkin\u017Ffile',
  'ci/Jenkinsfile.release',
  'CODEOWNERS',
  'docs/CODEOWNERS',
  'codeowners',
  '.gitattributes',
  'sub/.GitAttributes',
  '.gitmodules',
  '.gitignore',
  'src/.gitignore',
  '.GITIGNORE',
  'empty/.gitkeep',
  '.gitreview',
  '.gitleaks.toml',
  '.git-blame-ignore-revs',
  'package-lock.json',
  'web/package-lock.json',
  'Package-Lock.JSON',
  'yarn.lock',
  'pnpm-lock.yaml',
  'bun.lockb',
  'Cargo.lock',
  'poetry.lock',
  'uv.lock',
  'Gemfile.lock',
  'go.sum',
  'Package.resolved',
  '.npmrc',
  'packages/a/.npmrc',
  '.yarnrc.yml',
  'Dockerfile',
  'build/Dockerfile.prod',
  'docker-compose.override.yml',
  'compose.yaml',
  'CLAUDE.md',
  'docs/claude.md',
  '.hidden/CLAUDE.md',
  'CLAUDE.local.md',
  'AGENTS.md',
  'GEMINI.md',
  '.claude/settings.json',
  '.claude',
  'x/.hidden/y/.claude/hooks/pre.sh',
  '.claude.json',
  '.codex/config.toml',
  '.cursor/rules/a.mdc',
  '.cursorrules',
  '.mcp.json',
  '.vscode/tasks.json',
  '.idea/workspace.xml',
  '.devcontainer/devcontainer.json',
  '.devcontainer.json',
  '.husky/pre-commit',
  '.githooks/pre-push',
  '.pre-commit-config.yaml',
  'lefthook.yml',
  '.lefthook-local.yaml',
  '.envrc',
  '.env',
  '.env.production',
  '.env.d/secret',
  'certs/server.PEM',
  'server.key',
  'id_rsa',
  'home/.ssh/authorized_keys',
];

const free = [
  'src/index.ts',
  'README.md',
  'docs/github/workflows.md',
  'src/github/client.ts',
  'github/workflows/ci.yml',
  'src/claude.ts',
  'src/agents.ts',
  'package.json',
  'src/lock.json',
  'src/keys.ts',
  'src/monkey.ts',
  'env.ts',
  'src/environment.ts',
  'src/gitignore.ts',
  'docs/my.gitignore',
  '.editorconfig',
  'src/dockerfile-parser.ts',
  'test/fixtures/codeowners-parser.test.ts',
  'Makefile',
  'a b/c.txt',
  'سند/فایل.md',
];

describe('built-in protected paths', () => {
  test.each(guarded)('%j is protected', (path) => {
    expect(isProtected(path, [])).toBe(true);
  });
  test.each(free)('%j is free', (path) => {
    expect(isProtected(path, [])).toBe(false);
  });
});

describe('whatever is done to a protected path', () => {
  const places = [
    '.github/workflows/ci.yml',
    '.GitHub/workflows/ci.yml',
    'docs/CODEOWNERS',
    '.gitignore',
    'web/package-lock.json',
    'CLAUDE.md',
    '.claude/settings.json',
    '.husky/pre-commit',
    'build/Dockerfile.prod',
    'certs/server.PEM',
  ];
  const text = { bytes: 5, linkTarget: null, text: 'text\n' };
  const added = (path: string): ChangedFile => ({ path, status: 'added', mode: '100644', ...text });
  const deleted = (path: string): ChangedFile => ({
    path,
    status: 'deleted',
    mode: null,
    bytes: 0,
    linkTarget: null,
    text: null,
  });
  const linkTo = (path: string, linkTarget: string): ChangedFile => ({
    ...added(path),
    mode: '120000',
    linkTarget,
    text: null,
  });
  const limits = { files: 100, patchBytes: 1000, binaryFileBytes: 1000 };
  const rules = { protectedPaths: [], protectedPathsPolicy: 'block' } as const;
  /** Paths that the verdict names. */
  const named = (
    files: readonly ChangedFile[],
    baseLinks: Readonly<Record<string, string>> = {},
  ): readonly string[] => {
    const links = new Map(Object.entries(baseLinks));
    const change = { files, patch: '', patchIsCut: false, baseLinks: links, refused: [] };
    const verdict = judge(change, rules, limits, { scan: () => [] }, []);
    if (verdict.verdict !== 'block') return [];
    expect(new Set(verdict.objections.map(({ code }) => code))).toEqual(
      new Set(['protected_path']),
    );
    return verdict.objections.map(({ text: said }) => said.split(' is ')[0] ?? '');
  };

  test.each(places)('%s: adding, altering, deleting it and making it executable', (path) => {
    const executable: ChangedFile = { ...added(path), status: 'modified', mode: '100755' };
    for (const file of [
      added(path),
      { ...added(path), status: 'modified' as const },
      deleted(path),
    ])
      expect(named([file])).toEqual([path]);
    expect(named([executable])).toEqual([path]);
  });
  test.each(places)('%s: a rename away from it, onto it, and between two of them', (path) => {
    expect(named([deleted(path), added('src/plain.txt')])).toEqual([path]);
    expect(named([deleted('src/plain.txt'), added(path)])).toEqual([path]);
    expect(named([deleted(path), added('AGENTS.md')])).toEqual([path, 'AGENTS.md']);
  });
  test.each(places)('%s: a link in its place, with it in its text or gone again', (path) => {
    const up = '../'.repeat(path.split('/').length - 1);
    expect(named([linkTo(path, `${up}src/a.txt`)])).toEqual([path]);
    expect(named([{ ...linkTo(path, `${up}src/a.txt`), status: 'modified' }])).toEqual([path]);
    expect(named([deleted(path)], { [path]: 'x' })).toEqual([path]);
  });
  test('a link in the place of a folder above it takes away what lay there', () => {
    const files = [deleted('sub/.github/workflows/ci.yml'), linkTo('sub', 'other')];
    expect(named(files)).toEqual(['sub/.github/workflows/ci.yml']);
    expect(named([deleted('.github/workflows/ci.yml'), linkTo('.github', 'ci')])).toEqual([
      '.github/workflows/ci.yml',
      '.github',
    ]);
  });
  test('what a link at a protected path leads to is as good as that path', () => {
    const links = {
      'CLAUDE.md': 'docs/for-agents.md',
      '.claude': 'tools/claude',
      '.husky': 'hooks',
    };
    expect(named([added('docs/for-agents.md')], links)).toEqual(['docs/for-agents.md']);
    expect(named([deleted('docs/for-agents.md')], links)).toEqual(['docs/for-agents.md']);
    expect(named([added('tools/claude/settings.json')], links)).toEqual([
      'tools/claude/settings.json',
    ]);
    expect(named([added('real/pre-commit')], { ...links, hooks: 'real' })).toEqual([
      'real/pre-commit',
    ]);
    expect(named([added('Docs/For-Agents.md')], links)).toEqual(['Docs/For-Agents.md']);
    expect(named([added('docs/other.md'), added('tools/claude.ts')], links)).toEqual([]);
    expect(named([added('docs/for-agents.md')], { 'notes.md': 'docs/for-agents.md' })).toEqual([]);
  });
});

describe('globs of a policy', () => {
  test.each([
    ['infra', 'infra/main.tf'],
    ['infra/', 'deep/infra/x'],
    ['/infra/', 'infra/a/b'],
    ['infra/**', 'infra/.hidden/b'],
    ['./infra/*.tf', 'infra/main.tf'],
    ['**/*.sql', 'db/migrations/1.sql'],
    ['src/**/secret.ts', 'src/secret.ts'],
    ['Secrets.YML', 'config/secrets.yml'],
    ['[Mm]akefile', 'Makefile'],
    ['{a,b}/c', 'b/c'],
    ['a+b(c).txt', 'a+b(c).txt'],
  ])('%s holds for %s', (glob, path) => {
    expect(isProtected(path, [glob])).toBe(true);
  });
  test.each([
    ['/infra', 'deep/infra/x'],
    ['infra/*.tf', 'infra/deep/main.tf'],
    ['src/?.ts', 'src/ab.ts'],
    ['[!a]bc', 'abc'],
    ['a.c', 'abc'],
  ])('%s does not hold for %s', (glob, path) => {
    expect(isProtected(path, [glob])).toBe(false);
  });
  test('a glob of stars alone holds for everything', () => {
    expect(compileGlob('**')('a/b/.c')).toBe(true);
  });
});
