import { beforeEach, describe, expect, test } from 'vitest';
import { createManualClock } from '../../../test/fakes/manual-clock.ts';
import { noTracing } from '../../../test/fakes/no-tracing.ts';
import type { AttemptRef } from '../../pipeline/execute/attempt.ts';
import { createTelemetry } from '../../platform/telemetry/telemetry.ts';
import { createStartWatch } from './watch-starts.ts';

const warned: string[] = [];
beforeEach(() => {
  warned.length = 0;
});

/** A process with so many workers, and an approval given when the clock began. */
function watching(workers = 1, approval: 'given' | 'gone' | 'unreadable' = 'given') {
  const clock = createManualClock();
  const decidedAt = clock.now();
  const telemetry = createTelemetry({ clock, correlationId: () => null, tracing: noTracing });
  const watch = createStartWatch({
    tasks: {
      approval: async () => {
        if (approval === 'unreadable') throw new Error('database away');
        return approval === 'gone' ? null : ({ decidedAt, correlationId: 'c' } as never);
      },
    },
    telemetry,
    clock,
    log: { warn: (message) => void warned.push(message) },
    workers,
  });
  const begin = async (ref: Partial<AttemptRef> = {}, result = true, name = 'begin') => {
    const signal = new AbortController().signal;
    const steps = watch.watched(
      { step: async (_name, body) => await body(signal) },
      { taskId: 't', attempt: 1, ...ref },
    );
    return await steps.step(name, async () => result);
  };
  const counted = () =>
    telemetry
      .drain()
      .map(({ name, failed, totalMs }) => ({ name, failed, seconds: Math.floor(totalMs / 1000) }));
  return { clock, watch, begin, counted };
}

const started = (seconds: number, failed = 0) => [{ name: 'approval_started', failed, seconds }];

describe('the wait from an approval to the start', () => {
  test('is good within a minute and bad after it', async () => {
    const { clock, begin, counted } = watching();
    clock.advance(59_000);
    expect(await begin()).toBe(true);
    expect(counted()).toEqual(started(59));
    clock.advance(2000);
    await begin();
    expect(counted()).toEqual(started(61, 1));
  });

  test('begins when people let it go, and when a worker of this process was free', async () => {
    const { clock, watch, begin, counted } = watching(2);
    clock.advance(100_000);
    const heldUntil = clock.now().toISOString();
    clock.advance(7000);
    await begin({ heldUntil });
    expect(counted()).toEqual(started(7));
    await watch.atWork(async () => {
      await watch.atWork(async () => clock.advance(50_000));
      clock.advance(9000);
      await begin();
    });
    expect(counted()).toEqual(started(9));
    // One of two workers had nothing to do all the while.
    clock.advance(30_000);
    await begin();
    expect(counted()).toEqual(started(39));
  });

  test('counts for first attempts that began, and for nothing else', async () => {
    const { begin, counted } = watching();
    await begin({ attempt: 2 });
    await begin({}, false);
    await begin({}, true, 'work');
    expect(counted()).toEqual([]);
    const gone = watching(1, 'gone');
    await gone.begin();
    expect(gone.counted()).toEqual([]);
  });

  test('that cannot be counted hinders no work', async () => {
    const { begin, counted } = watching(1, 'unreadable');
    expect(await begin()).toBe(true);
    expect(counted()).toEqual([]);
    expect(warned).toHaveLength(1);
  });
});
