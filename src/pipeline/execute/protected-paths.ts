import { matchesGlob } from 'node:path';

/** Paths that steer machines or people rather than being the work: a change there needs a person. */
const builtIn: readonly string[] = [
  '.github/**',
  '.gitlab-ci*',
  '.gitlab/**',
  '.circleci/**',
  '.buildkite/**',
  'azure-pipelines*',
  'Jenkinsfile',
  'bitbucket-pipelines.yml',
  '**/CODEOWNERS',
  '**/.gitattributes',
  '**/.gitmodules',
  '**/.gitconfig',
  '**/.mailmap',
  '**/package-lock.json',
  '**/npm-shrinkwrap.json',
  '**/yarn.lock',
  '**/pnpm-lock.yaml',
  '**/bun.lock*',
  '**/Cargo.lock',
  '**/poetry.lock',
  '**/uv.lock',
  '**/Pipfile.lock',
  '**/Gemfile.lock',
  '**/composer.lock',
  '**/go.sum',
  '**/.npmrc',
  '**/.yarnrc*',
  '**/.pypirc',
  '**/pip.conf',
  '**/Dockerfile*',
  '**/docker-compose*',
  '**/compose.y*ml',
  '**/CLAUDE.md',
  '**/AGENTS.md',
  '**/GEMINI.md',
  '**/.claude/**',
  '**/.codex/**',
  '**/.cursor/**',
  '**/.cursorrules',
  '**/.mcp.json',
  '**/.vscode/**',
  '**/.idea/**',
  '**/.devcontainer/**',
  '**/.husky/**',
  '**/.githooks/**',
  '**/.pre-commit-config.yaml',
  '**/lefthook.y*ml',
  '**/.envrc',
  '**/.env*',
  '**/*.pem',
  '**/*.key',
  '**/*.p12',
  '**/id_rsa*',
  '**/id_ed25519*',
].map((glob) => glob.toLowerCase());

/** Whether the path is protected; compared without regard to case, so that `.GITHUB` on a case-blind disk does not slip by. */
export function isProtected(path: string, extra: readonly string[]): boolean {
  const folded = path
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\p{Cf}]/gu, '');
  return [...builtIn, ...extra.map((glob) => glob.toLowerCase())].some((glob) =>
    matchesGlob(folded, glob),
  );
}
