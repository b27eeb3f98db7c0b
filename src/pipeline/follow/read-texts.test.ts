import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { createEventClock } from '../../../test/fakes/event-clock.ts';
import { createFakeCodeHost } from '../../../test/fakes/fake-code-host.ts';
import type { CodeHost } from '../../domain/ports/code-host.ts';
import type { RepositoryRef } from '../../domain/repository.ts';
import { textsEveryMs, watchTexts } from './read-texts.ts';

const quiet = (): void => undefined;
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };

interface Read {
  readonly began: number;
  readonly ended: number;
}

/** Every read of each repository while so much time passes, each answer taking its time. */
async function readsOf(
  count: number,
  answerMs: number,
  forMs: number,
  fails: (name: string) => boolean,
) {
  const clock = createEventClock();
  const fake = createFakeCodeHost();
  const managers = Array.from({ length: count }, (_, at) => fake.addRepository(`acme/r${at}`));
  const reads = new Map<string, Read[]>(managers.map(({ name }) => [name, []]));
  const host: CodeHost = {
    ...fake,
    latestTexts: async (ref: RepositoryRef) => {
      const began = clock.monotonicMs();
      await clock.sleep(answerMs);
      reads.get(ref.name)?.push({ began, ended: clock.monotonicMs() });
      if (fails(ref.name)) throw new Error('no answer');
      return [];
    },
  };
  const over = new AbortController();
  const watching = watchTexts(
    { host: () => host, tasks: { list: async () => [] } as never, clock, log },
    async () => managers,
    { leads: () => true, signal: over.signal },
  );
  while (clock.monotonicMs() < forMs) {
    await turn();
    clock.wakeNext();
  }
  over.abort();
  while (clock.wakeNext()) await turn();
  await watching;
  return reads;
}

describe('a text that begins to be readable right after a look at its repository began', () => {
  test.each([
    [1, 100],
    [1, 30_000],
    [50, 1000],
    [500, 1000],
  ])(
    'has been read within 60 s: %i repositories, each answer after %i ms',
    async (count, answerMs) => {
      const reads = await readsOf(count, answerMs, 300_000, (name) => name.endsWith('3'));
      for (const [name, all] of reads) {
        expect(all.length, name).toBeGreaterThan(4);
        for (const [at, { ended }] of all.entries())
          expect(ended - (all[at - 1]?.began ?? 0), name).toBeLessThanOrEqual(60_000);
      }
    },
  );

  test('while little is asked: each repository once in twenty seconds', async () => {
    const reads = await readsOf(3, 100, 200_000, () => false);
    for (const all of reads.values()) expect(all).toHaveLength(200_000 / textsEveryMs);
  });
});
