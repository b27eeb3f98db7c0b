import { percentile } from '../../platform/telemetry/duration-bins.ts';
import type { GaugeStep, Step } from '../../platform/telemetry/history.ts';
import type { GaugeTimeline, Timeline } from './contract.ts';

/** What stands in front of every figure of ours. */
export const gaugePrefix = 'claude_manager_';

/** A period cut into steps that begin at multiples of their length since 1970. */
export interface Period {
  readonly since: Date;
  readonly until: Date;
  readonly stepSeconds: number;
  readonly starts: readonly number[];
}

/** Lengths of a step that people can name, in seconds: minutes, parts of an hour, parts of a day. */
const lengths = [60, 120, 300, 600, 1800, 3600, 7200, 10_800, 21_600, 86_400, 604_800];

/** A chart has room for about this many. */
const stepsAtMost = 300;

export function periodOf(now: Date, hours: number): Period {
  const seconds = hours * 3600;
  const stepSeconds = lengths.find((one) => seconds / one <= stepsAtMost) ?? 604_800;
  const stepMs = stepSeconds * 1000;
  const first = Math.floor((now.getTime() - seconds * 1000) / stepMs) * stepMs;
  const count = Math.floor((now.getTime() - first) / stepMs) + 1;
  const starts = Array.from({ length: count }, (_, index) => first + index * stepMs);
  return { since: new Date(first), until: now, stepSeconds, starts };
}

/** Every step of the period, also those in which nothing was called. */
export function wholeTimeline(period: Period, found: readonly Step[]): Timeline {
  const byStart = new Map(found.map((step) => [step.at.getTime(), step]));
  const steps = period.starts.map((start) => {
    const step = byStart.get(start);
    const at = (share: number): number | null => {
      const value = step === undefined ? null : percentile(step.bins, share);
      return value === null || step === undefined
        ? null
        : Math.round(Math.min(value, step.maxMs) * 1000) / 1000;
    };
    return {
      at: new Date(start).toISOString(),
      calls: step?.calls ?? 0,
      refused: step?.refused ?? 0,
      failed: step?.failed ?? 0,
      p50Ms: at(0.5),
      p95Ms: at(0.95),
      p99Ms: at(0.99),
    };
  });
  return { ...bounds(period), steps };
}

/** One series a name with its labels, a value for every step. */
export function gaugeSeries(period: Period, found: readonly GaugeStep[]): GaugeTimeline {
  const places = new Map(period.starts.map((start, index) => [start, index]));
  const series = new Map<string, (number | null)[]>();
  for (const { at, key, value } of found) {
    const place = places.get(at.getTime());
    if (place === undefined) continue;
    const values = series.get(key) ?? period.starts.map(() => null);
    values[place] = value;
    series.set(key, values);
  }
  return {
    ...bounds(period),
    times: period.starts.map((start) => new Date(start).toISOString()),
    series: [...series].map(([key, values]) => ({ ...readKey(key), values })),
  };
}

function bounds({ since, until, stepSeconds }: Period) {
  return { since: since.toISOString(), until: until.toISOString(), stepSeconds };
}

/** `claude_manager_tasks{state="done"}` as a name and its labels. */
function readKey(key: string): { name: string; labels: Record<string, string> } {
  const brace = key.indexOf('{');
  const name = (brace < 0 ? key : key.slice(0, brace)).replace(gaugePrefix, '');
  const labels: Record<string, string> = {};
  for (const [, label = '', said = ''] of key.matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/gu))
    labels[label] = said.replaceAll(/\\(.)/gu, '$1');
  return { name, labels };
}
