import { describe, expect, test } from 'vitest';
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
  '.gitignore',
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
