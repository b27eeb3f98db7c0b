import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cell, clipped, textLines } from './lines.ts';
import { type Around, firstView, type Pressed, presses, read, type View } from './view.ts';

const around: Around = { ids: ['a', 'b', 'c'], lines: 50, rows: 10, service: 'own' };
const press = (view: View, input: string, key: Pressed['key'] = {}, more: Partial<Around> = {}) =>
  read(view, { input, key }, { ...around, ...more });
/** The view after the keys; fails when one of them decides something. */
const after = (keys: readonly (string | Pressed['key'])[], view: View = firstView): View =>
  keys.reduce((now: View, one) => {
    const wish = typeof one === 'string' ? press(now, one) : press(now, '', one);
    if (wish?.type !== 'view') throw new Error(`${JSON.stringify(one)}: ${JSON.stringify(wish)}`);
    return wish.view;
  }, view);

describe('a key', () => {
  test('moves within the list and no further', () => {
    expect(after(['j', 'j', 'j', 'j']).chosen).toBe(2);
    expect(after(['j', 'k', 'k']).chosen).toBe(0);
    expect(after(['G']).chosen).toBe(2);
    expect(press(firstView, 'l', {}, { ids: [] })).toBeNull();
  });
  test('that decides does nothing in a list, where the words are not shown', () => {
    for (const input of ['a', 'r', 't', 'x', 'o']) expect(press(firstView, input)).toBeNull();
  });
  test('decides on the task that is shown', () => {
    const task = after(['j', { return: true }]);
    expect(task.place).toEqual({ kind: 'task', id: 'b' });
    expect(press(task, 'a')).toEqual({ type: 'approve', id: 'b' });
    expect(press(task, 'x')).toEqual({ type: 'cancel', id: 'b' });
    expect(after(['o', { escape: true }], task).place).toEqual({ kind: 'task', id: 'b' });
  });
  test('of a reason is a letter of it, until enter sends it or escape takes it back', () => {
    const typing = after(['l', 'r', 'n', 'o', 'q', { backspace: true }]);
    expect(typing.reason).toEqual({ id: 'a', text: 'no' });
    expect(press(typing, '', { return: true })).toEqual({ type: 'reject', id: 'a', reason: 'no' });
    expect(after([{ escape: true }], typing).reason).toBeNull();
  });
  test('that leaves the own service is asked about once more; another one is left at once', () => {
    const leaving = after(['q']);
    expect(leaving.isLeaving).toBe(true);
    expect(press(leaving, 'y')).toEqual({ type: 'quit' });
    expect(after(['n'], leaving).isLeaving).toBe(false);
    expect(press(firstView, 'q', {}, { service: 'other' })).toEqual({ type: 'quit' });
    expect(press(leaving, 'c', { ctrl: true })).toEqual({ type: 'quit' });
  });
});

test('keys that come as one text are read one by one', () => {
  expect(presses('j\ra', {})).toEqual([
    { input: 'j', key: {} },
    { input: '', key: { return: true } },
    { input: 'a', key: {} },
  ]);
});

describe('text', () => {
  test('fits its columns whatever it says, and loses no letter', () => {
    const bare = (text: string) => text.replaceAll(/\s/gu, '');
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', 'word ', 'ü', '漢', ' ', '\n', '😀') }),
        fc.integer({ min: 10, max: 40 }),
        (text, columns) => {
          const lines = textLines(text, columns).map((line) => line.text);
          const width = (line: string) =>
            [...line].reduce((sum, one) => sum + (/[漢😀]/u.test(one) ? 2 : 1), 0);
          expect(lines.every((line) => width(line) <= columns)).toBe(true);
          expect(bare(lines.join(''))).toBe(bare(text));
        },
      ),
      { numRuns: 2000 },
    );
  });
  test('cannot steer the terminal', () => {
    const [line] = textLines('a\u001B[2Jb\u202Ec\u0007', 80);
    expect(line?.text).toBe('a\\u001b[2Jb\\u202ec\\u0007');
  });
  test('of a column is cut with an ellipsis and padded', () => {
    expect(clipped('one two three', 9)).toBe('one two …');
    expect(cell('漢字', 6)).toBe('漢字  ');
  });
});
