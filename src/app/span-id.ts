import { systemRandom } from '../lib/random.ts';

/** The id of a step of a trace, as W3C Trace Context writes it: 16 hex characters. */
export function newSpanId(): string {
  return systemRandom.bytes(8).toString('hex');
}
