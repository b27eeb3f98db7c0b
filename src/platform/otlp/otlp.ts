import { type AnyValue, ROOT_CONTEXT, SeverityNumber, TraceFlags, trace } from '@opentelemetry/api';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace';
import { messageOf } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { LineSink } from '../logging/logger.ts';
import type { Family } from '../telemetry/exposition.ts';
import type { Ended, Telemetry } from '../telemetry/telemetry.ts';
import { metricsOf } from './metric-lines.ts';
import { scope, spanOf } from './span-lines.ts';

export const signals = ['logs', 'traces', 'metrics'] as const;
export type Signal = (typeof signals)[number];

export interface OtlpOptions {
  /** Of the collector, without `/v1/logs`: `http://localhost:4318`. */
  readonly endpoint: string;
  readonly signals: readonly Signal[];
  /** Value of the header `authorization`; null sends none. */
  readonly authorization: string | null;
  /** Between two looks at the figures. */
  readonly everyMs: number;
  readonly version: string;
  /** Tells the processes of one service apart. */
  readonly process: string;
}

export interface OtlpDeps {
  readonly clock: Pick<Clock, 'now'>;
  readonly telemetry: Pick<Telemetry, 'listen'>;
  /** Told at most once a minute and signal. */
  readonly onFailure: (signal: Signal, problem: string) => void;
}

/** What goes to a collector by OTLP over HTTP, as JSON. */
export interface Otlp {
  /** Takes every log line; null when logs are not sent. */
  readonly lines: LineSink | null;
  /** Sends the figures again and again until the answer is called; does nothing when they are not sent. */
  sendFigures(families: () => Promise<readonly Family[]>): () => Promise<void>;
  /** Sends what waits, for at most `patienceMs`: a collector that is away holds nobody up. */
  close(patienceMs?: number): Promise<void>;
}

/** Opens the way to a collector. What does not arrive is dropped after a few tries: the files have it all. */
export function openOtlp(options: OtlpOptions, deps: OtlpDeps): Otlp {
  const { clock } = deps;
  const resource = resourceFromAttributes({
    'service.name': 'claude-manager',
    'service.version': options.version,
    'service.instance.id': options.process,
  });
  const exporterOf = (signal: Signal) => ({
    url: `${options.endpoint.replace(/\/+$/u, '')}/v1/${signal}`,
    ...(options.authorization === null
      ? {}
      : { headers: { authorization: options.authorization } }),
    timeoutMillis: 10_000,
  });
  const toldAt = new Map<Signal, number>();
  const tell = (signal: Signal, problem: string): void => {
    const now = clock.now().getTime();
    if (now - (toldAt.get(signal) ?? Number.NEGATIVE_INFINITY) < 60_000) return;
    toldAt.set(signal, now);
    deps.onFailure(signal, problem);
  };
  const isOn = (signal: Signal): boolean => options.signals.includes(signal);
  const logs = isOn('logs')
    ? new LoggerProvider({
        resource,
        processors: [
          new BatchLogRecordProcessor({
            exporter: watched(new OTLPLogExporter(exporterOf('logs')), (problem) =>
              tell('logs', problem),
            ),
            maxQueueSize: 20_000,
            scheduledDelayMillis: 1000,
          }),
        ],
      })
    : null;
  const spans = isOn('traces')
    ? new BatchSpanProcessor({
        exporter: watched(new OTLPTraceExporter(exporterOf('traces')), (problem) =>
          tell('traces', problem),
        ),
        maxQueueSize: 20_000,
        scheduledDelayMillis: 1000,
      })
    : null;
  const figures = isOn('metrics') ? new OTLPMetricExporter(exporterOf('metrics')) : null;
  const stopListening = deps.telemetry.listen((ended: Ended) => {
    if (ended.trace !== null)
      spans?.onEnd(spanOf(ended, ended.trace, clock.now().getTime(), resource));
  });
  const logger = logs?.getLogger(scope.name);
  return {
    lines: logger === undefined ? null : { write: (line) => logger.emit(logRecordOf(line)) },
    sendFigures: (families) => {
      if (figures === null) return async () => undefined;
      const sinceMs = clock.now().getTime();
      const send = async (): Promise<void> => {
        const now = { sinceMs, nowMs: clock.now().getTime() };
        const sent = metricsOf(await families(), resource, now);
        await new Promise<void>((resolve) => {
          figures.export(sent, (result) => {
            const problem = problemOf(result);
            if (problem !== null) tell('metrics', problem);
            resolve();
          });
        });
      };
      let sending: Promise<void> = Promise.resolve();
      const start = (): void => {
        sending = send().catch((error: unknown) => tell('metrics', messageOf(error)));
      };
      const timer = setInterval(start, options.everyMs);
      timer.unref();
      start();
      return async () => {
        clearInterval(timer);
        await sending;
        start();
        await sending;
      };
    },
    close: async (patienceMs = 2000) => {
      stopListening();
      const closing = Promise.all([logs?.shutdown(), spans?.shutdown(), figures?.shutdown()]);
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, patienceMs);
      });
      await Promise.race([closing.catch(() => undefined), late]);
      clearTimeout(timer);
    },
  };
}

interface Result {
  readonly code: number;
  readonly error?: Error;
}

/** Why a batch was not taken; null when it was. */
function problemOf({ code, error }: Result): string | null {
  if (code === 0) return null;
  return error === undefined ? 'not taken' : messageOf(error);
}

type Exporter<T> = {
  export(items: T[], done: (result: Result) => void): void;
};

/** The same exporter; each batch that was not taken is told. */
function watched<T, E extends Exporter<T>>(
  exporter: E & Exporter<T>,
  tell: (problem: string) => void,
): E {
  const send = exporter.export.bind(exporter);
  exporter.export = (items, done) => {
    send(items, (result) => {
      const problem = problemOf(result);
      if (problem !== null) tell(problem);
      done(result);
    });
  };
  return exporter;
}

const severities: Readonly<Record<string, SeverityNumber>> = {
  DEBUG: SeverityNumber.DEBUG,
  INFO: SeverityNumber.INFO,
  WARN: SeverityNumber.WARN,
  ERROR: SeverityNumber.ERROR,
  FATAL: SeverityNumber.FATAL,
};

/** A line of the log as a log record: its message is the body, everything else an attribute under its own name. */
function logRecordOf(line: string) {
  const { timestamp, level, message, trace_id, span_id, ...facts } = JSON.parse(line) as Readonly<
    Record<string, AnyValue>
  >;
  const attributes = Object.fromEntries(
    Object.entries(facts).filter(([, value]) => value !== null),
  );
  const at = new Date(String(timestamp)).getTime();
  // A record belongs to a span; a line between two spans keeps its trace as an attribute.
  const isPlaced = typeof trace_id === 'string' && typeof span_id === 'string';
  const where = isPlaced
    ? trace.setSpanContext(ROOT_CONTEXT, {
        traceId: trace_id,
        spanId: span_id,
        traceFlags: TraceFlags.SAMPLED,
      })
    : ROOT_CONTEXT;
  if (!isPlaced && typeof trace_id === 'string') attributes['trace_id'] = trace_id;
  return {
    timestamp: at,
    observedTimestamp: at,
    severityText: String(level),
    severityNumber: severities[String(level)] ?? SeverityNumber.INFO,
    body: message,
    attributes,
    context: where,
  };
}
