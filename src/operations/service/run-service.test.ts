import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createEventClock } from '../../../test/fakes/event-clock.ts';
import { createPipelineWorld } from '../../../test/fakes/pipeline-world.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.ts';
import type { CodeHost } from '../../domain/ports/code-host.ts';
import { runService } from './run-service.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(async () => database.drop());

const day = 86_400_000;

test('the latest texts are read every twenty seconds, though the rounds are a day apart', async () => {
  const world = await createPipelineWorld(database);
  const clock = createEventClock();
  const reads: number[] = [];
  const host: CodeHost = {
    ...world.host,
    latestTexts: async (ref) => {
      reads.push(clock.monotonicMs());
      return await world.host.latestTexts(ref);
    },
  };
  const stop = new AbortController();
  const running = runService(
    {
      role: 'all',
      leads: () => true,
      onNews: () => async () => undefined,
      lost: new AbortController().signal,
      drain: async () => undefined,
      cycle: { ...world.ports, host: () => host, clock },
      repositories: async () => [world.target],
      busy: async () => false,
      settleDue: async () => ({ settled: 0, timed: 0 }),
      allSeen: async () => undefined,
      times: () => ({ scanMs: day, pollMs: day, drainMs: 0 }),
    },
    { once: false, maxMs: null, signal: stop.signal, progress: () => undefined },
  );
  while (reads.length < 12) {
    await delay(2);
    // Not while a read is under way: the next to wake would be the round of the next day.
    if (clock.sleeping() > 1) clock.wakeNext();
  }
  stop.abort();
  await running;
  expect(reads.at(-1)).toBeLessThan(day);
  for (const [at, read] of reads.entries())
    expect(read - (reads[at - 1] ?? 0)).toBeLessThanOrEqual(60_000);
});
