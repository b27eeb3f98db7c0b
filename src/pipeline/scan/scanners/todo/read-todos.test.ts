import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { languageOf } from './languages.ts';
import { readTodos } from './read-todos.ts';

interface Sample {
  readonly group: string;
  readonly name: string;
  readonly content: string;
}

const corpus = new URL('../../../../../test/corpora/todo/', import.meta.url);
const samples = readdirSync(corpus)
  .filter((file) => file.endsWith('.txt'))
  .flatMap((file) => samplesOf(file, readFileSync(new URL(file, corpus), 'utf8')));

function samplesOf(group: string, text: string): Sample[] {
  return text
    .split(/^=== /m)
    .slice(1)
    .map((part) => {
      const end = part.indexOf('\n');
      return { group, name: part.slice(0, end), content: part.slice(end + 1) };
    });
}

function expectedOf(content: string): string[] {
  return content.split('\n').flatMap((line, index) =>
    [...line.matchAll(/(TODO\/FIXME: )?(yes\d+)/g)].flatMap(([, pair, text]) => {
      const finding = `${String(index + 1)}: ${String(text)}`;
      return pair === undefined ? [finding] : [finding, finding];
    }),
  );
}

function found(name: string, content: string | Uint8Array): string[] {
  return readTodos(name, Buffer.from(content)).map(({ line, text }) => `${String(line)}: ${text}`);
}

describe('the corpus', () => {
  test.for(samples)('$group $name has its findings and no others', ({ name, content }) => {
    expect(found(name, content)).toEqual(expectedOf(content));
  });

  test.for(samples)('$group $name says the same with CRLF', ({ name, content }) => {
    expect(found(name, content.replaceAll('\n', '\r\n'))).toEqual(expectedOf(content));
  });
});

describe('owner, issue and text', () => {
  const cases: [source: string, owner: string | null, issue: string | null, text: string][] = [
    ['TODO: fix', null, null, 'fix'],
    ['TODO fix', null, null, 'fix'],
    ['TODO - fix', null, null, 'fix'],
    ['TODO(ann): fix', 'ann', null, 'fix'],
    ['TODO(ann) fix', 'ann', null, 'fix'],
    ['TODO (ann): fix', 'ann', null, 'fix'],
    ['TODO (in the end): fix', null, null, '(in the end): fix'],
    ['TODO(@ann): fix', 'ann', null, 'fix'],
    ['TODO[ann]: fix', 'ann', null, 'fix'],
    ['TODO-ann: fix', 'ann', null, 'fix'],
    ['TODO(#12): fix', null, '#12', 'fix'],
    ['TODO(ann, #12): fix', 'ann', '#12', 'fix'],
    ['TODO(acme/widgets#12): fix', null, 'acme/widgets#12', 'fix'],
    ['TODO(JIRA-7): fix', null, 'JIRA-7', 'fix'],
    ['TODO: fix (#12)', null, '#12', 'fix (#12)'],
    ['(TODO: fix)', null, null, 'fix'],
    ['TODO: f(x)', null, null, 'f(x)'],
    ['TODO: --flag is ignored', null, null, '--flag is ignored'],
    ['TODO', null, null, ''],
    ['TODO:', null, null, ''],
    ['**TODO:** fix', null, null, 'fix'],
    ['todo(ann): fix', 'ann', null, 'fix'],
    ['TODO: grüße 修正', null, null, 'grüße 修正'],
  ];

  test.for(cases)('// %s', ([source, owner, issue, text]) => {
    const [finding] = readTodos('a.ts', Buffer.from(`// ${source}\n`));
    expect(finding).toMatchObject({ owner, issue, text, line: 1, endLine: 1 });
  });
});

describe('a tag that nothing follows', () => {
  const cases: [title: string, source: string, tags: readonly string[]][] = [
    ['in upper case at the end of a comment is meant', '// the old way is slow, TODO\n', ['TODO']],
    ['so is one before the closer', '/* drop the second read FIXME. */\n', ['FIXME']],
    ['and one before a blank line of its comment', '/*\n * it is slow XXX\n *\n * x\n */', ['XXX']],
    ['not when the sentence goes on below', '// it is slow TODO\n// and more\n', []],
    ['nor behind the star of a block', '/**\n * it is slow TODO\n * and more\n */', []],
    ['nor when the block begins with it', '/* it is slow TODO\n * and more */', []],
    ['but when an item follows there', '/*\n * it is slow TODO\n * - one\n */', ['TODO']],
    ['or one with a star of its own', '/*\n  it is slow TODO\n  * one\n*/', ['TODO']],
    ['not when it is what is talked about', '// the comment is marked as TODO\n', []],
    ['in lower case alone in its comment is meant', '// todo\n', ['TODO']],
    ['so is one alone in a block, in mixed case', '/*\n * FixMe\n */', ['FIXME']],
    ['not with words behind it', '// todo list\n', []],
    ['not with a line above it', '/*\n * the list\n * todo\n */', []],
    ['not in lower case at the end of a comment', '// the old way is slow, todo\n', []],
  ];

  test.for(cases)('%s', ([, source, tags]) => {
    const seen = readTodos('a.c', Buffer.from(source));
    expect(seen.map(({ tag, text }) => [tag, text])).toEqual(tags.map((tag) => [tag, '']));
  });
});

