import { compileGlob } from './path-glob.ts';

/** Paths that steer machines or people rather than being the work: a change there needs a person. */
const builtIn: readonly string[] = [
  // What git, its hosts and what works on it read: workflows, attributes, submodules, hooks, what is ignored or not
  // looked through for secrets. All of them, since a list of names would miss the next one.
  '.git*',
  // Pipelines and rules of other hosts.
  '.forgejo',
  '.circleci',
  '.buildkite',
  '.teamcity',
  '.semaphore',
  '.travis.yml',
  '.drone.y*ml',
  '.woodpecker*',
  '{.,}appveyor.yml',
  'azure-pipelines*',
  'bitbucket-pipelines.yml',
  'cloudbuild.y*ml',
  'buildspec.y*ml',
  'Jenkinsfile*',
  'CODEOWNERS',
  '.mailmap',
  // Lock files.
  'package-lock.json',
  'npm-shrinkwrap.json',
  'yarn.lock',
  'pnpm-lock.yaml',
  'bun.lock*',
  'deno.lock',
  'Cargo.lock',
  'poetry.lock',
  'pdm.lock',
  'uv.lock',
  'Pipfile.lock',
  'Gemfile.lock',
  'composer.lock',
  'go.sum',
  'go.work.sum',
  'mix.lock',
  'pubspec.lock',
  'flake.lock',
  'Podfile.lock',
  'Package.resolved',
  'packages.lock.json',
  'gradle.lockfile',
  '.terraform.lock.hcl',
  // Where packages and images come from.
  '.npmrc',
  '.yarnrc*',
  '.pypirc',
  '.netrc',
  'pip.conf',
  '{Dockerfile,Containerfile}',
  '{Dockerfile,Containerfile}.*',
  '*.{Dockerfile,Containerfile}',
  'docker-compose*',
  'compose.y*ml',
  // Instructions and settings of agents and editors.
  'CLAUDE*.md',
  'AGENTS*.md',
  'GEMINI.md',
  'copilot-instructions.md',
  '.claude*',
  '.codex',
  '.gemini',
  '.cursor',
  '.cursorrules',
  '.windsurf*',
  '.clinerules',
  '.aider*',
  '.mcp.json',
  '.vscode',
  '.idea',
  '.devcontainer',
  '.devcontainer.json',
  // Hooks and environments that run by themselves.
  '.husky',
  '.pre-commit-config.yaml',
  '.pre-commit-hooks.yaml',
  '{.,}lefthook*.y*ml',
  '.envrc',
  '.env*',
  // Keys.
  '.ssh',
  '*.pem',
  '*.key',
  '*.p12',
  '*.pfx',
  '*.jks',
  '*.keystore',
  'id_rsa*',
  'id_dsa*',
  'id_ecdsa*',
  'id_ed25519*',
];

const builtInGlobs = builtIn.map((glob) => compileGlob(folded(glob)));

/** Whether the path is protected, by the built-in list or the policy's own globs; compared as a case-blind disk would. */
export function isProtected(path: string, extra: readonly string[]): boolean {
  const plain = folded(path);
  return (
    builtInGlobs.some((matches) => matches(plain)) ||
    extra.some((glob) => compileGlob(folded(glob))(plain))
  );
}

/**
 * A path as the most forgiving file system reads it: case and compatibility forms folded, invisible characters gone,
 * back-slash as separator, dots, spaces and streams at the end of a name dropped (Windows).
 */
export function folded(path: string): string {
  return path
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu, '')
    .replaceAll('\\', '/')
    .split('/')
    .map((name) =>
      /^\.{1,2}$/u.test(name) ? name : name.replace(/:.*$/su, '').replace(/[. ]+$/u, ''),
    )
    .join('/');
}
