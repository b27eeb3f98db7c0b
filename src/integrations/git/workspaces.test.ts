import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import { createGit } from './git.ts';
import { createMirrors } from './mirrors.ts';
import {
  type SampleRepository,
  sampleRepository,
  temporaryFolder,
} from './sample-repository.suite.ts';
import { createWorkspaces } from './workspaces.ts';

const git = createGit({ environment: process.env });
const author = { name: 'Bot', email: 'bot@example.org', date: new Date('2026-01-02T03:04:05Z') };

async function workspaceOf(source: SampleRepository) {
  const root = temporaryFolder();
  const mirrors = createMirrors({ git, clock: systemClock, root: path.join(root, 'mirrors') });
  const ref = { host: 'local', name: source.folder } as const;
  const mirror = await mirrors.refresh(ref, { url: source.folder, env: {} }, 'main');
  const workspaces = createWorkspaces({ git, root: path.join(root, 'runs') });
  const workspace = await workspaces.create({ runId: 'run-1', mirror });
  const at = (name: string) => path.join(workspace.folder, name);
  return { root, workspaces, workspace, mirror, at };
}

test('a workspace holds the bytes of the base commit, its modes and links, and no remote', async () => {
  const source = sampleRepository({
    'a.txt': 'one\r\ntwo\n',
    '.gitattributes': '* text eol=lf\n',
    'bin/run': '#!/bin/sh\n',
  });
  chmodSync(path.join(source.folder, 'bin/run'), 0o755);
  symlinkSync('a.txt', path.join(source.folder, 'link'));
  source.write({ 'raw.txt': 'x' });
  source.commit();
  const { workspace, at } = await workspaceOf(source);
  const inside = (...args: string[]) =>
    execFileSync('git', args, { cwd: workspace.folder, encoding: 'utf8' });
  expect(readFileSync(at('a.txt'), 'utf8')).toBe(
    execFileSync('git', ['show', 'HEAD:a.txt'], { cwd: source.folder, encoding: 'utf8' }),
  );
  expect(readlinkSync(at('link'))).toBe('a.txt');
  expect(inside('remote')).toBe('');
  expect(inside('status', '--porcelain')).toBe('');
  expect(inside('rev-parse', 'HEAD').trim()).toBe(workspace.baseCommit);
  expect(existsSync(at('.git/objects/info/alternates'))).toBe(false);
});

test('an untouched workspace exports no change', async () => {
  const { workspace } = await workspaceOf(
    sampleRepository({ 'a.txt': 'one\n', 'd/b.txt': 'two\n' }),
  );
  const result = await workspace.export();
  expect(result.files).toEqual([]);
  expect(result.patch).toBe('');
  expect(result.refused).toEqual([]);
});

test('added, modified, deleted, executable and linked files come out as one tree with a patch', async () => {
  const { workspace, at } = await workspaceOf(
    sampleRepository({ 'a.txt': 'one\n', 'gone.txt': 'x\n', 'dir/c.txt': 'c\n', 'run.sh': 'y\n' }),
  );
  writeFileSync(at('a.txt'), 'changed\n');
  rmSync(at('gone.txt'));
  rmSync(at('dir'), { recursive: true });
  symlinkSync('/etc/passwd', at('dir'));
  chmodSync(at('run.sh'), 0o755);
  mkdirSync(at('new/deep'), { recursive: true });
  writeFileSync(at('new/deep/file.bin'), Buffer.from([0, 1, 2]));
  const result = await workspace.export();
  expect(
    result.files.map(({ path, status, mode, linkTarget }) => [path, status, mode, linkTarget]),
  ).toEqual([
    ['a.txt', 'modified', '100644', null],
    ['dir', 'added', '120000', '/etc/passwd'],
    ['dir/c.txt', 'deleted', null, null],
    ['gone.txt', 'deleted', null, null],
    ['new/deep/file.bin', 'added', '100644', null],
    ['run.sh', 'modified', '100755', null],
  ]);
  expect(result.files[0]?.text).toBe('changed\n');
  expect(result.files[4]?.text).toBeNull();
  expect(result.patch).toContain('+changed');
  expect(result.patch).toContain('Binary files');
  const names = execFileSync(
    'git',
    [`--git-dir=${result.gitDir}`, 'ls-tree', '-r', '--name-only', result.tree],
    { encoding: 'utf8' },
  );
  expect(names.trim().split('\n')).toEqual(['a.txt', 'dir', 'new/deep/file.bin', 'run.sh']);
});

