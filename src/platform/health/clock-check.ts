import type { Clock } from '../../lib/clock.ts';
import { type HealthCheck, seldomMs } from './check.ts';
import { highIsBad } from './level.ts';

export interface ClockCheckDeps {
  readonly clock: Clock;
  /** The moment as the database server has it. */
  readonly serverNow: () => Promise<Date>;
  /** Wall clock less monotonic clock when the process began, in milliseconds. */
  readonly startedOffMs: number;
}

/** How far the wall clock is ahead of the monotonic one, which nobody moves. */
export function clockOffsetMs(clock: Pick<Clock, 'now' | 'monotonicMs'>): number {
  return clock.now().getTime() - clock.monotonicMs();
}

/**
 * Whether our clock agrees with that of the database server, and whether somebody moved it since the start: one-time
 * codes, tokens and signatures of others hold for seconds.
 */
export function clockCheck({ clock, serverNow, startedOffMs }: ClockCheckDeps): HealthCheck {
  return {
    name: 'clock',
    category: 'resources',
    critical: false,
    everyMs: seldomMs,
    measure: async () => {
      const before = clock.now().getTime();
      const server = (await serverNow()).getTime();
      const after = clock.now().getTime();
      // The server looked somewhere between; what lies between is no offset.
      const apart = server < before ? before - server : Math.max(0, server - after);
      const moved = Math.abs(clockOffsetMs(clock) - startedOffMs);
      const seconds = Math.round(Math.max(apart, moved) / 100) / 10;
      return highIsBad({
        value: seconds,
        unit: 's',
        odd: 2,
        bad: 60,
        evidence: `The clock is ${Math.round(apart / 100) / 10} s from that of the database server and was moved by ${Math.round(moved / 100) / 10} s since the start.`,
        remedy:
          'Keep the clock by NTP (timedatectl set-ntp true), on the machine of the database too.',
      });
    },
  };
}
