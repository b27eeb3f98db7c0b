import { describe, expect, test } from 'vitest';
import type { ChangedFile, ExportedChange } from '../../domain/ports/git.ts';
import { lookAlikes, secretExamples } from '../../platform/redaction/examples.suite.ts';
import { createRedactor } from '../../platform/redaction/redactor.ts';
import { type Judgement, judge } from './judge.ts';
import { secretsUnseen } from './unseen-content.ts';

const limits = { files: 3, patchBytes: 200, binaryFileBytes: 100 };
const secrets = { scan: (text: string) => (text.includes('SECRET') ? ['test-token'] : []) };
const policy = { protectedPaths: ['infra'], protectedPathsPolicy: 'block' } as const;

const nothing = { patch: '', patchIsCut: false, baseLinks: new Map(), refused: [] };

function file(path: string, change: Partial<ChangedFile> = {}): ChangedFile {
  const plain = { status: 'modified', mode: '100644', bytes: 5, linkTarget: null, text: 'text\n' };
  return { path, ...plain, ...change } as ChangedFile;
}

function link(path: string, linkTarget: string): ChangedFile {
  return file(path, { mode: '120000', linkTarget, text: null });
}

function judged(
  files: readonly ChangedFile[],
  change: Partial<Pick<ExportedChange, 'patch' | 'patchIsCut' | 'baseLinks' | 'refused'>> = {},
  rules: Parameters<typeof judge>[1] = policy,
): Judgement {
  const whole = { files, ...nothing, ...change };
  return judge(whole, rules, limits, secrets, []);
}

function codes(judgement: Judgement): readonly string[] {
  return 'objections' in judgement ? judgement.objections.map(({ code }) => code) : [];
}

