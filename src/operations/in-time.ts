import { AppError } from '../lib/app-error.ts';
import type { Contract } from './operation.ts';

type Act = Pick<Contract, 'name' | 'effect' | 'deadlineMs'>;

/** Runs until the deadline; a handler that does not listen to its signal is left behind, and the caller is told so. */
export async function inTime<T>(
  act: Act,
  given: AbortSignal | undefined,
  body: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const signal = given === undefined ? stop.signal : AbortSignal.any([stop.signal, given]);
  if (act.deadlineMs === null) return body(signal);
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const error = tooLate(act);
    reject(error);
    stop.abort(error);
  }, act.deadlineMs);
  // A deadline that nobody waits for any more must not keep the process.
  timer.unref();
  try {
    return await Promise.race([body(signal), late]);
  } finally {
    clearTimeout(timer);
  }
}

function tooLate({ name, effect, deadlineMs }: Act): AppError {
  return new AppError({
    kind: 'timeout',
    code: 'operation_deadline',
    message: `${name} did not end within ${(deadlineMs ?? 0) / 1000} s.${effect === 'read' ? '' : ' What it began may still come to an end.'}`,
    next: 'Look at the state before you ask again.',
    details: { deadlineMs },
  });
}
