import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AppError } from '../../lib/app-error.ts';
import { readJson } from './strict-json.ts';

const read = (text: string): unknown => readJson(Buffer.from(text));
const codeOf = (text: string | Uint8Array): string => {
  try {
    readJson(typeof text === 'string' ? Buffer.from(text) : text);
    return 'read';
  } catch (error) {
    return error instanceof AppError ? error.code : 'crashed';
  }
};

describe('a body', () => {
  test('that is plain JSON is read as JSON.parse reads it', () => {
    fc.assert(
      fc.property(
        fc.jsonValue({ maxDepth: 5 }).map((value) => JSON.stringify(value)),
        (text) => {
          const code = codeOf(text);
          if (code === 'read') expect(read(text)).toEqual(JSON.parse(text));
          else expect(['body_bad_text', 'body_forbidden_key']).toContain(code);
        },
      ),
    );
  });
  test.each([
    ['{"a":1,"a":2}', 'body_duplicate_key'],
    ['{"a":{"b":1},"c":[{"b":1,"\\u0062":2}]}', 'body_duplicate_key'],
    ['{"__proto__":{"x":1}}', 'body_forbidden_key'],
    ['{"\\u005f_proto__":{"x":1}}', 'body_forbidden_key'],
    ['[{"constructor":{"prototype":{"x":1}}}]', 'body_forbidden_key'],
    ['{"a":"\\u0000"}', 'body_bad_text'],
    ['{"a\\u0000":1}', 'body_bad_text'],
    ['{"a":"\\ud800"}', 'body_bad_text'],
    [`${'['.repeat(33)}${']'.repeat(33)}`, 'body_too_deep'],
    [`${'{"a":'.repeat(33)}1${'}'.repeat(33)}`, 'body_too_deep'],
    [`${'['.repeat(200_000)}${']'.repeat(200_000)}`, 'body_too_deep'],
    [`[${'1,'.repeat(1000)}1]`, 'body_too_many_items'],
    [`{"a":[${'{},'.repeat(1000)}{}]}`, 'body_too_many_items'],
    ['{', 'body_not_json'],
    ['{"a":1}}', 'body_not_json'],
    ["{'a':1}", 'body_not_json'],
    ['{"a":NaN}', 'body_not_json'],
    ['// c\n{}', 'body_not_json'],
    [`${'['.repeat(32)}${']'.repeat(32)}`, 'read'],
    [`[${'1,'.repeat(999)}1]`, 'read'],
    ['{"a":"{\\"b\\":[,\\\\","b":"}"}', 'read'],
    ['{"a":"__proto__"}', 'read'],
  ])('%.60s is %s', (text, code) => {
    expect(codeOf(text)).toBe(code);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
  test('that is not UTF-8 is refused', () => {
    expect(codeOf(new Uint8Array([0x22, 0xc3, 0x28, 0x22]))).toBe('body_not_json');
    expect(codeOf(new Uint8Array([0xff, 0xfe, 0x7b, 0x00]))).toBe('body_not_json');
  });
  test('of any bytes is read or refused by one of ours', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(codeOf(bytes)).not.toBe('crashed');
      }),
    );
  });
});
