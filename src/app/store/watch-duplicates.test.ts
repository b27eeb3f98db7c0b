import { expect, test } from 'vitest';
import { createFakeCodeHost } from '../../../test/fakes/fake-code-host.ts';
import { noTracing } from '../../../test/fakes/no-tracing.ts';
import { repositoryKey } from '../../domain/repository.ts';
import { silentLog } from '../../lib/log.ts';
import { createMarkers } from '../../platform/effects/markers.ts';
import { createTelemetry } from '../../platform/telemetry/telemetry.ts';
import { withDuplicateWatch } from './watch-duplicates.ts';

test('a write of ours that stands in two places is counted and told once; a copy by somebody else is none', async () => {
  const fake = createFakeCodeHost();
  const manager = fake.addRepository('acme/manager');
  const self = await fake.self();
  const markers = createMarkers(Buffer.alloc(32, 1));
  const telemetry = createTelemetry({
    clock: { monotonicMs: () => 0 },
    correlationId: () => null,
    tracing: noTracing,
  });
  const told: object[] = [];
  const host = withDuplicateWatch(fake, {
    markers,
    telemetry,
    log: { ...silentLog, error: (facts: object) => void told.push(facts) },
  });
  const bodyOf = (intentId: string): string =>
    `words\n\n${markers.make({ intentId, fingerprint: 'f', repositoryKey: repositoryKey(manager) })}`;
  const open = (author: string, body: string) =>
    fake.openIssue(manager, { title: 'x', body, author });
  const counts = async (): Promise<object> => {
    await host.latestTexts(manager);
    const [series] = telemetry.drain();
    return { calls: series?.calls ?? 0, failed: series?.failed ?? 0 };
  };
  const first = open(self, bodyOf('one'));
  open(self, bodyOf('two'));
  open('eve', bodyOf('one'));
  open(self, 'no marker');
  open(self, '<!-- cms:1:one:f:00000000000000000000000000000000 -->');
  expect(await counts()).toEqual({ calls: 2, failed: 0 });
  expect(await counts()).toEqual({ calls: 0, failed: 0 });
  const quoted = open(self, `He wrote: ${bodyOf('two')} and so on ${bodyOf('three')}`);
  expect(await counts()).toEqual({ calls: 1, failed: 0 });
  const second = open(self, bodyOf('one'));
  expect(await counts()).toEqual({ calls: 1, failed: 1 });
  expect(await counts()).toEqual({ calls: 0, failed: 0 });
  expect(told).toEqual([
    { intentId: 'one', places: [first.url, second.url], code: 'effect_twice' },
  ]);
  expect(quoted.url).not.toBeNull();
});
