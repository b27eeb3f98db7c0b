import type { Clock } from '../../lib/clock.ts';
import { type Apart, clockOffsetMs } from './clock-check.ts';

/** What the answers of another machine tell of its clock, and so of ours. */
export interface PeerClock {
  /**
   * An answer that came just now, asked for `durationMs` ago, bore this date (RFC 9110, section 6.6.1). Null, and what is
   * no such date, tells nothing.
   */
  hear(date: string | null, durationMs: number): void;
  /** How far our wall clock is from the other's now; null before enough answers told it. */
  apart(): Apart | null;
}

/** One server of many with a wrong clock, or one answer that a proxy kept, is no majority of these. */
const fewestAnswers = 5;
const mostAnswers = 9;

/** A date names whole seconds, and servers make it anew once a second. */
const resolutionMs = 2000;

const fixedDate =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d{2}:\d{2}:\d{2} GMT$/u;

/** Kept beside the monotonic clock, which nobody moves: when our wall clock is put right, the next look sees it. */
interface Seen {
  /** The other's clock less our monotonic one lies between these, in milliseconds. */
  readonly least: number;
  readonly most: number;
}

/** Remembers the last answers; the median of what they tell counts. */
export function createPeerClock(clock: Pick<Clock, 'now' | 'monotonicMs'>): PeerClock {
  let seen: readonly Seen[] = [];
  return {
    hear: (date, durationMs) => {
      const at = date !== null && fixedDate.test(date) ? Date.parse(date) : Number.NaN;
      if (Number.isNaN(at)) return;
      const ended = clock.monotonicMs();
      // It was written somewhere between the question and the end of the answer.
      const one = { least: at - ended, most: at + resolutionMs - (ended - durationMs) };
      seen = [...seen, one].slice(-mostAnswers);
    },
    apart: () => {
      if (seen.length < fewestAnswers) return null;
      const ours = clockOffsetMs(clock);
      const all = seen.map(({ least, most }) =>
        ours > most ? ours - most : Math.min(0, ours - least),
      );
      const sorted = all.toSorted((a, b) => a - b);
      return { ms: sorted[Math.floor(sorted.length / 2)] ?? 0, answers: seen.length };
    },
  };
}
