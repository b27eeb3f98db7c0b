import { sha256 } from './hash.ts';
import type { Random } from './random.ts';

/**
 * The trace id (W3C Trace Context, 32 lower-case hex characters) of a unit of work. It is a pure function of the
 * correlation id, so that every process that knows the one knows the other; of a UUID it is the UUID without dashes.
 */
export function traceIdOf(correlationId: string): string {
  const plain = correlationId.replaceAll('-', '').toLowerCase();
  const isId = /^(?!0{32})[0-9a-f]{32}$/.test(plain);
  return isId ? plain : sha256(correlationId).slice(0, 32);
}

/** The id of a unit of work that came without one: 32 lower-case hex characters, which are its trace id as well. */
export function freshCorrelationId(random: Pick<Random, 'uuid'>): string {
  return random.uuid().replaceAll('-', '');
}
