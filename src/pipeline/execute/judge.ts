import type { RepositoryPolicy } from '../../domain/policy.ts';
import type { ChangedFile, ExportedChange } from '../../domain/ports/git.ts';
import type { JudgementLimits, SecretScan } from '../pipeline-ports.ts';
import { isProtected } from './protected-paths.ts';

/** What is wrong with a change, in words for the person who reads the task. */
export interface Objection {
  readonly code:
    | 'too_many_files'
    | 'patch_too_large'
    | 'binary_too_large'
    | 'link_out_of_tree'
    | 'gitlink'
    | 'refused_path'
    | 'secret_found'
    | 'tests_deleted'
    | 'protected_path';
  readonly text: string;
}

export type Judgement =
  | { readonly verdict: 'empty' }
  | { readonly verdict: 'pass' }
  | { readonly verdict: 'ask'; readonly objections: readonly Objection[] }
  | { readonly verdict: 'block'; readonly objections: readonly Objection[] };

/** Judges the exported difference before anything of it leaves: pure, from the files alone. */
export function judge(
  change: Pick<ExportedChange, 'files' | 'patch' | 'refused'>,
  policy: Pick<RepositoryPolicy, 'protectedPaths' | 'protectedPathsPolicy'>,
  limits: JudgementLimits,
  secrets: SecretScan,
): Judgement {
  if (change.files.length === 0 && change.refused.length === 0) return { verdict: 'empty' };
  const hard = [
    ...sizes(change, limits),
    ...change.files.flatMap(shape),
    ...change.refused.map(({ path, why }) => objection('refused_path', `${path}: ${why}`)),
    ...leaks(change, secrets),
  ];
  const guarded = [
    ...protectedOnes(change.files, policy.protectedPaths),
    ...deletedTests(change.files),
  ];
  if (hard.length > 0) return { verdict: 'block', objections: [...hard, ...guarded] };
  if (guarded.length === 0 || policy.protectedPathsPolicy === 'allow') return { verdict: 'pass' };
  return {
    verdict: policy.protectedPathsPolicy === 'human' ? 'ask' : 'block',
    objections: guarded,
  };
}

function sizes(
  change: Pick<ExportedChange, 'files' | 'patch'>,
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
  }
  for (const file of change.files) {
    if (
      file.status !== 'deleted' &&
      file.text === null &&
      file.linkTarget === null &&
      file.bytes > limits.binaryFileBytes
    ) {
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

function leavesTree(path: string, target: string): boolean {
  if (target.startsWith('/') || target.includes('\\') || target === '') return true;
  let depth = path.split('/').length - 1;
  for (const part of target.split('/')) {
    if (part === '.git') return true;
    if (part === '..') depth -= 1;
    else if (part !== '.' && part !== '') depth += 1;
    if (depth < 0) return true;
  }
  return false;
}

function leaks(
  change: Pick<ExportedChange, 'files' | 'patch'>,
  secrets: SecretScan,
): readonly Objection[] {
  const added = change.patch
    .split('\n')
    .filter((line) => line.startsWith('+') && !line.startsWith('+++'))
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
  files: readonly ChangedFile[],
  extra: readonly string[],
): readonly Objection[] {
  return files
    .filter(({ path }) => isProtected(path, extra))
    .map(({ path }) => objection('protected_path', `${path} is a protected path`));
}

const testPath = /(^|\/)(tests?|spec|__tests__)\/|[._-](test|spec)\.[a-z]+$|(^|\/)test_[^/]+$/iu;

function deletedTests(files: readonly ChangedFile[]): readonly Objection[] {
  const deleted = files.filter(({ path, status }) => status === 'deleted' && testPath.test(path));
  if (deleted.length === 0) return [];
  return [
    objection('tests_deleted', `tests are deleted: ${deleted.map(({ path }) => path).join(', ')}`),
  ];
}

function objection(code: Objection['code'], text: string): Objection {
  return { code, text };
}
