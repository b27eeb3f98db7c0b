import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { AppError } from '../lib/app-error.ts';
import { catalogue } from './catalogue.ts';
import { createLeaving } from './leaving.ts';

const redact = (text: string): string => text.replaceAll('hunter2-9x', '[gone]');
const leaving = createLeaving(redact);

describe('an answer', () => {
  test('is handed on as it is when it has nothing in it', () => {
    const answer = { a: ['one', { b: 2 }], at: new Date(0) };
    expect(leaving.answer({}, answer)).toBe(answer);
  });
  test('loses what it had in it, at any depth, in names too', () => {
    const answer = { a: ['x hunter2-9x', { 'is hunter2-9x': null, n: 1 }], kept: 'short' };
    expect(leaving.answer({}, answer)).toEqual({
      a: ['x [gone]', { 'is [gone]': null, n: 1 }],
      kept: 'short',
    });
  });
  test('keeps what its contract shows once', () => {
    const answer = { secret: 'hunter2-9x', name: 'hunter2-9x' };
    expect(leaving.answer({ shows: ['secret'] }, answer)).toEqual({
      secret: 'hunter2-9x',
      name: '[gone]',
    });
  });
  test('that comes in events loses it in each of them', async () => {
    const events = async function* (): AsyncGenerator {
      yield { text: 'hunter2-9x' };
      yield 'hunter2-9x';
    };
    const seen: unknown[] = [];
    for await (const event of leaving.answer({}, events()) as AsyncIterable<unknown>)
      seen.push(event);
    expect(seen).toEqual([{ text: '[gone]' }, '[gone]']);
  });
});

describe('an error', () => {
  test('keeps its kind and code and loses the rest in message, next step, details and every cause', () => {
    const root = new Error('root hunter2-9x');
    const cause = new Error('cause hunter2-9x', { cause: root });
    const {
      kind,
      code,
      message,
      next,
      details,
      stack,
      cause: seen,
    } = leaving.error(
      new AppError({
        kind: 'timeout',
        code: 'late',
        message: 'hunter2-9x was late',
        next: 'Change hunter2-9x.',
        details: { issues: [{ field: 'x', message: 'hunter2-9x' }] },
        cause,
      }),
    );
    expect({ kind, code, message, next, details }).toEqual({
      kind: 'timeout',
      code: 'late',
      message: '[gone] was late',
      next: 'Change [gone].',
      details: { issues: [{ field: 'x', message: '[gone]' }] },
    });
    const chain = [stack, (seen as Error).stack, ((seen as Error).cause as Error).stack].join('\n');
    expect(chain).not.toContain('hunter2-9x');
    expect(chain.match(/\[gone\]/gu)?.length).toBeGreaterThanOrEqual(3);
  });
  test('without anything in it is the same error', () => {
    const error = new AppError({ kind: 'conflict', code: 'x', message: 'y' });
    expect(leaving.error(error)).toBe(error);
  });
});

/** A member of this name holds the name of a credential, not its value. */
const named = ['notifications.list'];

test('every operation whose answer holds a secret says so, because it would be taken out else', () => {
  const silent = catalogue().filter(({ name, output, shows }) => {
    const schema = JSON.stringify(z.toJSONSchema(output, { unrepresentable: 'any' }));
    const isSecret = /"(?:secret|recoveryCodes|link|uri)":/u.test(schema);
    return isSecret && shows === undefined && !named.includes(name);
  });
  expect(silent.map(({ name }) => name)).toEqual([]);
});