test('what the patch does not show of a change can be read, and a patch that is cut says so', async () => {
  const source = sampleRepository({
    'a.bin': Buffer.from([0, 1]),
    '.gitattributes': '*.txt -diff\n',
  });
  const { root, workspaces, workspace, mirror, at } = await workspaceOf(source);
  const wide = Buffer.from('token in UTF-16', 'utf16le');
  writeFileSync(at('a.bin'), Buffer.from([0, 2, 3]));
  writeFileSync(at('wide.cfg'), wide);
  writeFileSync(at('b.txt'), 'seen all the same\n');
  const result = await workspace.export();
  expect(result.patchIsCut).toBe(false);
  expect(result.patch).toContain('+seen all the same');
  expect(result.patch).not.toContain('token');
  expect(result.files.map(({ path: place, text }) => [place, text])).toEqual([
    ['a.bin', null],
    ['b.txt', 'seen all the same\n'],
    ['wide.cfg', null],
  ]);
  expect(Buffer.from(await result.content('a.bin'))).toEqual(Buffer.from([0, 2, 3]));
  expect(Buffer.from(await result.content('wide.cfg'))).toEqual(wide);
  await expect(result.content('no.bin')).rejects.toMatchObject({ code: 'no_changed_file' });
  await workspaces.sweep(new Set());
  const limits = { maxPatchBytes: 20 };
  const bounded = createWorkspaces({ git, root: path.join(root, 'bounded'), limits });
  const other = await bounded.create({ runId: 'run-1', mirror });
  writeFileSync(path.join(other.folder, 'b.txt'), 'x\n'.repeat(20));
  const cut = await other.export();
  expect(cut.patchIsCut).toBe(true);
  expect(cut.patch).toContain('[patch cut at 20 bytes]');
});

test('the links and submodules of the base are told with a change', async () => {
  const source = sampleRepository({ 'a.txt': 'a\n' });
  symlinkSync('/etc', path.join(source.folder, 'out'));
  mkdirSync(path.join(source.folder, 'd'));
  symlinkSync('../a.txt', path.join(source.folder, 'd', 'in'));
  const module = `160000,${'1'.repeat(40)},sub`;
  source.git('add', '-A');
  source.git('update-index', '--add', '--cacheinfo', module);
  source.git('commit', '-qm', 'links');
  const { workspace, at } = await workspaceOf(source);
  symlinkSync('out/passwd', at('way'));
  const { files, baseLinks } = await workspace.export();
  expect(files.map(({ path: place }) => place)).toEqual(['way']);
  expect(Object.fromEntries(baseLinks)).toEqual({ 'd/in': '../a.txt', out: '/etc', sub: null });
});

test('the commit has the base as parent and the same id each time', async () => {
  const { workspace, at } = await workspaceOf(sampleRepository({ 'a.txt': 'one\n' }));
  writeFileSync(at('b.txt'), 'b\n');
  const first = await (await workspace.export()).commit('Add b', author);
  const result = await workspace.export();
  const second = await result.commit('Add b', author);
  expect(second).toBe(first);
  const parent = execFileSync(
    'git',
    [`--git-dir=${result.gitDir}`, 'log', '-1', '--format=%P|%an|%s', first],
    { encoding: 'utf8' },
  );
  expect(parent.trim()).toBe(`${workspace.baseCommit}|Bot|Add b`);
});

