import type { Clock } from '../../lib/clock.ts';
import type { Span } from '../logging/context.ts';
import { binOf, type DurationBins } from './duration-bins.ts';

/**
 * What kind of thing was measured: an operation of the gate, a request to somebody else, a workflow, a scanner, a named
 * function, what an objective promises.
 */
export const areas = ['operation', 'upstream', 'job', 'scanner', 'function', 'objective'] as const;
export type Area = (typeof areas)[number];
export type Outcome = 'ok' | 'refused' | 'failed';

/** One thing that has ended. */
export interface Ended {
  readonly area: Area;
  readonly name: string;
  readonly outcome: Outcome;
  readonly durationMs: number;
  /** Ties it to the unit of work that caused it; null where there is none. */
  readonly correlationId: string | null;
  /** Details for traces; never labels. */
  readonly facts?: Readonly<Record<string, string | number>>;
  /** Its place in a trace; null outside of a unit of work. */
  readonly trace: Span | null;
}

/** What has ended, as its teller knows it; without a place it is a step of what runs now. */
export type Told = Omit<Ended, 'trace'> & { readonly trace?: Span | null };

/** Where in a trace something runs. */
export interface Tracing {
  current(): { readonly traceId: string; readonly span: Span | null } | null;
  /** Runs the body as a step of its own. */
  within<T>(spanId: string, body: () => T): T;
  newId(): string;
}

/** Counts of one series; `refused` is the asker's fault, `failed` ours or somebody else's. */
export interface Counts {
  readonly calls: number;
  readonly refused: number;
  readonly failed: number;
  readonly totalMs: number;
  readonly maxMs: number;
  readonly bins: DurationBins;
}

export interface Series extends Counts {
  readonly area: Area;
  readonly name: string;
}

export interface Telemetry {
  record(told: Told): void;
  /** Runs and records it; answers or throws what it does. `judge` tells a failure that is answered, not thrown. */
  measure<T>(
    area: Area,
    name: string,
    body: () => Promise<T>,
    judge?: (answer: T) => Outcome,
  ): Promise<T>;
  /** Counts since the last call; the caller keeps them. */
  drain(): readonly Series[];
  /** Takes counts back that could not be kept. */
  restore(series: readonly Series[]): void;
  /** Hears of everything that ends, under its bounded name; the answer stops it. */
  listen(listener: (ended: Ended) => void): () => void;
}

/** Names an area may have; the ones after that count as `other`, so that series stay bounded whatever is asked. */
const mostNames: Readonly<Record<Area, number>> = {
  operation: 125,
  upstream: 12,
  job: 6,
  scanner: 5,
  function: 10,
  objective: 3,
};

const other = 'other';

interface Tally {
  calls: number;
  refused: number;
  failed: number;
  totalMs: number;
  maxMs: number;
  bins: Record<number, number>;
}

/** `reserved` names have a place whenever they come; they count toward the bound. */
export function createTelemetry(deps: {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly correlationId: () => string | null;
  readonly tracing: Tracing;
  readonly reserved?: Partial<Readonly<Record<Area, readonly string[]>>>;
}): Telemetry {
  const names = new Map<Area, Set<string>>(
    areas.map((area) => [area, new Set(deps.reserved?.[area]?.slice(0, mostNames[area]))]),
  );
  const listeners = new Set<(ended: Ended) => void>();
  let tallies = new Map<string, Tally>();
  const bounded = (area: Area, name: string): string => {
    const known = names.get(area);
    if (known === undefined || known.has(name)) return name;
    if (known.size >= mostNames[area] || !/^[\w.:/ {}-]{1,80}$/u.test(name)) return other;
    known.add(name);
    return name;
  };
  const tallyOf = (area: Area, name: string): Tally => {
    const key = `${area} ${name}`;
    const found = tallies.get(key);
    if (found !== undefined) return found;
    const made = { calls: 0, refused: 0, failed: 0, totalMs: 0, maxMs: 0, bins: {} };
    tallies.set(key, made);
    return made;
  };
  const { tracing } = deps;
  const leaf = (): Span | null => {
    const around = tracing.current();
    if (around === null) return null;
    const { traceId, span } = around;
    return { traceId, spanId: tracing.newId(), parentId: span?.spanId ?? null };
  };
  const record = (told: Told): void => {
    const name = bounded(told.area, told.name);
    const { outcome, durationMs } = told;
    const tally = tallyOf(told.area, name);
    tally.calls += 1;
    if (outcome !== 'ok') tally[outcome] += 1;
    tally.totalMs += durationMs;
    tally.maxMs = Math.max(tally.maxMs, durationMs);
    const bin = binOf(durationMs);
    tally.bins[bin] = (tally.bins[bin] ?? 0) + 1;
    if (listeners.size === 0) return;
    const ended = { ...told, name, trace: told.trace === undefined ? leaf() : told.trace };
    for (const listener of listeners) listener(ended);
  };
  return {
    record,
    measure: (area, name, body, judge) =>
      tracing.within(tracing.newId(), async () => {
        const started = deps.clock.monotonicMs();
        let outcome: Outcome = 'failed';
        try {
          const answer = await body();
          outcome = judge?.(answer) ?? 'ok';
          return answer;
        } finally {
          const durationMs = deps.clock.monotonicMs() - started;
          const trace = tracing.current()?.span ?? null;
          const correlationId = deps.correlationId();
          record({ area, name, outcome, durationMs, correlationId, trace });
        }
      }),
    drain: () => {
      const drained = [...tallies].map(([key, tally]) => {
        const gap = key.indexOf(' ');
        return { area: key.slice(0, gap) as Area, name: key.slice(gap + 1), ...tally };
      });
      tallies = new Map();
      return drained;
    },
    restore: (series) => {
      for (const { area, name, bins, maxMs, ...counts } of series) {
        const tally = tallyOf(area, name);
        tally.calls += counts.calls;
        tally.refused += counts.refused;
        tally.failed += counts.failed;
        tally.totalMs += counts.totalMs;
        tally.maxMs = Math.max(tally.maxMs, maxMs);
        for (const [bin, count] of Object.entries(bins))
          tally.bins[Number(bin)] = (tally.bins[Number(bin)] ?? 0) + count;
      }
    },
    listen: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
