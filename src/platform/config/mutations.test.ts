import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AppError } from '../../lib/app-error.ts';
import { parseConfigDocument } from './config-document.ts';
import type { ConfigIssue } from './config-issue.ts';
import { setKey } from './edit-config.ts';
import { loadConfig } from './load-config.ts';
import { migrateConfig } from './migrate-config.ts';
import { validateConfig } from './validate-config.ts';

const root = new URL('../../../', import.meta.url);
const examples = await Promise.all(
  ['config.json.example', 'config.production.json.example'].map((name) =>
    readFile(new URL(name, root), 'utf8'),
  ),
);
const machine = { memoryBytes: 8 * 2 ** 30, processors: 4 };
const runs = process.env['FAULTS'] === 'all' ? 1000 : 150;

const mutation = fc.record({
  text: fc.constantFrom(...examples),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  cut: fc.integer({ min: 0, max: 30 }),
  put: fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.constantFrom('-1', '1e999', 'null', '"x"', '[[', '}', '{"a":1}', '\u0000', '\uFEFF', '//'),
  ),
});

test('no mutated configuration crashes the reader, and each fault names its place', async () => {
  await fc.assert(
    fc.asyncProperty(mutation, async ({ text, at, cut, put }) => {
      const start = Math.floor(at * text.length);
      const mutated = text.slice(0, start) + put + text.slice(start + cut);
      const load = loadConfig({
        folder: '/srv',
        file: 'config.json',
        env: {},
        readFile: async () => mutated,
      });
      try {
        const remarks = validateConfig(await load, 'production', machine);
        for (const { line, message } of Object.values(remarks).flat()) {
          expect(line).toBeGreaterThan(0);
          expect(message).not.toBe('');
        }
      } catch (thrown) {
        for (const line of placesOf(thrown)) expect(line).toBeGreaterThan(0);
      }
    }),
    { numRuns: runs },
  );
});

/** Values that no key can take, or that are no JSON. */
const strange = [
  '1e400',
  '-0',
  '0x10',
  '1_000',
  '5.',
  'NaN',
  '1'.repeat(400),
  '"\\ud800"',
  '"a\nb"',
  '"x',
  '[,]',
  '[1,,2]',
  '{"a" 1}',
  '/* open',
  '/* a /* b */ c */ 1',
  '#c\n1',
  "'x'",
  'undefined',
  '{"__proto__":{"polluted":1}}',
  '{"constructor":{"prototype":{"polluted":1}}}',
  '\u0000',
  'null',
  'true',
  '1.5',
  '[]',
  '{}',
  '"x"',
  '['.repeat(100_000),
  '{"a":'.repeat(3000),
];
const names = ['__proto__', 'constructor', 'toString', '', 'a.b', '\\u0000', 'é', '\\u202e', '[]'];
const alike: Readonly<Record<string, string>> = { a: 'а', e: 'е', o: 'о', c: 'с', p: 'р', i: 'і' };
const lookalike = (key: string): string => [...key].map((sign) => alike[sign] ?? sign).join('');

/** Every key of the example, by its path. */
function pathsOf(tree: object, before: readonly string[] = []): readonly (readonly string[])[] {
  return Object.entries(tree).flatMap(([key, value]: [string, unknown]) => {
    const path = [...before, key];
    const isTree = typeof value === 'object' && value !== null && !Array.isArray(value);
    return [path, ...(isTree ? pathsOf(value, path) : [])];
  });
}

/** A member a line; what stands for the one at the path is the answer of `instead`. */
function printed(
  tree: object,
  path: readonly string[],
  instead: (key: string, value: string) => string,
): string {
  const members = Object.entries(tree).map(([key, value]: [string, unknown]) => {
    const isInner = typeof value === 'object' && value !== null && !Array.isArray(value);
    const rest = path[0] === key ? path.slice(1) : ['\u0000'];
    const text = isInner ? printed(value, rest, instead) : JSON.stringify(value);
    return path[0] === key && path.length === 1 ? instead(key, text) : `"${key}": ${text}`;
  });
  return `{\n${members.join(',\n')}\n}`;
}

/** Where the mutated member begins. */
const mark = '@@';
const kinds: Readonly<
  Record<string, (key: string, value: string, pick: (from: readonly string[]) => string) => string>
> = {
  value: (key, _value, pick) => `${mark}"${key}": ${pick(strange)}`,
  unknown: (key, value) => `${mark}"${key}${key.at(-1) ?? ''}": ${value}`,
  lookalike: (key, value) => `${mark}"${lookalike(key)}": ${value}`,
  named: (key, value, pick) => `${mark}"${pick(names)}": 1,\n"${key}": ${value}`,
  twice: (key, value) => `"${key}": ${value},\n${mark}"${key}": ${value}`,
};
/** What is wrong whatever the key. */
const alwaysWrong: ReadonlySet<string> = new Set(['unknown', 'named', 'twice']);

const structured = fc.record({
  tree: fc.constantFrom(...examples.map((text) => parseConfigDocument(text).value as object)),
  kind: fc.constantFrom(...Object.keys(kinds)),
  at: fc.nat(),
  choice: fc.nat(),
  lineEnd: fc.constantFrom('\n', '\r\n', ' // why\n'),
  begin: fc.constantFrom('', '\uFEFF', '// who\n'),
  end: fc.constantFrom('', '', '}', '/*', ',', '\u0000'),
});

test('no change of the structure crashes what reads or writes a configuration, and what is wrong is found on its line', async () => {
  await fc.assert(
    fc.asyncProperty(structured, async ({ tree, kind, at, choice, lineEnd, begin, end }) => {
      const paths = pathsOf(tree);
      const path = paths[at % paths.length] ?? [];
      const pick = (from: readonly string[]): string => from[choice % from.length] ?? '';
      const marked =
        begin + printed(tree, path, (key, value) => kinds[kind]?.(key, value, pick) ?? '');
      const line = marked.slice(0, marked.indexOf(mark)).split('\n').length;
      const text = marked.replace(mark, '').replaceAll('\n', lineEnd) + end;
      const file = 'config.json';
      const load = loadConfig({ folder: '/srv', file, env: {}, readFile: async () => text });
      const found = await load.then(
        () => [],
        (error: unknown) => placesOf(error),
      );
      if (alwaysWrong.has(kind) && end === '') expect(found).toContain(line);
      for (const act of [
        () => migrateConfig(text, file),
        () => setKey(text, 'logging.level', 'DEBUG'),
      ])
        try {
          act();
        } catch (error) {
          expect(error).toBeInstanceOf(AppError);
        }
      expect(Reflect.get({}, 'polluted')).toBeUndefined();
    }),
    { numRuns: runs },
  );
});

/** The lines of all faults; fails when it is anything else than faults with their places. */
function placesOf(thrown: unknown): readonly number[] {
  expect(thrown).toBeInstanceOf(AppError);
  const { code, details } = thrown as AppError;
  expect(code).toBe('config_invalid');
  const { issues } = details as { issues: readonly ConfigIssue[] };
  expect(issues.length).toBeGreaterThan(0);
  for (const { line, column, place } of issues) expect(place).toBe(`config.json:${line}:${column}`);
  return issues.map(({ line }) => line ?? 0);
}

test.each(
  examples.map((text, index) => [index === 0 ? 'development' : 'production', text] as const),
)(
  'the example for %s holds the keys of its environment and is valid there',
  async (environment, text) => {
    const loaded = await loadConfig({
      folder: '/srv',
      file: 'config.json',
      env: {},
      readFile: async () => text,
    });
    expect(validateConfig(loaded, environment, machine).errors).toEqual([]);
  },
);
