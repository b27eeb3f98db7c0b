import { execFile, spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Environment of every git process of the emulator: nothing of this machine's configuration. */
export const gitEnvironment = (): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'Emulator',
  GIT_AUTHOR_EMAIL: 'emulator@example.test',
  GIT_COMMITTER_NAME: 'Emulator',
  GIT_COMMITTER_EMAIL: 'emulator@example.test',
});

/** Runs git in a bare repository and returns its standard output. */
export async function git(dir: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await run('git', [`--git-dir=${dir}`, ...args], {
    env: gitEnvironment(),
    maxBuffer: 256 * 1024 * 1024,
  });
  return stdout;
}

const protectHook = `#!/bin/sh
while read -r _ _ ref; do
  if grep -qxF "$ref" protected-refs 2>/dev/null; then
    echo "error: GH006: Protected branch update failed for $ref." >&2
    exit 1
  fi
done
`;

/** Makes an empty bare repository that http-backend serves and that takes pushes. */
export async function initBare(dir: string, defaultBranch: string): Promise<void> {
  await mkdir(dir, { recursive: true });
  await run('git', ['init', '--quiet', '--bare', `--initial-branch=${defaultBranch}`, dir], {
    env: gitEnvironment(),
  });
  const settings = ['http.receivepack true', 'uploadpack.allowFilter true'];
  settings.push('uploadpack.allowReachableSHA1InWant true', 'receive.autogc false', 'gc.auto 0');
  settings.push('receive.denyDeleteCurrent ignore', 'receive.hideRefs refs/pull');
  for (const setting of settings) await git(dir, 'config', ...setting.split(' '));
  await writeFile(join(dir, 'hooks', 'pre-receive'), protectHook, { mode: 0o755 });
}

export interface NewCommit {
  readonly branch: string;
  readonly message: string;
  readonly author: string;
  /** Text of each path; null deletes it. */
  readonly files: Readonly<Record<string, string | null>>;
}

/** Adds one commit to a branch (made when missing, from `from` when given); answers its sha. */
export async function commitFiles(dir: string, commit: NewCommit, from?: string): Promise<string> {
  const parent = (await resolve(dir, `refs/heads/${commit.branch}`)) ?? from;
  const seconds = Math.floor(Date.now() / 1000);
  const who = `${commit.author} <${commit.author}@example.test> ${seconds} +0000`;
  const parts = [`commit refs/heads/${commit.branch}\nauthor ${who}\ncommitter ${who}\n`];
  parts.push(data(commit.message));
  if (parent !== undefined) parts.push(`from ${parent}\n`);
  for (const [path, text] of Object.entries(commit.files)) {
    const quoted = JSON.stringify(path);
    parts.push(text === null ? `D ${quoted}\n` : `M 100644 inline ${quoted}\n${data(text)}`);
  }
  await feed(dir, ['fast-import', '--quiet', '--force'], `${parts.join('')}\n`);
  const sha = await resolve(dir, `refs/heads/${commit.branch}`);
  if (sha === undefined) throw new Error(`no commit was made on ${commit.branch}`);
  return sha;
}

/** The commit that a name stands for, undefined when there is none. */
export async function resolve(dir: string, name: string): Promise<string | undefined> {
  try {
    const out = await git(
      dir,
      'rev-parse',
      '--verify',
      '--quiet',
      '--end-of-options',
      `${name}^{commit}`,
    );
    return out.trim();
  } catch {
    return undefined;
  }
}

/** All branches with the commit that each is at. */
export async function branches(dir: string): Promise<Map<string, string>> {
  const out = await git(dir, 'for-each-ref', '--format=%(objectname) %(refname)', 'refs/heads');
  const rows = out.split('\n').filter((row) => row !== '');
  return new Map(rows.map((row) => [row.slice(41 + 'refs/heads/'.length), row.slice(0, 40)]));
}

