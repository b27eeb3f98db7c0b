import type { Tone } from '../badge.tsx';

/** What a line or a bar means; `accent` where it means nothing but itself. */
export type SeriesTone = Tone | 'accent';

export interface ChartSeries {
  readonly name: string;
  /** One for each moment; null where nothing was measured: a gap, never a zero. */
  readonly values: readonly (number | null)[];
  readonly tone?: SeriesTone;
}

export interface ChartData {
  /** The moments, ascending. */
  readonly at: readonly Date[];
  /** At least one; bars of several stand on each other. */
  readonly series: readonly ChartSeries[];
  /** A value with its unit. */
  readonly format: (value: number) => string;
  /** There is nothing between two whole figures. */
  readonly isWhole?: boolean;
  readonly shape?: 'line' | 'bars';
  /** `day`: each moment stands for a day (or the week that begins with it) of UTC. */
  readonly step?: 'day' | 'moment';
  /** A limit that the values are held against. */
  readonly threshold?: { readonly value: number; readonly word: string };
}

/** The token that draws a tone. */
export const colorVariable: Readonly<Record<SeriesTone, string>> = {
  accent: '--accent',
  neutral: '--line-strong',
  ok: '--ok',
  warn: '--warn',
  bad: '--bad',
  busy: '--busy',
};
