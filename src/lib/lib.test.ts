import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AppError, messageOf, toAppError } from './app-error.ts';
import { systemClock } from './clock.ts';
import { idOf, sha256 } from './hash.ts';
import { canonicalJson } from './json.ts';
import { createRandom, systemRandom } from './random.ts';
import { storedJson } from './stored-text.ts';

describe('AppError', () => {
  test('an AppError passes through unchanged', () => {
    const error = new AppError({ kind: 'conflict', code: 'x', message: 'm', details: { a: 1 } });
    expect(toAppError(error)).toBe(error);
    expect(error.details).toEqual({ a: 1 });
  });
  test('anything else becomes internal and keeps its cause', () => {
    const cause = new TypeError('broken');
    expect(toAppError(cause)).toMatchObject({
      kind: 'internal',
      code: 'unexpected_error',
      message: 'broken',
      cause,
    });
    expect(messageOf('text')).toBe('text');
  });
});

describe('canonicalJson', () => {
  test('the order of keys does not matter', () => {
    expect(canonicalJson({ b: 1, a: { d: [1, { z: 1, y: 2 }], c: undefined } })).toBe(
      '{"a":{"d":[1,{"y":2,"z":1}]},"b":1}',
    );
  });
  test('it reads back to the value it was made from', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const back: unknown = JSON.parse(canonicalJson(value));
        expect(back).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
  test('dates are ISO text and nothing is null', () => {
    expect(canonicalJson([new Date(0), null])).toBe('["1970-01-01T00:00:00.000Z",null]');
    expect(canonicalJson(undefined)).toBe('null');
  });
  test('a member with the name of the prototype is a member like others', () => {
    const text = '{"__proto__":{"a":1},"b":2}';
    expect(canonicalJson(JSON.parse(text))).toBe(text);
  });
});

describe('ids', () => {
  test('parts that join to the same text have different ids', () => {
    expect(idOf('ab', 'c')).not.toBe(idOf('a', 'bc'));
    expect(idOf('a')).toHaveLength(24);
    expect(sha256('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });
  test('a UUID has its version and variant', () => {
    expect(systemRandom.uuid()).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(createRandom((length) => Buffer.alloc(length)).uuid()).toBe(
      '00000000-0000-4000-8000-000000000000',
    );
  });
  test('a fraction lies in [0, 1)', () => {
    expect(createRandom((length) => Buffer.alloc(length, 255)).fraction()).toBeLessThan(1);
    expect(createRandom((length) => Buffer.alloc(length)).fraction()).toBe(0);
  });
});

test('JSON for the database has neither NUL nor half a pair, in names and values, and keeps all else', () => {
  const value = { 'a\0': ['\u0000', '\uD800', '😀', '\\u0000'], b: { date: new Date(0) } };
  expect(JSON.parse(storedJson(value))).toEqual({
    'a\uFFFD': ['\uFFFD', '\uFFFD', '😀', '\\u0000'],
    b: { date: '1970-01-01T00:00:00.000Z' },
  });
});

test('the system clock moves on and its sleep can be aborted', async () => {
  const before = systemClock.monotonicMs();
  await systemClock.sleep(2);
  expect(systemClock.monotonicMs()).toBeGreaterThan(before);
  expect(systemClock.now()).toBeInstanceOf(Date);
  await expect(systemClock.sleep(60_000, AbortSignal.abort())).rejects.toThrow();
});
