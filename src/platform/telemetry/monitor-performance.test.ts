import { expect, test } from 'vitest';
import { currentCorrelationId, withContext } from '../logging/context.ts';
import { monitorPerformance, watchPerformance } from './monitor-performance.ts';

interface Line {
  readonly message: string;
  readonly facts: object;
  readonly correlationId: string | null;
}

function recorder(): { lines: Line[]; log: Parameters<typeof watchPerformance>[0] } {
  const lines: Line[] = [];
  const take = (message: string, facts: object): void => {
    lines.push({ message, facts, correlationId: currentCorrelationId() });
  };
  return { lines, log: { info: take, warn: take } };
}

test('a call is counted, logged for performance.json and answered unchanged', async () => {
  const { lines, log } = recorder();
  const watch = watchPerformance(log);
  try {
    const answer = await withContext({ correlationId: 'c1' }, () =>
      monitorPerformance('sum', () => 20 + 22),
    );
    expect(answer).toBe(42);
    expect(lines).toMatchObject([
      {
        message: 'function finished',
        facts: { function: 'sum', ok: true, category: 'performance' },
        correlationId: 'c1',
      },
    ]);
    expect(watch.counts().get('sum')).toMatchObject({ calls: 1, errors: 0 });
  } finally {
    watch.stop();
  }
});

test('an error is counted and thrown on', async () => {
  const { lines, log } = recorder();
  const watch = watchPerformance(log);
  try {
    const failing = monitorPerformance('fetch', async () => {
      throw new Error('no line');
    });
    await expect(failing).rejects.toThrow('no line');
    expect(watch.counts().get('fetch')).toMatchObject({ calls: 1, errors: 1 });
    expect(lines).toMatchObject([{ message: 'function failed', facts: { ok: false } }]);
  } finally {
    watch.stop();
  }
});

test('nothing is counted after the watch has stopped', async () => {
  const { lines, log } = recorder();
  const watch = watchPerformance(log);
  watch.stop();
  await monitorPerformance('late', () => 1);
  expect(watch.counts().size).toBe(0);
  expect(lines).toEqual([]);
});
