import type { Json } from '../../lib/json.ts';
import { plainValue } from '../../lib/plain-value.ts';
import type { LogContext, Span } from './context.ts';
import { errorFacts } from './error-facts.ts';

export type LogLevel = 'DEBUG' | 'INFO' | 'WARN' | 'ERROR' | 'FATAL';

/** What a child logger says in each of its lines: `logger`, `module`, `operation` and any further fact. */
export type LogBindings = Readonly<Record<string, unknown>>;

/** One line of a log file; these members are always there, facts follow. */
export interface LogRecord {
  readonly level: LogLevel;
  readonly logger: Json;
  readonly message: string;
  readonly correlation_id: Json;
  readonly operation: Json;
  readonly user_id: Json;
  readonly duration_ms: Json;
  readonly module: Json;
  readonly trace_id: Json;
  readonly span_id: Json;
  readonly [fact: string]: Json;
}

/** Names that code writes in camelCase, as the files have them. */
const fileNames: Readonly<Record<string, string>> = {
  correlationId: 'correlation_id',
  userId: 'user_id',
  durationMs: 'duration_ms',
  err: 'error',
};

/** Facts must not replace what the logger itself says. */
const reserved: ReadonlySet<string> = new Set([
  'timestamp',
  'level',
  'message',
  'trace_id',
  'span_id',
]);

/** Facts win over bindings, bindings over the context. What is undefined is left out. */
export function logRecord(
  level: LogLevel,
  message: string,
  context: LogContext,
  bindings: LogBindings,
  facts: object | undefined,
  trace: { readonly traceId: string; readonly span: Span | null } | null = null,
): LogRecord {
  const record: Record<string, Json> = {
    level,
    logger: null,
    message,
    correlation_id: null,
    operation: null,
    user_id: null,
    duration_ms: null,
    module: null,
    trace_id: trace?.traceId ?? null,
    span_id: trace?.span?.spanId ?? null,
  };
  tell(record, context);
  tell(record, bindings);
  if (facts !== undefined) tell(record, facts instanceof Error ? { error: facts } : facts);
  return record as unknown as LogRecord;
}

function plainFact(value: unknown): Json {
  const plain = plainValue(value);
  const isError = value instanceof Error && typeof plain === 'object' && plain !== null;
  return isError ? { ...plain, ...errorFacts(value) } : plain;
}

function tell(record: Record<string, Json>, facts: object): void {
  for (const [name, value] of Object.entries(facts) as [string, unknown][]) {
    if (value === undefined) continue;
    const key = fileNames[name] ?? name;
    record[reserved.has(key) ? `fact_${key}` : key] = plainFact(
      key === 'duration_ms' ? readable(value) : value,
    );
  }
}

/** A hundredth of a millisecond says enough; the clock's own digits would be the longest member of the line. */
function readable(duration: unknown): unknown {
  return typeof duration === 'number' ? Math.round(duration * 100) / 100 : duration;
}
