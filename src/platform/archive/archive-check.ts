import type { Clock } from '../../lib/clock.ts';
import { type HealthCheck, notMeasured } from '../health/check.ts';

/** How the archive stands that a service keeps. */
export interface ArchiveStanding {
  /** Of the service's monotonic clock: when everything that was flushed was in the archive; its begin before the first time. */
  readonly wholeAtMs: number;
  /** What keeps it from going on; null when nothing does. */
  readonly problem: string | null;
  /** No moment can be restored yet, and nothing keeps the first base from being written. */
  readonly isNew: boolean;
}

export interface ArchiveCheckParts {
  /** Null when this process keeps none. */
  readonly standing: () => ArchiveStanding | null;
  /** Between two rounds; 0 when none is kept. */
  readonly everySeconds: number;
  readonly isEmbedded: boolean;
  readonly clock: Pick<Clock, 'monotonicMs'>;
}

/** Seconds since the archive had everything, against three rounds of it. */
export function archiveCheck({
  standing,
  everySeconds,
  isEmbedded,
  clock,
}: ArchiveCheckParts): HealthCheck {
  return {
    name: 'archive',
    category: 'database',
    critical: false,
    measure: async () => {
      if (!isEmbedded)
        return notMeasured(
          'The database server is yours: keep its write-ahead log by its own means.',
        );
      if (everySeconds === 0) return notMeasured('No archive is kept: backup.archiveSeconds is 0.');
      const found = standing();
      if (found === null) return notMeasured('No service keeps the archive in this process.');
      const { wholeAtMs, problem, isNew } = found;
      const seconds = Math.max(0, Math.round((clock.monotonicMs() - wholeAtMs) / 1000));
      const threshold = 3 * everySeconds;
      const isLate = seconds > threshold;
      const why = problem === null ? '' : ` ${problem}`;
      return {
        status: isLate ? 'degraded' : 'healthy',
        value: seconds,
        unit: 's',
        threshold,
        evidence: isLate
          ? `What was written in the last ${seconds} s cannot be restored.${why}`
          : isNew
            ? 'The archive begins: its first base is not written yet.'
            : `Everything up to ${seconds} s ago is in the archive.${why}`,
        remedy: isLate
          ? 'See to the disk of the backup folder, and see the log for `archive_failed`.'
          : null,
      };
    },
  };
}
