import { AsyncLocalStorage } from 'node:async_hooks';
import type { Random } from '../../lib/random.ts';
import { freshCorrelationId, traceIdOf } from '../../lib/trace-id.ts';

/** What every line carries that is written while a unit of work runs. */
export interface LogContext {
  readonly correlationId?: string | undefined;
  readonly operation?: string | undefined;
  readonly userId?: string | undefined;
}

/** One step of a trace as W3C Trace Context names it: 32 and 16 hex characters. */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  /** The step that this one is part of; null for the first of its trace in this process. */
  readonly parentId: string | null;
}

interface Stored extends LogContext {
  readonly traceId?: string;
  readonly span?: Span;
}

const storage = new AsyncLocalStorage<Stored>();

/** Runs the body inside the context; what is not said is taken from the context around it. */
export function withContext<T>(context: LogContext, body: () => T): T {
  const around = storage.getStore();
  const { correlationId } = context;
  if (correlationId === undefined || correlationId === around?.correlationId)
    return storage.run({ ...around, ...context }, body);
  const { span: _left, ...rest } = around ?? {};
  return storage.run({ ...rest, ...context, traceId: traceIdOf(correlationId) }, body);
}

/** Runs the body as a step of its own in the trace of the unit of work; outside of one the body just runs. */
export function withSpan<T>(spanId: string, body: () => T): T {
  const around = storage.getStore();
  if (around?.traceId === undefined) return body();
  const span = { traceId: around.traceId, spanId, parentId: around.span?.spanId ?? null };
  return storage.run({ ...around, span }, body);
}

/** The context of the running unit of work; empty outside of one. */
export function currentContext(): LogContext {
  const { correlationId, operation, userId } = storage.getStore() ?? {};
  return { correlationId, operation, userId };
}

/** The step that runs; without one only the trace, and null outside of a unit of work. */
export function currentTrace(): { readonly traceId: string; readonly span: Span | null } | null {
  const { traceId, span } = storage.getStore() ?? {};
  return traceId === undefined ? null : { traceId, span: span ?? null };
}

/** The id that ties together what one request or task causes; null outside of a unit of work. */
export function currentCorrelationId(): string | null {
  return storage.getStore()?.correlationId ?? null;
}

/** The same; a fresh one where nothing is under way. */
export function correlationIdHere(random: Pick<Random, 'uuid'>): string {
  return currentCorrelationId() ?? freshCorrelationId(random);
}
