import { type Demand, type Lane, rankOf } from './lanes.ts';

/** Requests of one process that wait in one lane; times are epoch milliseconds. */
export interface Waiting {
  /** The process. */
  readonly owner: string;
  readonly lane: Lane;
  readonly write: boolean;
  readonly count: number;
  /** When it asks again; from then on others of later lanes let it go first ... */
  readonly due: number;
  /** ... until then, because it may have died. */
  readonly until: number;
}

/** A process that is a little late for its turn does not lose it. */
const graceMs = 500;

export function waitingFrom(
  owner: string,
  { lane, write }: Demand,
  count: number,
  due: number,
): Waiting {
  return { owner, lane, write, count, due, until: due + graceMs };
}

/** Whether another process waits in an earlier lane for the same kind of turn. */
export function mustYield(
  waiting: readonly Waiting[],
  { lane, write }: Demand,
  owner: string,
  now: number,
): boolean {
  return waiting.some(
    (other) =>
      other.owner !== owner &&
      other.write === write &&
      rankOf(other.lane) < rankOf(lane) &&
      other.due <= now &&
      other.until > now,
  );
}

export function withoutEnded(waiting: readonly Waiting[], now: number): readonly Waiting[] {
  return waiting.filter(({ until }) => until > now);
}
