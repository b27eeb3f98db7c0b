import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a collector got, as JSON of the OTLP specification (opentelemetry-proto, OTLP/HTTP). */
export interface OtlpReceiver {
  readonly endpoint: string;
  /** Headers of the requests, oldest first. */
  readonly headers: readonly IncomingMessage['headers'][];
  /** Log records, spans and metrics, each with the attributes as plain members. */
  logs(): readonly ReceivedLog[];
  spans(): readonly ReceivedSpan[];
  metrics(): readonly ReceivedMetric[];
  /** Answers this instead of 200 from now on. */
  answer(status: number): void;
  close(): Promise<void>;
}

export interface ReceivedLog {
  readonly body: unknown;
  readonly severityText: string;
  readonly traceId: string | undefined;
  readonly spanId: string | undefined;
  readonly attributes: Readonly<Record<string, unknown>>;
}

export interface ReceivedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly status: number;
  readonly attributes: Readonly<Record<string, unknown>>;
}

export interface ReceivedMetric {
  readonly name: string;
  readonly kind: 'sum' | 'gauge' | 'histogram';
  readonly points: readonly {
    readonly attributes: Readonly<Record<string, unknown>>;
    readonly value: number | null;
    readonly count: number | null;
    readonly bounds: readonly number[];
    readonly counts: readonly number[];
  }[];
}

type Tree = Readonly<Record<string, never>>;

/** A real server on loopback that takes what exporters send; it keeps everything in memory. */
export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const got = { logs: [] as Tree[], traces: [] as Tree[], metrics: [] as Tree[] };
  const headers: IncomingMessage['headers'][] = [];
  let status = 200;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      headers.push(request.headers);
      const kind = /^\/v1\/(logs|traces|metrics)$/u.exec(
        request.url ?? '',
      )?.[1] as keyof typeof got;
      if (kind !== undefined && status === 200)
        got[kind].push(JSON.parse(Buffer.concat(chunks).toString('utf8')) as Tree);
      response.writeHead(kind === undefined ? 404 : status, { 'content-type': 'application/json' });
      response.end('{}');
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const all = (sent: readonly Tree[], ...members: readonly string[]): readonly Tree[] =>
    members.reduce<readonly Tree[]>(
      (trees, member) => trees.flatMap((tree) => (tree[member] ?? []) as Tree[]),
      sent,
    );
  return {
    endpoint: `http://127.0.0.1:${port}`,
    headers,
    logs: () =>
      all(got.logs, 'resourceLogs', 'scopeLogs', 'logRecords').map((log) => ({
        body: valueOf(log['body']),
        severityText: String(log['severityText']),
        traceId: log['traceId'],
        spanId: log['spanId'],
        attributes: attributesOf(log),
      })),
    spans: () =>
      all(got.traces, 'resourceSpans', 'scopeSpans', 'spans').map((span) => ({
        name: String(span['name']),
        traceId: String(span['traceId']),
        spanId: String(span['spanId']),
        parentSpanId: span['parentSpanId'],
        startNs: BigInt(span['startTimeUnixNano'] ?? 0),
        endNs: BigInt(span['endTimeUnixNano'] ?? 0),
        status: (span['status'] as unknown as { code?: number } | undefined)?.code ?? 0,
        attributes: attributesOf(span),
      })),
    metrics: () => all(got.metrics, 'resourceMetrics', 'scopeMetrics', 'metrics').map(metricOf),
    answer: (code) => {
      status = code;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function metricOf(metric: Tree): ReceivedMetric {
  const kind = (['sum', 'gauge', 'histogram'] as const).find((one) => metric[one] !== undefined);
  if (kind === undefined) throw new Error(`a metric of no known kind: ${JSON.stringify(metric)}`);
  const { dataPoints } = metric[kind] as unknown as { readonly dataPoints: readonly Tree[] };
  return {
    name: String(metric['name']),
    kind,
    points: dataPoints.map((point) => ({
      attributes: attributesOf(point),
      value: numberOf(point['asDouble'] ?? point['asInt']),
      count: numberOf(point['count']),
      bounds: point['explicitBounds'] ?? [],
      counts: ((point['bucketCounts'] ?? []) as readonly unknown[]).map(Number),
    })),
  };
}

function numberOf(value: unknown): number | null {
  return value === undefined ? null : Number(value);
}

function attributesOf(tree: Tree): Readonly<Record<string, unknown>> {
  const listed = (tree['attributes'] ?? []) as readonly { key: string; value: unknown }[];
  return Object.fromEntries(listed.map(({ key, value }) => [key, valueOf(value)]));
}

/** An AnyValue of the protocol as a plain value. */
function valueOf(any: unknown): unknown {
  const [[kind, value] = ['none', undefined]] = Object.entries(any ?? {});
  if (kind === 'arrayValue') return (value as { values?: unknown[] }).values?.map(valueOf) ?? [];
  if (kind === 'kvlistValue')
    return Object.fromEntries(
      ((value as { values?: { key: string; value: unknown }[] }).values ?? []).map((one) => [
        one.key,
        valueOf(one.value),
      ]),
    );
  return kind === 'intValue' ? Number(value) : value;
}