test('what the base ignores and what tools leave behind stays out, what it tracks is compared all the same', async () => {
  const source = sampleRepository({
    '.gitignore': 'dist/\n*.log\n!keep.log\n',
    'sub/.gitignore': 'local\n',
    'a.txt': 'a\n',
  });
  source.write({ 'dist/tracked.js': 'old\n', 'node_modules/mine/index.js': 'old\n' });
  source.git('add', '-f', 'dist/tracked.js', 'node_modules/mine/index.js');
  source.commit();
  const { workspace, at } = await workspaceOf(source);
  writeFileSync(at('.gitignore'), '');
  writeFileSync(at('dist/tracked.js'), 'new\n');
  writeFileSync(at('dist/other.js'), 'x\n');
  writeFileSync(at('node_modules/mine/index.js'), 'new\n');
  for (const folder of ['.claude-flow', '.hive-mind', 'sub', 'pkg/node_modules'])
    mkdirSync(at(folder), { recursive: true });
  for (const name of [
    'err.log',
    'keep.log',
    'sub/local',
    'sub/other',
    '.claude-flow/x',
    '.hive-mind/y',
    'pkg/node_modules/z',
  ])
    writeFileSync(at(name), 'x\n');
  const result = await workspace.export();
  expect(result.files.map(({ path }) => path)).toEqual([
    '.gitignore',
    'dist/tracked.js',
    'keep.log',
    'node_modules/mine/index.js',
    'sub/other',
  ]);
});

test('pipes, nested repositories, odd names and paths that differ by case are refused by name', async () => {
  const { workspace, at } = await workspaceOf(
    sampleRepository({ 'README.md': 'a\n', 'lib/x.ts': 'x\n' }),
  );
  execFileSync('mkfifo', [at('pipe')]);
  rmSync(at('lib/x.ts'));
  execFileSync('mkfifo', [at('lib/x.ts')]);
  for (const folder of ['inner/.git', '.GIT', 'git~1', '.g\u200cit']) {
    mkdirSync(at(folder), { recursive: true });
    writeFileSync(path.join(at(folder), 'config'), 'x');
  }
  writeFileSync(at('readme.md'), 'b\n');
  writeFileSync(at('bad\nname'), 'b\n');
  writeFileSync(at('back\\slash'), 'b\n');
  const result = await workspace.export();
  expect(result.files).toEqual([]);
  expect(result.refused.map(({ path }) => path).sort()).toEqual(
    [
      '.GIT',
      '.g\u200cit',
      'back\\slash',
      'bad\nname',
      'git~1',
      'inner/.git',
      'lib/x.ts',
      'pipe',
      'readme.md',
    ].sort(),
  );
});

