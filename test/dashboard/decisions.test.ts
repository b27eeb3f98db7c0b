import { afterEach, expect, test, vi } from 'vitest';
import { ApiError } from '../../src/operations/api-client/client.ts';
import { createDecisions, undecided } from '../../web/data/decisions.ts';

const list = [
  { id: 'a', title: 'first' },
  { id: 'b', title: 'second' },
  { id: 'c', title: 'third' },
];
const [first = { id: '', title: '' }, second = first] = list;

afterEach(() => {
  vi.useRealTimers();
});

/** Decisions on a clock that stands until it is moved on. */
function withClock() {
  vi.useFakeTimers({ now: 1_000_000 });
  const onSent = vi.fn<() => void>();
  const decisions = createDecisions({
    now: () => Date.now(),
    onSent,
    onDefect: (error) => expect.unreachable(String(error)),
  });
  const shown = (readAt: number): string =>
    undecided(list, readAt, decisions.state())
      .map(({ id }) => id)
      .join('');
  return { decisions, onSent, shown };
}

test('what was decided leaves a list at once and comes back when it is undone', async () => {
  const { decisions, shown } = withClock();
  const send = vi.fn<() => Promise<readonly never[]>>();
  decisions.decide({ subjects: [first], word: 'Approved', send });
  expect(shown(Date.now())).toBe('bc');
  decisions.undo(decisions.state().pending[0]?.id ?? '');
  expect(shown(Date.now())).toBe('abc');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(send).not.toHaveBeenCalled();
});

test('what the service took stays away from a list that was read before, and is shown by one that has it anew', async () => {
  const { decisions, onSent, shown } = withClock();
  const readAt = Date.now();
  decisions.decide({ subjects: [first], word: 'Approved', send: async () => [] });
  await vi.advanceTimersByTimeAsync(10_000);
  expect(onSent).toHaveBeenCalledOnce();
  expect(decisions.state().pending).toEqual([]);
  expect(shown(readAt)).toBe('bc');
  expect(shown(Date.now())).toBe('bc');
  expect(shown(Date.now() + 1)).toBe('abc');
});

test('of several what the service refused comes back at once, named with its reason, and the others do not', async () => {
  const { decisions, shown } = withClock();
  const readAt = Date.now();
  const reason = new ApiError({ kind: 'conflict', code: 'task_changed' });
  const send = async () => [{ item: second, reason }];
  decisions.decide({ subjects: [first, second], word: 'Approved', send });
  await vi.advanceTimersByTimeAsync(10_000);
  expect(shown(readAt)).toBe('bc');
  expect(decisions.state().failed).toMatchObject([{ refused: [{ subject: second }] }]);
});

test('a list of another filter that was never read shows what is still to be decided on', () => {
  const { decisions, shown } = withClock();
  decisions.decide({ subjects: [second], word: 'Rejected', send: async () => [] });
  expect(shown(0)).toBe('ac');
});
