/** A stretch of the week in which no work is started. */
export interface QuietHours {
  /** Days on which it begins. */
  readonly days: readonly Weekday[];
  /** HH:MM; `to` at or before `from` is on the next day. */
  readonly from: string;
  readonly to: string;
  /** IANA name, for example `Europe/Berlin`. */
  readonly timezone: string;
}

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof weekdays)[number];

/** The stretch that holds at the moment; null outside of all of them. Clocks are those of its zone, changes to summer time included. */
export function quietNow(stretches: readonly QuietHours[], now: Date): QuietHours | null {
  return stretches.find((stretch) => isWithin(stretch, now)) ?? null;
}

function isWithin({ days, from, to, timezone }: QuietHours, now: Date): boolean {
  const { day, time } = wallClock(now, timezone);
  const before = weekdays[(weekdays.indexOf(day) + 6) % 7] ?? day;
  if (from < to) return days.includes(day) && time >= from && time < to;
  return (days.includes(day) && time >= from) || (days.includes(before) && time < to);
}

function wallClock(now: Date, timeZone: string): { day: Weekday; time: string } {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(now);
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? '';
  const day = weekdays.find((one) => one === part('weekday').toLowerCase()) ?? 'mon';
  return { day, time: `${part('hour')}:${part('minute')}` };
}