describe('lines that go on', () => {
  const cases: [title: string, name: string, source: string, endLine: number, text: string][] = [
    ['deeper line comments belong to it', 'a.c', '// TODO: a\n//   b\n// c\n', 2, 'a b'],
    [
      'deeper lines of a block belong to it',
      'a.c',
      '/*\n * TODO: a\n *   b\n *   c\n * d\n */',
      4,
      'a b c',
    ],
    ['equal indentation does not', 'a.py', '# TODO: a\n# b\n', 1, 'a'],
    ['a blank line ends it', 'a.py', '# TODO: a\n#\n#   b\n', 1, 'a'],
    ['code ends it', 'a.py', '# TODO: a\nx\n#   b\n', 1, 'a'],
    ['the next tag ends it', 'a.py', '# TODO: a\n#   FIXME: b\n', 1, 'a'],
    ['the closer is no text', 'a.c', '/* TODO: a\n *    b */', 2, 'a b'],
    ['a docstring goes on', 'a.py', '"""\nTODO: a\n  b\nc\n"""\n', 3, 'a b'],
  ];

  test.for(cases)('%s', ([, name, source, endLine, text]) => {
    expect(readTodos(name, Buffer.from(source))[0]).toMatchObject({ endLine, text });
  });
});

describe('encodings and bounds', () => {
  const source = '// é\n// TODO: grüße\n';

  test.for([
    ['UTF-8', Buffer.from(source)],
    ['UTF-8 with BOM', Buffer.from(`\uFEFF${source}`)],
    ['UTF-16LE with BOM', Buffer.from(`\uFEFF${source}`, 'utf16le')],
    ['UTF-16BE with BOM', Buffer.from(`\uFEFF${source}`, 'utf16le').swap16()],
    ['Latin-1', Buffer.from(source, 'latin1')],
  ] as const)('%s is read', ([, bytes]) => {
    expect(found('a.js', bytes)).toEqual(['2: grüße']);
  });

  test('a binary file has no findings', () => {
    expect(found('a.c', '// TODO: a\n\0')).toEqual([]);
  });

  test('files and lines beyond the bounds are not read', () => {
    const bytes = Buffer.from(`// TODO: a\n${'x'.repeat(100)}\n`);
    expect(readTodos('a.c', bytes, { maxFileBytes: 50 })).toEqual([]);
    expect(readTodos('a.c', bytes, { maxLineBytes: 50 })).toEqual([]);
    expect(readTodos('a.c', bytes, { maxLineBytes: 100 })).toHaveLength(1);
  });

  test('what was found before the deadline is the answer', () => {
    const bytes = Buffer.from(`// TODO: a\n${'/* TODO: b */\n'.repeat(5000)}`);
    expect(readTodos('a.c', bytes, { deadline: () => true }).length).toBeLessThan(5001);
  });

  test('configured tags are findings too', () => {
    const bytes = Buffer.from('// NOTE: a\n// note: b\n// TODO: c\n');
    const tags = readTodos('a.c', bytes, { extraTags: ['note'] }).map(({ tag, text }) => [
      tag,
      text,
    ]);
    expect(tags).toEqual([
      ['NOTE', 'a'],
      ['NOTE', 'b'],
      ['TODO', 'c'],
    ]);
  });
});

describe('any bytes', () => {
  const names = samples.map(({ name }) => name);
  const pieces = samples.flatMap(({ content }) => content.split(/(?<=\s)/));

  test('are read without an error, and every line is in the file', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...names),
        fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: 'binary' })), {
          maxLength: 60,
        }),
        (name, parts) => {
          const text = parts.join('');
          const lines = text.split('\n').length;
          for (const { line, endLine, confidence } of readTodos(name, Buffer.from(text))) {
            expect(line).toBeGreaterThanOrEqual(1);
            expect(endLine).toBeGreaterThanOrEqual(line);
            expect(endLine).toBeLessThanOrEqual(lines);
            expect(confidence).toBeGreaterThan(0);
            expect(confidence).toBeLessThanOrEqual(1);
          }
          expect(
            languageOf(name, Buffer.from(text)) !== undefined ||
              /\.(?:txt|json)$|script/.test(name),
          ).toBe(true);
        },
      ),
      { numRuns: 1500 },
    );
  });

  test('raw bytes are read without an error', () => {
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.uint8Array({ maxLength: 300 }), (name, bytes) => {
        const prefix = Buffer.from('/* TODO: a */ "');
        expect(
          readTodos(name, Buffer.concat([prefix, bytes, Buffer.from('// TODO: b')])),
        ).toBeInstanceOf(Array);
      }),
      { numRuns: 1500 },
    );
  });
});
