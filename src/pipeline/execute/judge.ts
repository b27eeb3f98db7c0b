import type { RepositoryPolicy } from '../../domain/policy.ts';
import type { ChangedFile, ExportedChange } from '../../domain/ports/git.ts';
import type { JudgementLimits, SecretScan } from '../pipeline-ports.ts';
import { endOfTest } from './emptied-tests.ts';
import { behindLinks, isAbsolute, isGitFolder, strayLinks } from './link-ways.ts';
import type { Objection } from './objection.ts';
import { changedScripts } from './package-scripts.ts';
import { isProtected } from './protected-paths.ts';
import { isUnseen } from './unseen-content.ts';

export type Judgement =
  | { readonly verdict: 'empty' }
  | { readonly verdict: 'pass' }
  | { readonly verdict: 'ask'; readonly objections: readonly Objection[] }
  | { readonly verdict: 'block'; readonly objections: readonly Objection[] };

/**
 * Judges the exported difference before anything of it leaves: pure, from the files alone. `unseen` is what
 * `secretsUnseen` found in what the patch does not show.
 */
export function judge(
  change: Pick<ExportedChange, 'files' | 'patch' | 'patchIsCut' | 'baseLinks' | 'refused'>,
  policy: Pick<RepositoryPolicy, 'protectedPaths' | 'protectedPathsPolicy'>,
  limits: JudgementLimits,
  secrets: Pick<SecretScan, 'scan'>,
  unseen: readonly Objection[],
): Judgement {
  if (change.files.length === 0 && change.refused.length === 0) return { verdict: 'empty' };
  const hard = [
    ...sizes(change, limits),
    ...change.files.flatMap(shape),
    ...astray(change),
    ...change.refused.map(({ path, why }) => objection('refused_path', `${path}: ${why}`)),
    ...leaks(change, secrets),
    ...unseen,
  ];
  const guarded = [
    ...protectedOnes(change, policy.protectedPaths),
    ...changedScripts(change.files, change.patch).map((path) =>
      objection('protected_path', `${path}: what npm or a hook of git runs is changed`),
    ),
    ...lostTests(change),
  ];
  if (hard.length > 0) return { verdict: 'block', objections: [...hard, ...guarded] };
  if (guarded.length === 0 || policy.protectedPathsPolicy === 'allow') return { verdict: 'pass' };
  return {
    verdict: policy.protectedPathsPolicy === 'human' ? 'ask' : 'block',
    objections: guarded,
  };
}

function sizes(
  change: Pick<ExportedChange, 'files' | 'patch' | 'patchIsCut'>,
  limits: JudgementLimits,
): readonly Objection[] {
  const found: Objection[] = [];
  if (change.files.length > limits.files) {
    found.push(
      objection(
        'too_many_files',
        `${change.files.length} files changed, at most ${limits.files} are allowed`,
      ),
    );
  }
  const bytes = Buffer.byteLength(change.patch);
  if (bytes > limits.patchBytes) {
    found.push(
      objection(
        'patch_too_large',
        `the change has ${bytes} bytes, at most ${limits.patchBytes} are allowed`,
      ),
    );
  } else if (change.patchIsCut) {
    found.push(
      objection('patch_too_large', `the change is larger than the ${bytes} bytes that are read`),
    );
  }
  for (const file of change.files) {
    if (isUnseen(file) && file.bytes > limits.binaryFileBytes) {
      found.push(
        objection('binary_too_large', `${file.path} is binary and has ${file.bytes} bytes`),
      );
    }
  }
  return found;
}

function shape(file: ChangedFile): readonly Objection[] {
  if (file.mode === '160000')
    return [objection('gitlink', `${file.path} points to another repository`)];
  if (file.path.split('/').some(isGitFolder)) {
    return [objection('refused_path', `${file.path} lies in a folder that git keeps for itself`)];
  }
  if (file.linkTarget !== null && leavesTree(file.path, file.linkTarget)) {
    return [
      objection(
        'link_out_of_tree',
        `${file.path} links to ${file.linkTarget}, outside the repository`,
      ),
    ];
  }
  return [];
}

/**
 * Whether a link can lead out of the tree. Each `..` must stand at the beginning, where the folders above are known to
 * be real: after a name, `..` goes up from wherever a second link has led.
 */
function leavesTree(path: string, target: string): boolean {
  if (isAbsolute(target)) return true;
  const parts = target.split('/').filter((part) => part !== '.' && part !== '');
  const ups = parts.findIndex((part) => part !== '..');
  const rest = ups === -1 ? [] : parts.slice(ups);
  const above = path.split('/').length - 1;
  return (ups === -1 ? parts.length : ups) > above || rest.includes('..') || rest.some(isGitFolder);
}

/** Links that only the other links of the tree lead out. */
function astray(change: Pick<ExportedChange, 'files' | 'baseLinks'>): readonly Objection[] {
  const told = new Set(
    change.files
      .filter(({ path, linkTarget }) => linkTarget !== null && leavesTree(path, linkTarget))
      .map(({ path }) => path),
  );
  return strayLinks(change)
    .filter(({ path }) => !told.has(path))
    .map(({ path, target }) =>
      objection(
        'link_out_of_tree',
        `${path} links to ${target}, which another link leads out of the repository or to where it cannot be told`,
      ),
    );
}

function leaks(
  change: Pick<ExportedChange, 'files' | 'patch'>,
  secrets: Pick<SecretScan, 'scan'>,
): readonly Objection[] {
  // Headers (`+++ b/path`) are scanned too: an added line that begins with `++ ` looks just like one.
  const added = change.patch
    .split('\n')
    .filter((line) => line.startsWith('+'))
    .map((line) => line.slice(1))
    .join('\n');
  const kinds = new Set([
    ...secrets.scan(added),
    ...secrets.scan(change.files.map(({ path }) => path).join('\n')),
  ]);
  return [...kinds].map((kind) =>
    objection('secret_found', `the change adds something that looks like a secret (${kind})`),
  );
}

function protectedOnes(
  change: Pick<ExportedChange, 'files' | 'baseLinks'>,
  extra: readonly string[],
): readonly Objection[] {
  const isGuarded = (path: string): boolean => isProtected(path, extra);
  const direct = change.files.filter(({ path }) => isGuarded(path));
  const behind = behindLinks(change, isGuarded).filter(({ path }) => !isGuarded(path));
  return [
    ...direct.map(({ path }) => objection('protected_path', `${path} is a protected path`)),
    ...behind.map(({ path, link }) =>
      objection('protected_path', `${path} is what the protected path ${link} leads to`),
    ),
  ];
}

/** Tests that are deleted, or emptied, which is the same with another name. */
function lostTests({
  files,
  patch,
}: Pick<ExportedChange, 'files' | 'patch'>): readonly Objection[] {
  return files.flatMap((file) => {
    const end = endOfTest(file, patch);
    return end === null
      ? []
      : [objection('tests_deleted', `${file.path} is a test that is ${end}`)];
  });
}

function objection(code: Objection['code'], text: string): Objection {
  return { code, text };
}
