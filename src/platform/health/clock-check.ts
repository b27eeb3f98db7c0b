import type { Clock } from '../../lib/clock.ts';
import { type HealthCheck, seldomMs } from './check.ts';
import { highIsBad } from './level.ts';

export interface ClockCheckDeps {
  readonly clock: Clock;
  /** The moment as the database server has it. */
  readonly serverNow: () => Promise<Date>;
  /** Wall clock less monotonic clock when the process began, in milliseconds. */
  readonly startedOffMs: number;
  /** How far we are from the clock of a machine elsewhere, which need not be wrong with ours; null while it is not known. */
  readonly peer?: { readonly name: string; readonly apart: () => Apart | null };
}

/** How far our wall clock is from another. */
export interface Apart {
  /** At least so many milliseconds; ahead of the other when above 0. */
  readonly ms: number;
  /** By so many answers. */
  readonly answers: number;
}

/** How far the wall clock is ahead of the monotonic one, which nobody moves. */
export function clockOffsetMs(clock: Pick<Clock, 'now' | 'monotonicMs'>): number {
  return clock.now().getTime() - clock.monotonicMs();
}

/**
 * Whether our clock agrees with those of the database server and of GitHub, and whether somebody moved it since the start:
 * one-time codes, tokens and signatures of others hold for seconds. The database may stand on this machine, so only GitHub's
 * tells of a clock that was wrong from the start.
 */
export function clockCheck({ clock, serverNow, startedOffMs, peer }: ClockCheckDeps): HealthCheck {
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
      const elsewhere = peer?.apart() ?? null;
      return highIsBad({
        value: tenths(Math.max(apart, moved, Math.abs(elsewhere?.ms ?? 0))),
        unit: 's',
        odd: 2,
        bad: 60,
        evidence: `${[
          `The clock is ${tenths(apart)} s from that of the database server and was moved by ${tenths(moved)} s since the start`,
          ...(peer === undefined || elsewhere === null ? [] : [fromPeer(peer.name, elsewhere)]),
        ].join('; ')}.`,
        remedy:
          'Keep the clock by NTP (timedatectl set-ntp true), on the machine of the database too: one-time codes and tokens hold for seconds, and are refused by a wrong clock.',
      });
    },
  };
}

function fromPeer(name: string, { ms, answers }: Apart): string {
  if (ms === 0) return `it agrees with ${name}'s, by ${answers} answers`;
  const way = ms > 0 ? 'ahead of' : 'behind';
  return `it is at least ${tenths(Math.abs(ms))} s ${way} ${name}'s, by ${answers} answers`;
}

/** Seconds of milliseconds, to one digit. */
function tenths(ms: number): number {
  return Math.round(ms / 100) / 10;
}
