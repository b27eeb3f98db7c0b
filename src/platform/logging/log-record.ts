import type { Json } from '../../lib/json.ts';
import { plainValue } from '../../lib/plain-value.ts';
import type { LogContext, Span } from './context.ts';

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
const reserved: readonly string[] = ['timestamp', 'level', 'message', 'trace_id', 'span_id'];

/** Facts win over bindings, bindings over the context. Undefined facts are left out. */
export function logRecord(
  level: LogLevel,
  message: string,
  context: LogContext,
  bindings: LogBindings,
  facts: object | undefined,
  trace: { readonly traceId: string; readonly span: Span | null } | null = null,
): LogRecord {
  const given = facts instanceof Error ? { error: facts } : facts;
  const all = named({ ...context, ...bindings, ...given });
  const take = (name: string): Json => {
    const value = all[name] ?? null;
    delete all[name];
    return value;
  };
  return {
    level,
    logger: take('logger'),
    message,
    correlation_id: take('correlation_id'),
    operation: take('operation'),
    user_id: take('user_id'),
    duration_ms: take('duration_ms'),
    module: take('module'),
    trace_id: trace?.traceId ?? null,
    span_id: trace?.span?.spanId ?? null,
    ...all,
  };
}

function named(facts: Readonly<Record<string, unknown>>): Record<string, Json> {
  const plain: Record<string, Json> = {};
  for (const [name, value] of Object.entries(facts)) {
    if (value === undefined) continue;
    const key = fileNames[name] ?? name;
    plain[reserved.includes(key) ? `fact_${key}` : key] = plainValue(value);
  }
  return plain;
}