test('nothing an agent plants in its .git, attributes or hooks runs on export', async () => {
  const { workspace, at, root } = await workspaceOf(
    sampleRepository({ 'a.txt': 'a\n', 'sub/b.txt': 'b\n' }),
  );
  const proof = path.join(root, 'proof');
  const trap = path.join(root, 'trap.sh');
  writeFileSync(trap, `#!/bin/sh\necho ran >> ${proof}\ncat\n`, { mode: 0o755 });
  const config = [
    'core.fsmonitor',
    'filter.x.clean',
    'filter.x.smudge',
    'filter.x.process',
    'diff.external',
    'diff.x.textconv',
    'diff.x.command',
    'core.sshCommand',
    'core.pager',
    'alias.status',
    'credential.helper',
    'uploadpack.packObjectsHook',
    'gpg.program',
    'merge.x.driver',
    'core.editor',
    'core.askPass',
    'remote.x.uploadpack',
    'remote.x.receivepack',
    'core.alternateRefsCommand',
    'core.gitProxy',
    'interactive.diffFilter',
    'sequence.editor',
    'trailer.x.command',
    'filter.lfs.process',
    'lfs.customtransfer.x.path',
    'submodule.x.update',
  ];
  for (const key of config) execFileSync('git', ['config', key, trap], { cwd: workspace.folder });
  execFileSync('git', ['config', 'core.hooksPath', path.dirname(trap)], { cwd: workspace.folder });
  mkdirSync(at('.git/hooks'), { recursive: true });
  for (const [key, value] of [
    ['protocol.ext.allow', 'always'],
    ['include.path', path.join(root, 'more.config')],
    [`url.ext::${trap}.insteadOf`, 'https://'],
    ['core.worktree', '/'],
    ['extensions.worktreeConfig', 'true'],
  ] as const)
    execFileSync('git', ['config', key, value], { cwd: workspace.folder });
  writeFileSync(path.join(root, 'more.config'), `[core]\n\tfsmonitor = ${trap}\n`);
  mkdirSync(at('.git/objects/info'), { recursive: true });
  writeFileSync(at('.git/objects/info/alternates'), `${root}\n`);
  mkdirSync(at('.git/info'), { recursive: true });
  writeFileSync(at('.git/info/attributes'), '* filter=x diff=x merge=x\n');
  writeFileSync(at('.git/info/grafts'), `${workspace.baseCommit}\n`);
  mkdirSync(at(`.git/refs/replace`), { recursive: true });
  writeFileSync(at(`.git/refs/replace/${workspace.baseCommit}`), `${'0'.repeat(40)}\n`);
  writeFileSync(
    at('.git/packed-refs'),
    `${workspace.baseCommit} refs/heads/--upload-pack=${trap}\n`,
  );
  writeFileSync(at('.lfsconfig'), `[lfs]\n\turl = ext::${trap}\n`);
  for (const name of ['Makefile', '.envrc', 'package.json', '.vscode-tasks.json', 'conftest.py'])
    writeFileSync(at(name), `$(shell ${trap})\n`);
  for (const hook of [
    'pre-commit',
    'prepare-commit-msg',
    'commit-msg',
    'post-commit',
    'pre-push',
    'pre-auto-gc',
    'post-index-change',
    'reference-transaction',
    'post-checkout',
    'post-merge',
    'fsmonitor-watchman',
    'pre-receive',
    'update',
  ])
    writeFileSync(at(`.git/hooks/${hook}`), `#!/bin/sh\necho ran >> ${proof}\n`, { mode: 0o755 });
  writeFileSync(at('.gitattributes'), '* filter=x diff=x merge=x\n');
  writeFileSync(at('.gitmodules'), '[submodule "x"]\n\tpath = sub\n\turl = --upload-pack=x\n');
  writeFileSync(at('a.txt'), 'changed\n');
  rmSync(at('sub'), { recursive: true });
  mkdirSync(at('sub/.git'), { recursive: true });
  writeFileSync(at('sub/.git/config'), `[core]\n\tfsmonitor = ${trap}\n`);
  const result = await workspace.export();
  await result.commit('x', author);
  await workspace.remove();
  expect(existsSync(proof)).toBe(false);
  expect(result.patch).toContain('+changed');
  expect(existsSync(workspace.folder)).toBe(false);
});

const elsewhere = 'gitdir: /proc/self/cwd/.git/worktrees/x\n';
test.each<readonly [string, (dotGit: string) => void]>([
  ['a link', (dotGit) => symlinkSync('/etc', dotGit)],
  ['a file that points elsewhere', (dotGit) => writeFileSync(dotGit, elsewhere)],
  ['a pipe', (dotGit) => void execFileSync('mkfifo', [dotGit])],
])('a .git that is replaced by %s is not looked at', async (_what, replace) => {
  const { workspace, at } = await workspaceOf(sampleRepository({ 'a.txt': 'a\n' }));
  rmSync(at('.git'), { recursive: true });
  replace(at('.git'));
  expect(await workspace.export()).toMatchObject({ files: [], refused: [] });
});

