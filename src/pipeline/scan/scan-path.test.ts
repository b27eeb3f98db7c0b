import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { createFolderReader } from '../../integrations/git/folder-reader.ts';
import { createGit } from '../../integrations/git/git.ts';
import { createStateFile } from '../../integrations/git/state-file.ts';
import { createTreeReader } from '../../integrations/git/tree-reader.ts';
import { systemClock } from '../../lib/clock.ts';
import { beginLook } from './begin-look.ts';
import type { FindingRow } from './finding-row.ts';
import { createPathScan } from './scan-path.ts';

const git = createGit({ environment: process.env });
const trees = createTreeReader({ git });
const folders = createFolderReader({ git });
const paths = createPathScan({
  trees,
  folders,
  states: createStateFile(),
  clock: systemClock,
});
const made: string[] = [];
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'cms-scan-'));
  made.push(folder);
});

afterAll(() => {
  trees.close();
  for (const old of made) rmSync(old, { recursive: true, force: true, maxRetries: 5 });
});

function write(
  files: Record<string, string | Uint8Array>,
  root = path.join(folder, 'tree'),
): string {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), content);
  }
  return root;
}

function gitIn(root: string, ...args: string[]): string {
  return execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {
    cwd: root,
    encoding: 'utf8',
  }).trim();
}

function commitAll(root: string): void {
  gitIn(root, 'init', '-q', '-b', 'main');
  gitIn(root, 'add', '-A');
  gitIn(root, 'commit', '-q', '-m', 'x');
}

function bareOf(root: string): string {
  const bare = path.join(folder, 'bare.git');
  execFileSync('git', ['clone', '-q', '--bare', root, bare]);
  return bare;
}

const short = (rows: readonly FindingRow[]) =>
  rows.map((row) => `${row.path}:${row.line} ${row.tag} ${row.text}`);

const sources = {
  'a.ts': "const s = 'TODO: no';\n// TODO(ann): one\n",
  'dir/b.py': '# FIXME: two\n',
  'gen/c.ts': '// TODO: generated\n',
  'node_modules/x/index.js': '// TODO: theirs\n',
  'wide.cs': Buffer.from('\ufeff// TODO: wide\n', 'utf16le'),
  '.gitattributes': 'gen/** linguist-generated\n',
};
const expected = ['a.ts:2 TODO one', 'dir/b.py:1 FIXME two', 'wide.cs:1 TODO wide'];

test('a plain folder, a work tree and a bare repository give the same findings', async () => {
  const root = write(sources);
  symlinkSync('a.ts', path.join(root, 'link.ts'));
  execFileSync('mkfifo', [path.join(root, 'pipe.ts')]);
  expect(short(await paths.scan({ path: root }))).toEqual(expected);
  rmSync(path.join(root, 'pipe.ts'));
  commitAll(root);
  expect(short(await paths.scan({ path: root }))).toEqual(expected);
  expect(short(await paths.scan({ path: bareOf(root) }))).toEqual(expected);
});

test('a look that was begun before gives the same findings, of a bare repository and of a folder', async () => {
  const root = write(sources);
  const scanBegun = async (place: string) =>
    short(await paths.scan({ path: place, begun: beginLook({ trees, folders }, place, []) }));
  expect(await scanBegun(root)).toEqual(expected);
  commitAll(root);
  expect(await scanBegun(bareOf(root))).toEqual(expected);
});

test('a submodule is read by no way: not in a work tree, a bare repository or a folder, told by its own file or by the list of its parent', async () => {
  const theirs = write({ 'theirs.ts': '// TODO: theirs\n' }, path.join(folder, 'theirs'));
  commitAll(theirs);
  const root = write({ 'a.ts': '// TODO: one\n' });
  commitAll(root);
  const allowed = ['-c', 'protocol.file.allow=always'];
  gitIn(root, ...allowed, 'submodule', '--quiet', 'add', theirs, 'lib/sub');
  commitAll(root);
  const found = async (place = root) => short(await paths.scan({ path: place }));
  const ours = ['a.ts:1 TODO one'];
  expect(short(await paths.scan({ path: path.join(root, 'lib', 'sub') }))).toHaveLength(1);
  expect(await found()).toEqual(ours);
  expect(await found(bareOf(root))).toEqual(ours);
  rmSync(path.join(root, '.git'), { recursive: true });
  expect(await found()).toEqual(ours);
  const list = path.join(root, '.gitmodules');
  renameSync(list, `${list}.away`);
  expect(await found()).toEqual(ours);
  renameSync(`${list}.away`, list);
  rmSync(path.join(root, 'lib', 'sub', '.git'));
  expect(await found()).toEqual(ours);
  rmSync(list);
  expect(await found()).toHaveLength(2);
});

