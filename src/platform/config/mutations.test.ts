import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AppError } from '../../lib/app-error.ts';
import type { ConfigIssue } from './config-issue.ts';
import { loadConfig } from './load-config.ts';
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
        expect(thrown).toBeInstanceOf(AppError);
        const { code, details } = thrown as AppError;
        expect(code).toBe('config_invalid');
        const { issues } = details as { issues: readonly ConfigIssue[] };
        expect(issues.length).toBeGreaterThan(0);
        for (const { line, column, place } of issues) {
          expect(line).toBeGreaterThan(0);
          expect(column).toBeGreaterThan(0);
          expect(place).toBe(`config.json:${line}:${column}`);
        }
      }
    }),
    { numRuns: runs },
  );
});

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