test('whatever an agent makes of the files of its .git, the export neither waits for them nor reads them', async () => {
  const { workspace, at } = await workspaceOf(sampleRepository({ 'a.txt': 'a\n' }));
  for (const name of ['HEAD', 'index', 'config', 'COMMIT_EDITMSG', 'objects/info/packs']) {
    mkdirSync(path.dirname(at(`.git/${name}`)), { recursive: true });
    rmSync(at(`.git/${name}`), { force: true });
    execFileSync('mkfifo', [at(`.git/${name}`)]);
  }
  const garbage = Buffer.alloc(1 << 20, 'x\0\xff ');
  for (const name of [
    'shallow',
    'info/grafts',
    'objects/info/commit-graph',
    'objects/pack/multi-pack-index',
    'objects/pack/pack-1.idx',
    'commondir',
    'gitdir',
  ]) {
    mkdirSync(path.dirname(at(`.git/${name}`)), { recursive: true });
    writeFileSync(at(`.git/${name}`), garbage);
  }
  writeFileSync(at('.git/objects/info/http-alternates'), 'http://127.0.0.1:9/objects\n');
  writeFileSync(at('.git/objects/info/alternates'), 'http://127.0.0.1:9/objects\n../..\n');
  const refs = Array.from({ length: 100_000 }, (_, n) => `${workspace.baseCommit} refs/heads/${n}`);
  writeFileSync(at('.git/packed-refs'), `${refs.join('\n')}\nno line of git at all\n`);
  mkdirSync(at('.git/refs/replace'), { recursive: true });
  writeFileSync(at(`.git/refs/replace/${workspace.baseCommit}`), `${'1'.repeat(40)}\n`);
  mkdirSync(at('.git/worktrees/x'), { recursive: true });
  writeFileSync(at('.git/worktrees/x/gitdir'), '/etc/passwd\n');
  writeFileSync(at('a.txt'), 'b\n');
  const result = await workspace.export();
  expect(result).toMatchObject({ files: [{ path: 'a.txt' }], refused: [] });
  const parent = execFileSync(
    'git',
    [`--git-dir=${result.gitDir}`, 'rev-parse', `${await result.commit('x', author)}^`],
    { encoding: 'utf8' },
  );
  expect(parent.trim()).toBe(workspace.baseCommit);
});

test('files with holes, other owners of a file, odd modes and names without an encoding come out as bytes or as refusals', async () => {
  const { workspace, at } = await workspaceOf(
    sampleRepository({ 'a.txt': 'a\n', 'big.txt': 'x', 'same.txt': 's\n' }),
  );
  for (const name of ['big.txt', 'new.bin']) truncateSync(touched(at(name)), 1e12);
  linkSync(at('a.txt'), at('hard.txt'));
  writeFileSync(at('modes.sh'), 'm\n');
  chmodSync(at('modes.sh'), 0o7755);
  const bytes = Buffer.concat([Buffer.from(`${workspace.folder}/odd-`), Buffer.from([0xff])]);
  writeFileSync(bytes, 'x');
  const result = await workspace.export();
  expect(result.files.map(({ path: place, mode }) => `${mode} ${place}`)).toEqual([
    '100644 hard.txt',
    '100755 modes.sh',
  ]);
  expect(result.refused).toEqual([
    { path: 'big.txt', why: expect.stringContaining('larger than') },
    { path: 'new.bin', why: expect.stringContaining('larger than') },
    { path: 'odd-\u{FFFD}', why: 'a name that is not valid UTF-8' },
  ]);
});

/** Sets an extended attribute of each; false where the system of files has none. */
function hasAttributes(files: readonly string[], value: string): boolean {
  const program =
    'import os, sys\nfor f in sys.argv[2:]: os.setxattr(f, "user.note", sys.argv[1].encode())';
  return spawnSync('python3', ['-c', program, value, ...files]).status === 0;
}

