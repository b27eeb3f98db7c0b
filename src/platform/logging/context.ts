import { AsyncLocalStorage } from 'node:async_hooks';

/** What every line carries that is written while a unit of work runs. */
export interface LogContext {
  readonly correlationId?: string | undefined;
  readonly operation?: string | undefined;
  readonly userId?: string | undefined;
}

const storage = new AsyncLocalStorage<LogContext>();

/** Runs the body inside the context; what is not said is taken from the context around it. */
export function withContext<T>(context: LogContext, body: () => T): T {
  return storage.run({ ...storage.getStore(), ...context }, body);
}

/** The context of the running unit of work; empty outside of one. */
export function currentContext(): LogContext {
  return storage.getStore() ?? {};
}

/** The id that ties together what one request or task causes; null outside of a unit of work. */
export function currentCorrelationId(): string | null {
  return storage.getStore()?.correlationId ?? null;
}
