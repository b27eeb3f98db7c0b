import type { HealthStatus, HealthUnit, Measured } from './check.ts';

/** A number against two limits. */
export interface Level {
  readonly value: number;
  readonly unit: HealthUnit;
  /** From here on it is degraded. */
  readonly odd: number;
  /** From here on it is unhealthy. */
  readonly bad: number;
  readonly evidence: string;
  /** Said only when it is not well. */
  readonly remedy: string;
}

/** The more, the worse. */
export function highIsBad({ value, unit, odd, bad, evidence, remedy }: Level): Measured {
  const status: HealthStatus = value < odd ? 'healthy' : value < bad ? 'degraded' : 'unhealthy';
  const mend = status === 'healthy' ? null : remedy;
  return { status, value, unit, threshold: odd, evidence, remedy: mend };
}