export interface CommitDetails {
  readonly sha: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly name: string;
  readonly email: string;
  readonly date: string;
  readonly message: string;
}

export async function readCommits(dir: string, ...selection: string[]): Promise<CommitDetails[]> {
  const format = '--format=%H%x00%T%x00%P%x00%an%x00%ae%x00%aI%x00%B%x01';
  const out = await git(dir, 'log', format, ...selection);
  const records = out.split('\u0001').map((record) => record.replace(/^\n/, ''));
  return records.filter((record) => record !== '').map(toCommit);
}

export interface ChangedFile {
  readonly path: string;
  readonly status: 'added' | 'removed' | 'modified';
  readonly additions: number;
  readonly deletions: number;
  readonly sha: string;
  readonly patch: string;
}

/** What a branch changed since it left its base (three dots, as GitHub shows pull requests). */
export async function changedFiles(
  dir: string,
  base: string,
  head: string,
): Promise<ChangedFile[]> {
  const range = `${base}...${head}`;
  const raw = await git(dir, 'diff', '--raw', '--no-renames', '--no-abbrev', '-z', range);
  const cells = raw.split('\0').filter((cell) => cell !== '');
  const files: ChangedFile[] = [];
  for (let at = 0; at + 1 < cells.length; at += 2) {
    const [, , , sha = '', letter = 'M'] = (cells[at] ?? '').split(' ');
    const path = cells[at + 1] ?? '';
    const diff = await git(dir, 'diff', '--no-renames', range, '--', path);
    const lines = diff.slice(diff.indexOf('@@')).split('\n');
    const count = (sign: string): number => lines.filter((line) => line.startsWith(sign)).length;
    const status = letter === 'A' ? 'added' : letter === 'D' ? 'removed' : 'modified';
    const patch = diff.includes('@@') ? lines.join('\n').trimEnd() : '';
    files.push({ path, status, additions: count('+'), deletions: count('-'), sha, patch });
  }
  return files;
}

export async function isAncestor(dir: string, old: string, young: string): Promise<boolean> {
  const base = await git(dir, 'merge-base', old, young).catch(() => '');
  return base.trim() === old;
}

/** Merges head into base with a merge commit; undefined when they conflict. */
export async function mergeBranches(
  dir: string,
  base: { readonly ref: string; readonly sha: string },
  head: string,
  message: string,
): Promise<string | undefined> {
  const tree = await mergedTree(dir, base.sha, head);
  if (tree === undefined) return undefined;
  const made = await git(dir, 'commit-tree', tree, '-p', base.sha, '-p', head, '-m', message);
  await git(dir, 'update-ref', `refs/heads/${base.ref}`, made.trim(), base.sha);
  return made.trim();
}

/** The tree that a merge would give, undefined when it conflicts. */
export async function mergedTree(
  dir: string,
  base: string,
  head: string,
): Promise<string | undefined> {
  try {
    return (await git(dir, 'merge-tree', '--write-tree', base, head)).split('\n')[0];
  } catch {
    return undefined;
  }
}

const data = (text: string): string => `data ${Buffer.byteLength(text)}\n${text}\n`;

function toCommit(record: string): CommitDetails {
  const [sha = '', tree = '', parents = '', name = '', email = '', date = '', message = ''] =
    record.split('\0');
  const list = parents.split(' ').filter((parent) => parent !== '');
  return { sha, tree, parents: list, name, email, date, message: message.trimEnd() };
}

async function feed(dir: string, args: readonly string[], input: string): Promise<void> {
  const child = spawn('git', [`--git-dir=${dir}`, ...args], { env: gitEnvironment() });
  const errors: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  child.stdin.end(input);
  const code = await new Promise<number | null>((done, failed) => {
    child.once('error', failed);
    child.once('close', done);
  });
  if (code !== 0) throw new Error(`git ${args.join(' ')}: ${Buffer.concat(errors).toString()}`);
}