test('extended attributes are no change, and nothing of them is in what is exported', async ({
  skip,
}) => {
  const files = { 'a.txt': 'a\n', 'same.txt': 's\n' };
  const { root, workspace, at } = await workspaceOf(sampleRepository(files));
  skip(!hasAttributes([touched(path.join(root, 'x'))], 'x'), 'the files here have none');
  writeFileSync(at('a.txt'), 'b\n');
  writeFileSync(at('new.txt'), 'n\n');
  mkdirSync(at('folder'));
  const before = await workspace.export();
  const carried = ['carried', 'by', 'an', 'attribute'].join('-');
  const all = ['a.txt', 'same.txt', 'new.txt', 'folder', '.'].map(at);
  expect(hasAttributes(all, carried)).toBe(true);
  const after = await workspace.export();
  const still = { commit: null, content: null };
  expect({ ...after, ...still }).toEqual({ ...before, ...still });
  const commit = await after.commit('Change', author);
  const inGit = (...args: string[]): string =>
    execFileSync('git', [`--git-dir=${after.gitDir}`, ...args], { encoding: 'latin1' });
  const objects = inGit('rev-list', '--objects', '--no-object-names', commit).trim().split('\n');
  expect(objects.length).toBeGreaterThan(4);
  for (const object of objects) {
    const kind = inGit('cat-file', '-t', object).trim();
    expect(inGit('cat-file', kind, object)).not.toContain(carried);
  }
});

function touched(file: string): string {
  closeSync(openSync(file, 'a'));
  return file;
}

test('large files and too many bytes are refused, unchanged large files are not', async () => {
  const big = Buffer.alloc(3000, 'x');
  const source = sampleRepository({ 'big.bin': big });
  const root = temporaryFolder();
  const mirrors = createMirrors({ git, clock: systemClock, root: path.join(root, 'mirrors') });
  const mirror = await mirrors.refresh(
    { host: 'local', name: source.folder },
    { url: source.folder, env: {} },
    'main',
  );
  const workspaces = createWorkspaces({
    git,
    root: path.join(root, 'runs'),
    limits: { maxFileBytes: 1000 },
  });
  const workspace = await workspaces.create({ runId: 'r', mirror });
  writeFileSync(path.join(workspace.folder, 'new.bin'), big);
  const result = await workspace.export();
  expect(result.files).toEqual([]);
  expect(result.refused).toEqual([{ path: 'new.bin', why: 'larger than 1000 bytes' }]);
});

test('content where git LFS or another filter would have to act is refused, a pointer is not', async () => {
  const pointer = (digit: string) =>
    `version https://git-lfs.github.com/spec/v1\noid sha256:${digit.repeat(64)}\nsize 12\n`;
  const { workspace, at } = await workspaceOf(
    sampleRepository({
      '.gitattributes': '*.psd filter=lfs diff=lfs merge=lfs -text\n*.key filter=git-crypt\n',
      'art/logo.psd': pointer('a'),
      'art/icon.psd': pointer('b'),
      'plain.txt': 'a\n',
    }),
  );
  writeFileSync(at('.gitattributes'), '* -filter\n');
  writeFileSync(at('art/logo.psd'), 'the drawing itself');
  writeFileSync(at('art/icon.psd'), pointer('c'));
  writeFileSync(at('new.key'), 'k\n');
  writeFileSync(at('plain.txt'), 'b\n');
  const result = await workspace.export();
  expect(result.files.map(({ path }) => path)).toEqual([
    '.gitattributes',
    'art/icon.psd',
    'plain.txt',
  ]);
  expect(result.refused).toEqual([
    { path: 'art/logo.psd', why: expect.stringContaining('git LFS') },
    { path: 'new.key', why: expect.stringContaining('git-crypt') },
  ]);
});

test('sweep removes the folders of runs that are not live', async () => {
  const { workspaces, workspace, mirror } = await workspaceOf(sampleRepository({ 'a.txt': 'a\n' }));
  const other = await workspaces.create({ runId: 'run-2', mirror });
  expect(await workspaces.sweep(new Set(['run-2']))).toEqual(['run-1']);
  expect(existsSync(workspace.folder)).toBe(false);
  expect(existsSync(other.folder)).toBe(true);
});