describe('judge', () => {
  test('nothing changed is empty, a plain change passes', () => {
    expect(judged([])).toEqual({ verdict: 'empty' });
    expect(judged([file('src/a.ts')])).toEqual({ verdict: 'pass' });
  });
  test('what the export refused blocks, even when no file is left', () => {
    expect(judged([], { refused: [{ path: 'pipe', why: 'a named pipe' }] })).toEqual({
      verdict: 'block',
      objections: [{ code: 'refused_path', text: 'pipe: a named pipe' }],
    });
  });
  test('sizes are bounded: files, patch, binary files', () => {
    expect(codes(judged(['a', 'b', 'c', 'd'].map((path) => file(path))))).toEqual([
      'too_many_files',
    ]);
    expect(codes(judged([file('a')], { patch: 'x'.repeat(201) }))).toEqual(['patch_too_large']);
    expect(codes(judged([file('a')], { patch: '+x', patchIsCut: true }))).toEqual([
      'patch_too_large',
    ]);
    expect(codes(judged([file('a', { text: null, bytes: 101 })]))).toEqual(['binary_too_large']);
    expect(judged([file('a', { text: null, bytes: 101, status: 'deleted' })]).verdict).toBe('pass');
  });
  test.each([
    ['a', '/etc/passwd'],
    ['a', '..'],
    ['a/b', '../../c'],
    ['a/b/c', '../../../d'],
    ['a', 'b/../../c'],
    ['a', 'dir/up/..'],
    ['a', '.git/config'],
    ['a', '.GIT/config'],
    ['a', 'GIT~1/config'],
    ['a', 'C:/Windows'],
    ['a', '..\\x'],
    ['a', ''],
  ])('a link %s -> %j leads out', (path, target) => {
    expect(codes(judged([link(path, target)]))).toEqual(['link_out_of_tree']);
  });
  test.each([
    ['a', 'b'],
    ['a/b', '../c'],
    ['a/b', './c/d'],
    ['a/b/c', '../../d'],
    ['a/b', '..'],
    ['a', '...'],
  ])('a link %s -> %j stays in the tree', (path, target) => {
    expect(judged([link(path, target)]).verdict).toBe('pass');
  });
  test.each<
    [string, readonly (readonly [string, string])[], Readonly<Record<string, string | null>>]
  >([
    ['a link of the base that leads out', [['a', 'c/d']], { c: '/etc' }],
    ['one that leads out by its folder', [['a', 'x/c/d']], { 'x/c': '../../y' }],
    ['one after another', [['a', 'b/x']], { b: 'c', c: 'd/e', d: '..' }],
    ['one that nobody can read', [['a', 'c/d']], { c: null }],
    ['a submodule', [['a', 'sub/x']], { sub: null }],
    ['one into a folder of git', [['a', 'c/config']], { c: '.git' }],
    ['one that a disk without case takes for it', [['a', 'C/d']], { c: '/etc' }],
    ['links that go in a circle', [['a', 'b']], { b: 'c', c: 'b' }],
    [
      'a link that is new as well',
      [
        ['x/y/a', '../b'],
        ['x/b', '../c/d'],
      ],
      { c: '..' },
    ],
  ])('a link that goes over %s is not let out', (_, changed, base) => {
    const files = changed.map(([path, target]) => link(path, target));
    const found = codes(judged(files, { baseLinks: new Map(Object.entries(base)) }));
    expect(new Set(found)).toEqual(new Set(['link_out_of_tree']));
  });
  test('a link of the base that a new one leads out is not let out, and is named', () => {
    const baseLinks = new Map([['old', 'c/../x']]);
    expect(judged([link('c', '.')], { baseLinks })).toEqual({
      verdict: 'block',
      objections: [
        { code: 'link_out_of_tree', text: expect.stringMatching(/^old links to c\/\.\.\/x, /u) },
      ],
    });
  });
  test('what stands in the base without a change is no matter of the change, nor is a link that is gone', () => {
    const baseLinks = new Map([
      ['c', '/etc'],
      ['out', '../..'],
      ['in', 'src/lib'],
    ]);
    expect(judged([link('a', 'in/b'), file('src/x.ts')], { baseLinks }).verdict).toBe('pass');
    const gone = file('c', { status: 'deleted', mode: null, text: null });
    expect(judged([link('a', 'c/d'), gone, file('c/d')], { baseLinks }).verdict).toBe('pass');
    expect(judged([link('a', 'c/d'), link('c', 'src')], { baseLinks }).verdict).toBe('pass');
  });
  test('a link to another repository and a file in a git folder are refused', () => {
    expect(codes(judged([file('sub', { mode: '160000' })]))).toEqual(['gitlink']);
    expect(codes(judged([file('sub/.Git/hooks/x')]))).toEqual(['refused_path', 'protected_path']);
  });
  test('a secret in an added line or a name blocks, one in a removed line does not', () => {
    expect(codes(judged([file('a')], { patch: '+SECRET' }))).toEqual(['secret_found']);
    expect(codes(judged([file('a')], { patch: '+++ SECRET' }))).toEqual(['secret_found']);
    expect(codes(judged([file('SECRET.txt')]))).toEqual(['secret_found']);
    expect(judged([file('a')], { patch: '-SECRET\n SECRET' }).verdict).toBe('pass');
  });
  describe('with what the service knows of secrets', () => {
    const redactor = createRedactor(Buffer.alloc(32, 1));
    const known = 'kN0wn-Value_of.the+vault/42';
    redactor.register('MY_KEY', known);
    const verdict = (line: string) =>
      judge(
        { ...nothing, files: [file('a.txt')], patch: `@@ -1 +1 @@\n${line}\n` },
        policy,
        { ...limits, patchBytes: 1e6 },
        scan,
        [],
      );
    const scan = { scan: (text: string) => redactor.kindsIn(text) };
    const inBinary = async (bytes: Uint8Array): Promise<readonly string[]> => {
      const change = { files: [file('a.bin', { text: null, bytes: bytes.length })] };
      const content = async () => bytes;
      const unseen = await secretsUnseen(
        { ...change, content },
        { binaryFileBytes: 1 << 20 },
        scan,
      );
      return unseen.map(({ code }) => code);
    };
    const wide = (text: string, isBigEndian = false, shift = 0): Buffer => {
      const little = Buffer.from(text, 'utf16le');
      return Buffer.concat([Buffer.alloc(shift, 1), isBigEndian ? little.swap16() : little]);
    };
    test.each(secretExamples)(
      'a new line with %s is not let out',
      (_, secret, before = 'it is ', after = '" .') => {
        const lines = `${before}${secret}${after}`.split('\n').map((line) => `+${line}`);
        expect(codes(verdict(lines.join('\n')))).toEqual(['secret_found']);
      },
    );
    test('nor is a value of the vault, in whatever form', () => {
      const bytes = Buffer.from(known);
      const forms = [
        known,
        bytes.toString('base64'),
        Buffer.from(`x${known}`).toString('base64'),
        bytes.toString('base64url'),
        bytes.toString('hex'),
        encodeURIComponent(known),
        JSON.stringify(JSON.stringify(known)),
        [...bytes].map((one) => `%${one.toString(16)}`).join(''),
        [...known].map((one) => `&#${one.charCodeAt(0)};`).join(''),
        [...known].reverse().join(''),
        known.toUpperCase(),
        `${known.slice(0, 9)}\u200b${known.slice(9)}`,
      ];
      const missed = forms.filter((form) => verdict(`+it is ${form} .`).verdict !== 'block');
      expect(missed).toEqual([]);
    });
    test('nor is any of them in a binary file, in bytes or in either order of UTF-16', async () => {
      const missed: string[] = [];
      for (const [kind, secret, before = 'it is ', after = '" .'] of secretExamples) {
        const text = `${before}${secret}${after}`;
        const plain = Buffer.concat([Buffer.from([0, 1, 2, 255, 10]), Buffer.from(`${text}\n\0`)]);
        for (const [form, bytes] of Object.entries({
          plain,
          low: wide(text),
          high: wide(text, true),
        }))
          if ((await inBinary(bytes)).length === 0) missed.push(`${kind} ${form}`);
      }
      expect(missed).toEqual([]);
    });
    test('nor is a binary file with a value of the vault, wherever in it and in whatever form', async () => {
      const secret = Buffer.from(known);
      const forms = [
        known,
        secret.toString('base64'),
        secret.toString('base64url'),
        secret.toString('hex'),
        encodeURIComponent(known),
      ];
      const noise = Buffer.from(Array.from({ length: 999 }, (_, at) => (at * 7919) % 256));
      for (const form of forms) {
        for (const bytes of [
          Buffer.from(form),
          ...[0, 1].flatMap((shift) => [wide(form, false, shift), wide(form, true, shift)]),
          Buffer.from([...form].flatMap((letter) => [letter.charCodeAt(0), 0, 0, 0])),
        ])
          expect(await inBinary(Buffer.concat([noise, bytes, noise])), form).toEqual([
            'secret_found',
          ]);
      }
      redactor.register('ACCENTED', 'pässwörd-über-42');
      expect(await inBinary(wide('\uFEFFit is pässwörd-über-42'))).toEqual(['secret_found']);
      expect(await inBinary(wide('\uFEFFit is pässwörd-über-42', true))).toEqual(['secret_found']);
      expect(await inBinary(noise)).toEqual([]);
    });
    test('what only looks like a secret is let out', () => {
      const held = lookAlikes.filter((text) => verdict(`+${text}`).verdict !== 'pass');
      expect(lookAlikes.length).toBeGreaterThanOrEqual(30);
      expect(held).toEqual([]);
    });
  });
  test.each([
    'test/a.ts',
    'src/a.test.ts',
    'src/a_test.go',
    'tests/test_x.py',
    'test_x.py',
    'app/tests.py',
    'spec/a_spec.rb',
    'src/FooTest.java',
  ])('deleting the test %s needs a person, and so does emptying it', (path) => {
    expect(codes(judged([file(path, { status: 'deleted' })]))).toEqual(['tests_deleted']);
    expect(codes(judged([file(path, { bytes: 0, text: '' })]))).toEqual(['tests_deleted']);
    expect(judged([file(path)]).verdict).toBe('pass');
  });
  describe('a test that is changed', () => {
    const cases = (count: number): string =>
      Array.from(
        { length: count },
        (_, n) => `test('${n}', () => expect(${n}).toBe(${n}));\n`,
      ).join('');
    /** All lines go and others come. */
    const rewritten = (path: string, before: string, after: string): Judgement => {
      const lines = (text: string, mark: string): readonly string[] =>
        text === ''
          ? []
          : text
              .replace(/\n$/u, '')
              .split('\n')
              .map((line) => `${mark}${line}`);
      const [old, now] = [lines(before, '-'), lines(after, '+')];
      const head = `@@ -1,${old.length} +${now.length === 0 ? 0 : 1},${now.length} @@`;
      const patch = [`diff --git a/${path} b/${path}`, head, ...old, ...now, ''].join('\n');
      const changed = file(path, { text: after, bytes: after.length });
      const roomy = { ...limits, patchBytes: 100_000 };
      return judge({ ...nothing, files: [changed], patch }, policy, roomy, secrets, []);
    };
    test.each([
      ['nothing', ''],
      ['blanks', '\n  \n\t\n'],
      ['line comments', '// test(1)\n  // expect(1)\n'],
      ['a comment over several lines', '/* The tests\n were here. */\n'],
      ['a twentieth of its lines', cases(1)],
    ])('is as good as deleted with %s left', (_, after) => {
      const judgement = rewritten('src/a.test.ts', cases(20), after);
      expect(judgement).toMatchObject({
        objections: [{ code: 'tests_deleted', text: 'src/a.test.ts is a test that is emptied' }],
      });
    });
    test.each([
      ['in Python', 'test/a_test.py', '# def test_a():\n"""\nold\n"""\n'],
      ['in SQL', 'test/a.sql', '-- select 1;\n'],
    ])('is as good as deleted with comments left %s', (_, path, after) => {
      expect(codes(rewritten(path, cases(20), after))).toEqual(['tests_deleted']);
    });
    test.each([
      ['half of its lines', cases(20), cases(10)],
      ['more than before', cases(3), cases(9)],
      ['one line of a few', cases(9), cases(1)],
      ['comments, as there were', '// to be written\n', '// still to be written\n'],
      ['a string that looks like a comment', cases(2), `const all = 'src/*.ts';\n${cases(2)}`],
    ])('is a change as any other with %s left', (_, before, after) => {
      expect(rewritten('src/a.test.ts', before, after).verdict).toBe('pass');
    });
    test('is none elsewhere', () => {
      expect(rewritten('src/a.ts', cases(20), '').verdict).toBe('pass');
    });
  });
  test.each(['src/latest.ts', 'src/contest.ts', 'src/attestation/a.ts', 'src/Contest.java.txt'])(
    'deleting %s is no loss of tests',
    (path) => {
      expect(judged([file(path, { status: 'deleted' })]).verdict).toBe('pass');
    },
  );
  test('a protected path is blocked, asked or allowed as the policy says; a hard objection always blocks', () => {
    const change = [file('infra/main.tf')];
    expect(judged(change).verdict).toBe('block');
    const asked = judged(
      [...change, file('test/a.ts', { status: 'deleted' }), file('src/a.ts')],
      {},
      {
        ...policy,
        protectedPathsPolicy: 'human',
      },
    );
    expect(asked).toEqual({
      verdict: 'ask',
      objections: [
        { code: 'protected_path', text: 'infra/main.tf is a protected path' },
        { code: 'tests_deleted', text: 'test/a.ts is a test that is deleted' },
      ],
    });
    expect(
      judged([...change, link('a', '/x')], {}, { ...policy, protectedPathsPolicy: 'human' })
        .verdict,
    ).toBe('block');
    expect(judged(change, {}, { ...policy, protectedPathsPolicy: 'allow' }).verdict).toBe('pass');
    expect(
      judged([...change, link('a', '/x')], {}, { ...policy, protectedPathsPolicy: 'allow' })
        .verdict,
    ).toBe('block');
  });
});