test('a row has every field, with null where nothing is known', async () => {
  const root = write({ 'a.ts': '// TODO(ann): one\n' });
  const [row] = await paths.scan({ path: root });
  expect(row).toMatchObject({
    rule: 'todo',
    path: 'a.ts',
    line: 1,
    endLine: 1,
    tag: 'TODO',
    text: 'one',
    owner: 'ann',
    issue: null,
    commit: null,
    url: null,
  });
  expect(Object.keys(row ?? {})).toEqual([
    'repository',
    'rule',
    'path',
    'line',
    'endLine',
    'tag',
    'text',
    'owner',
    'issue',
    'confidence',
    'id',
    'fingerprint',
    'commit',
    'url',
  ]);
});

test('ignored files of a work tree are left out, new ones count', async () => {
  const root = write({ 'a.ts': '// TODO: one\n', '.gitignore': 'out/\n' });
  commitAll(root);
  write({ 'out/x.ts': '// TODO: built\n', 'new.ts': '// TODO: fresh\n' }, root);
  expect(short(await paths.scan({ path: root }))).toEqual([
    'a.ts:1 TODO one',
    'new.ts:1 TODO fresh',
  ]);
});

test.each(['folder', 'work tree', 'bare'])(
  'with a state file ids of a %s last over moves and edits',
  async (kind) => {
    const root = write({
      'a.ts': '// TODO: write the parser\nf();\n',
      'b.ts': '// TODO: other thing\n',
    });
    const state = path.join(folder, 'state.json');
    if (kind !== 'folder') commitAll(root);
    const place = kind === 'bare' ? bareOf(root) : root;
    const first = await paths.scan({ path: place, state });
    rmSync(path.join(root, 'a.ts'));
    write({ 'lib/moved.ts': 'g();\n// TODO: write the new parser\nf();\n' }, root);
    if (kind === 'bare') {
      commitAll(root);
      gitIn(root, 'push', '-q', place, 'main');
    }
    const second = await paths.scan({ path: place, state });
    expect(short(second)).toEqual([
      'b.ts:1 TODO other thing',
      'lib/moved.ts:2 TODO write the new parser',
    ]);
    expect(new Set(second.map(({ id }) => id))).toEqual(new Set(first.map(({ id }) => id)));
  },
);

test('a state file that cannot be read as one is no memory', async () => {
  const root = write({ 'a.ts': '// TODO: one\n' });
  const state = path.join(folder, 'state.json');
  writeFileSync(state, '{"nonsense":');
  expect(await paths.scan({ path: root, state })).toHaveLength(1);
  expect(await paths.scan({ path: root, state })).toHaveLength(1);
});

test('an empty repository has no findings, a missing folder is told', async () => {
  const root = path.join(folder, 'empty');
  execFileSync('git', ['init', '-q', '--bare', root]);
  expect(await paths.scan({ path: root })).toEqual([]);
  await expect(paths.scan({ path: path.join(folder, 'nope') })).rejects.toMatchObject({
    code: 'folder_not_found',
  });
});

test('configured tags are found and progress is told', async () => {
  const root = write({ 'a.ts': '// REVIEW: look\n' });
  const seen: number[] = [];
  const rows = await paths.scan({
    path: root,
    extraTags: ['REVIEW'],
    onProgress: ({ files }) => seen.push(files),
  });
  expect(short(rows)).toEqual(['a.ts:1 REVIEW look']);
  expect(seen.at(-1)).toBe(1);
});

