import { afterEach, beforeEach, expect, test } from 'vitest';
import { type OtlpReceiver, startOtlpReceiver } from '../../../test/support/otlp-receiver.ts';
import { systemClock } from '../../lib/clock.ts';
import { systemRandom } from '../../lib/random.ts';
import { currentCorrelationId, currentTrace, withContext, withSpan } from '../logging/context.ts';
import { createLogger } from '../logging/logger.ts';
import { createExposition } from '../telemetry/exposition.ts';
import { createTelemetry } from '../telemetry/telemetry.ts';
import { type OtlpOptions, openOtlp } from './otlp.ts';

let receiver: OtlpReceiver;
beforeEach(async () => {
  receiver = await startOtlpReceiver();
});
afterEach(async () => await receiver.close());

const newId = (): string => systemRandom.bytes(8).toString('hex');

function opened(options: Partial<OtlpOptions> = {}) {
  const problems: string[] = [];
  const telemetry = createTelemetry({
    clock: systemClock,
    correlationId: currentCorrelationId,
    tracing: { current: currentTrace, within: withSpan, newId },
  });
  const otlp = openOtlp(
    {
      endpoint: receiver.endpoint,
      signals: ['logs', 'traces', 'metrics'],
      authorization: 'Bearer of-the-collector',
      everyMs: 60_000,
      version: '1.2.3',
      process: 'one',
      ...options,
    },
    {
      clock: systemClock,
      telemetry,
      onFailure: (signal, problem) => void problems.push(`${signal}: ${problem}`),
    },
  );
  const logger = createLogger({
    level: () => 'INFO',
    clock: systemClock,
    redact: (line) => line.replaceAll('secret', 'REDACTED'),
    files: null,
    terminal: null,
    collectors: () => (otlp.lines === null ? [] : [otlp.lines]),
  });
  return { telemetry, otlp, logger, problems };
}

test('a collector gets the lines and the steps of one unit of work under one trace, redacted', async () => {
  const { telemetry, otlp, logger } = opened();
  const correlationId = '0191d5e5-27c8-7cc6-a4f2-6f5a4d4e4b11';
  await withContext({ correlationId, userId: 'ada' }, () =>
    telemetry.measure('job', 'attempt', async () => {
      logger.info('work began with a secret', { n: 1, tags: ['a'] });
      telemetry.record({
        area: 'upstream',
        name: 'github',
        outcome: 'failed',
        durationMs: 5,
        correlationId,
        facts: { status: 502 },
      });
    }),
  );
  await otlp.close(10_000);
  const traceId = correlationId.replaceAll('-', '');
  const spans = receiver.spans();
  expect(spans.map(({ name, traceId: id, status }) => [name, id, status])).toEqual([
    ['upstream github', traceId, 2],
    ['job attempt', traceId, 0],
  ]);
  const [upstream, job] = spans;
  expect(job?.parentSpanId ?? '').toBe('');
  expect(upstream).toMatchObject({
    parentSpanId: job?.spanId,
    attributes: { 'claude_manager.status': 502, 'claude_manager.correlation_id': correlationId },
  });
  expect(Number((upstream?.endNs ?? 0n) - (upstream?.startNs ?? 0n))).toBeCloseTo(5e6, -4);
  expect(receiver.logs()).toMatchObject([
    {
      body: 'work began with a REDACTED',
      severityText: 'INFO',
      traceId,
      spanId: job?.spanId,
      attributes: { correlation_id: correlationId, user_id: 'ada', n: 1, tags: ['a'] },
    },
  ]);
  expect(new Set(receiver.headers.map(({ authorization }) => authorization))).toEqual(
    new Set(['Bearer of-the-collector']),
  );
});

test('a collector gets the same figures as /metrics shows', async () => {
  const { telemetry, otlp } = opened();
  const exposition = createExposition({
    telemetry,
    watchLag: () => () => undefined,
    readings: async () => [
      { name: 'claude_manager_tasks', help: 'h', labels: { state: 'proposed' }, value: 7 },
    ],
    onFailure: (error) => expect.unreachable(String(error)),
    now: () => 0,
    version: '1',
  });
  for (const durationMs of [5, 5, 50, 60_000])
    telemetry.record({
      area: 'operation',
      name: 'a.b',
      outcome: 'ok',
      durationMs,
      correlationId: null,
    });
  const stop = otlp.sendFigures(() => exposition.families());
  await stop();
  await otlp.close(10_000);
  exposition.stop();
  const found = (name: string) => receiver.metrics().find((one) => one.name === name);
  expect(found('claude_manager_tasks')).toMatchObject({
    kind: 'gauge',
    points: [{ attributes: { state: 'proposed' }, value: 7 }],
  });
  expect(found('claude_manager_operation_calls_total')).toMatchObject({
    kind: 'sum',
    points: [{ attributes: { operation: 'a.b', outcome: 'ok' }, value: 4 }],
  });
  expect(found('claude_manager_operation_duration_seconds')).toMatchObject({
    kind: 'histogram',
    points: [
      {
        attributes: { operation: 'a.b' },
        count: 4,
        bounds: [0.01, 0.1, 0.5, 2.5, 30],
        counts: [2, 1, 0, 0, 0, 1],
      },
    ],
  });
  expect(receiver.spans()).toEqual([]);
});

test('a collector that refuses is told of once, and one that is away holds nobody up', async () => {
  receiver.answer(400);
  const { otlp, logger, problems } = opened({ signals: ['logs'] });
  logger.info('one');
  await otlp.close(10_000);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(/^logs: /u);
  await receiver.close();
  const away = opened();
  away.logger.info('two');
  const started = Date.now();
  await away.otlp.close(300);
  expect(Date.now() - started).toBeLessThan(20_000);
  receiver = await startOtlpReceiver();
});
