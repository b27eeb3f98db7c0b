import type { HealthReport } from '../../../src/operations/health/contract.ts';
import { sentence } from '../../parts/badge.tsx';
import { formatDuration } from '../../parts/format.ts';

export type Check = HealthReport['checks'][number];

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

/** `github_credentials` as `GitHub credentials`. */
export function checkName(name: string): string {
  return sentence(name)
    .replace(/github/iu, 'GitHub')
    .replace(/cpu/iu, 'CPU');
}

/** A measured value with its unit. */
export function formatValue(value: number, unit: Check['unit']): string {
  switch (unit) {
    case 'ms':
      return value < 1000 ? `${whole.format(value)} ms` : formatDuration(value);
    case 's':
      return formatDuration(value * 1000);
    case 'MB':
      return value < 1024 ? `${short.format(value)} MB` : `${short.format(value / 1024)} GB`;
    case '%':
      return `${short.format(value)} %`;
    case 'count':
      return short.format(value);
  }
}

/**
 * What the value is held against, in words. A report does not say which side of it is the good one; the result does.
 * Null where there is no threshold, or where value and threshold are the same.
 */
export function thresholdWords({ status, value, threshold, unit }: Check): string | null {
  if (value === null || threshold === null || status === 'unknown') return null;
  const limit = formatValue(threshold, unit);
  if (value === threshold) return `limit ${limit}`;
  const isFloor = (status === 'healthy') === value > threshold;
  return `${isFloor ? 'at least' : 'at most'} ${limit}`;
}