test('a bare repository gives what a folder gives: vendored files are left out unless an attribute asks for them', async () => {
  const root = write({
    'a.ts': '// TODO: ours\n',
    'vendor/theirs.ts': '// TODO: theirs\n',
    'lib/vendor/mended.ts': '// TODO: mended\n',
    'lib/app.min.js': '// TODO: small\n',
    'logo.png': '// TODO: no picture\n',
    '.gitattributes': 'lib/vendor/*.ts linguist-vendored=false\n*.png -linguist-generated\n',
  });
  commitAll(root);
  const [bare, tree] = await Promise.all([
    paths.scan({ path: bareOf(root) }),
    paths.scan({ path: root }),
  ]);
  const texts = (rows: readonly FindingRow[]) => rows.map(({ text }) => text).toSorted();
  expect(texts(bare)).toEqual(['mended', 'ours']);
  expect(texts(tree)).toEqual(texts(bare));
});

test('the commit of a bare repository is known of a branch in a file, of packed references and of a detached head', async () => {
  const root = write({ 'a.ts': '// TODO: one\n' });
  commitAll(root);
  const bare = bareOf(root);
  const head = gitIn(bare, 'rev-parse', 'HEAD');
  const commits = async () => (await paths.scan({ path: bare })).map(({ commit }) => commit);
  gitIn(bare, 'update-ref', 'refs/heads/main', head);
  expect(await commits()).toEqual([head]);
  gitIn(bare, 'pack-refs', '--all');
  expect(await commits()).toEqual([head]);
  gitIn(bare, 'update-ref', '--no-deref', 'HEAD', head);
  expect(await commits()).toEqual([head]);
  gitIn(bare, 'symbolic-ref', 'HEAD', 'refs/heads/nothing');
  expect(await commits()).toEqual([]);
});

test('a folder and a repository full of traps give the one finding that is there', async () => {
  const comment = '// TODO: found among traps\n';
  const root = write({
    'good.ts': comment,
    'line.ts': `${'x=1;'.repeat(2_000_000)}// TODO: in a line of eight million characters\n`,
    'bytes.ts': Buffer.concat([
      Buffer.from('// \xff\xfe\xc3\x28 ', 'latin1'),
      Buffer.alloc(64, 0x80),
    ]),
    'bomb.zip': Buffer.alloc(1 << 20),
    'zeros.ts': Buffer.alloc(1 << 20),
  });
  writeFileSync(path.join(root, 'huge.ts'), '');
  truncateSync(path.join(root, 'huge.ts'), 5 * 2 ** 30);
  execFileSync('mkfifo', [path.join(root, 'pipe.ts')]);
  for (const [name, target] of [
    ['endless.ts', '/dev/zero'],
    ['itself.ts', 'itself.ts'],
    ['around', '..'],
    ['elsewhere.ts', '/etc/passwd'],
  ] as const) {
    symlinkSync(target, path.join(root, name));
  }
  const before = process.memoryUsage().rss;
  expect(short(await paths.scan({ path: root }))).toEqual(['good.ts:1 TODO found among traps']);
  expect(process.memoryUsage().rss - before).toBeLessThan(400 << 20);

  const bare = path.join(folder, 'deep.git');
  execFileSync('git', ['init', '-q', '--bare', '-b', 'main', bare]);
  const deep = `${'d/'.repeat(1000)}deep.ts`;
  const file = (name: string, content: string): string =>
    `M 100644 inline ${name}\ndata ${Buffer.byteLength(content)}\n${content}\n`;
  const many = Array.from({ length: 2000 }, (_, at) => file(`many/${at}.ts`, '// nothing\n'));
  const link = 'M 120000 inline link.ts\ndata 12\n/etc/passwd\n\n';
  const commit = `commit refs/heads/main\ncommitter a <a@b> 1700000000 +0000\ndata 1\nx\n`;
  execFileSync('git', ['fast-import', '--quiet'], {
    cwd: bare,
    input: `${commit}${file('good.ts', comment)}${file(deep, comment)}${link}${many.join('')}\n`,
    maxBuffer: 1e8,
  });
  const found = (await paths.scan({ path: bare })).map((row) => row.path);
  expect(found.filter((place) => place !== deep)).toEqual(['good.ts']);
}, 420_000);