describe('what a package.json runs', () => {
  const manifest = (members: object): string => `${JSON.stringify(members, null, 2)}\n`;
  const linesOf = (text: string): readonly string[] => text.replace(/\n$/u, '').split('\n');
  /** The difference as git writes it: what is equal at both ends is left out but for three lines. */
  const patchOf = (path: string, before: string, after: string): string => {
    const [old, now] = [linesOf(before), linesOf(after)];
    const most = Math.min(old.length, now.length);
    let head = 0;
    while (head < most && old[head] === now[head]) head += 1;
    let tail = 0;
    while (tail < most - head && old.at(-1 - tail) === now.at(-1 - tail)) tail += 1;
    const from = Math.max(0, head - 3);
    const [oldEnd, nowEnd] = [old.length - tail, now.length - tail];
    const kept = now.slice(nowEnd, nowEnd + 3);
    const sizes = [oldEnd, nowEnd].map((end) => end - from + kept.length);
    return [
      `diff --git a/${path} b/${path}`,
      `--- a/${path}`,
      `+++ b/${path}`,
      `@@ -${from + 1},${sizes[0]} +${from + 1},${sizes[1]} @@`,
      ...old.slice(from, head).map((line) => ` ${line}`),
      ...old.slice(head, oldEnd).map((line) => `-${line}`),
      ...now.slice(head, nowEnd).map((line) => `+${line}`),
      ...kept.map((line) => ` ${line}`),
      '',
    ].join('\n');
  };
  const roomy = { files: 3, patchBytes: 100_000, binaryFileBytes: 100 };
  const judgedWith = (changed: ChangedFile, patch: string): readonly string[] =>
    codes(judge({ ...nothing, files: [changed], patch }, policy, roomy, secrets, []));
  const judgedAs = (path: string, before: string, after: string): readonly string[] =>
    judgedWith(file(path, { text: after }), patchOf(path, before, after));
  const base = {
    name: 'w',
    version: '1.0.0',
    dependencies: { jest: '29', react: '19' },
    description: 'A widget.',
    keywords: ['a', 'b', 'c', 'd', 'e'],
    scripts: { test: 'jest', build: 'tsc' },
  };
  const evil = { ...base, scripts: { ...base.scripts, postinstall: 'node x.js' } };
  const hooked = (members: object): object => ({ ...base, ...members });

  test.each<[string, string, object, object]>([
    ['a script that is added', 'package.json', base, evil],
    ['one in a folder', 'packages/a/package.json', base, evil],
    ['one in a folder whose name git might quote', 'bücher/سند/package.json', base, evil],
    ['one under another spelling of the name', 'Package.JSON', base, evil],
    ['a script that is removed', 'package.json', evil, base],
    ['all scripts that are removed', 'package.json', base, { ...base, scripts: undefined }],
    [
      'a script that is altered',
      'package.json',
      base,
      { ...base, scripts: { ...base.scripts, test: 'true' } },
    ],
    [
      'a script that goes by another name',
      'package.json',
      base,
      { ...base, scripts: { prebuild: 'jest', build: 'tsc' } },
    ],
    ['a hook of husky', 'package.json', base, hooked({ husky: { hooks: { 'pre-commit': 'x' } } })],
    [
      'a hook among simple ones',
      'package.json',
      base,
      hooked({ 'simple-git-hooks': { 'pre-push': 'x' } }),
    ],
    [
      'what is run on staged files',
      'package.json',
      hooked({ 'lint-staged': { '*': ['a'] } }),
      hooked({ 'lint-staged': { '*': ['a', 'b'] } }),
    ],
  ])('%s is for a person', (_, path, before, after) => {
    expect(judgedAs(path, manifest(before), manifest(after))).toEqual(['protected_path']);
  });
  test('one whose name is escaped, whose text stands on the next line, or in a file of one line, too', () => {
    const before = '{"scripts": {\n}}';
    const written = [
      '{"scripts": {\n"post\\u0069nstall": "x"\n}}',
      '{"scripts": {\n"postinstall":\n"x"\n}}',
      JSON.stringify(evil),
    ];
    for (const text of written)
      expect(judgedAs('package.json', before, text)).toEqual(['protected_path']);
  });
  test('a new one that runs something, and one that is deleted', () => {
    const added = file('a/package.json', { status: 'added', text: manifest(evil) });
    expect(judgedWith(added, patchOf('a/package.json', '', manifest(evil)))).toEqual([
      'protected_path',
    ]);
    const deleted = { status: 'deleted', mode: null, bytes: 0, text: null } as const;
    expect(judgedWith(file('a/package.json', deleted), '')).toEqual(['protected_path']);
  });
  test('one that cannot be compared is for a person: no JSON, before or after, or no trace in the patch', () => {
    expect(judgedWith(file('package.json', { text: null }), '')).toEqual(['protected_path']);
    const text = manifest(base);
    expect(judgedAs('package.json', text, '{"scripts": ')).toEqual(['protected_path']);
    expect(judgedAs('package.json', '{"scripts": ', text)).toEqual(['protected_path']);
    expect(judgedAs('package.json', text, '[]')).toEqual(['protected_path']);
    expect(judgedWith(file('package.json', { text }), '')).toEqual(['protected_path']);
    const other = patchOf('package.json', text, text.replace('1.0.0', '2.0.0'));
    expect(judgedWith(file('package.json', { text }), other)).toEqual(['protected_path']);
  });
  test('a dependency, a version or an order that changes is not, nor a mode, nor a new one that runs nothing', () => {
    const text = manifest(base);
    const changes = [
      { ...base, version: '1.2.0', dependencies: { jest: '30', react: '19' } },
      { ...base, dependencies: { tsc: '1', ...base.dependencies } },
      { ...base, scripts: { build: 'tsc', test: 'jest' } },
      { ...base, lockfileVersion: 3 },
    ];
    for (const change of changes)
      expect(judgedAs('package.json', text, manifest(change)), manifest(change)).toEqual([]);
    const mode = 'diff --git a/package.json b/package.json\nold mode 100644\nnew mode 100755\n';
    expect(judgedWith(file('package.json', { text, mode: '100755' }), mode)).toEqual([]);
    const bare = manifest({ name: 'x', scripts: {} });
    const added = file('x/package.json', { status: 'added', text: bare });
    expect(judgedWith(added, patchOf('x/package.json', '', bare))).toEqual([]);
    expect(judgedAs('src/a.json', text, manifest(evil))).toEqual([]);
  });
});
