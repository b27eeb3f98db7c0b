import type { Clock } from '../../../src/lib/clock.ts';

/** What one token has left, as `x-ratelimit-*` tells it. */
export interface Allowance {
  readonly limit: number;
  readonly remaining: number;
  readonly used: number;
  /** Epoch seconds. */
  readonly reset: number;
}

export interface RateLimit {
  look(token: string): Allowance;
  charge(token: string): void;
  /** Takes everything that is left, until so many seconds from now. */
  exhaust(token: string, seconds: number): void;
  /** The token is told to wait; until then every request gets the same refusal. */
  hold(token: string, seconds: number): void;
  /** Whole seconds that a held token still has to wait; 0 when it is free. */
  held(token: string): number;
}

const windowSeconds = 3600;

/** Primary limit per token in windows of one hour. */
export function createRateLimit(clock: Clock, limit: number, anonymousLimit: number): RateLimit {
  const windows = new Map<string, { used: number; endsMs: number; reset: number }>();
  const holds = new Map<string, number>();
  const start = (seconds: number, used: number) => ({
    used,
    endsMs: clock.monotonicMs() + seconds * 1000,
    reset: Math.ceil(clock.now().getTime() / 1000) + seconds,
  });
  const window = (token: string) => {
    const known = windows.get(token);
    if (known !== undefined && known.endsMs > clock.monotonicMs()) return known;
    const fresh = start(windowSeconds, 0);
    windows.set(token, fresh);
    return fresh;
  };
  const limitOf = (token: string): number => (token === '' ? anonymousLimit : limit);
  return {
    look(token) {
      const { used, reset } = window(token);
      const most = limitOf(token);
      return {
        limit: most,
        remaining: Math.max(0, most - used),
        used: Math.min(used, most),
        reset,
      };
    },
    charge: (token) => void (window(token).used += 1),
    exhaust: (token, seconds) => void windows.set(token, start(seconds, limitOf(token))),
    hold: (token, seconds) => void holds.set(token, clock.monotonicMs() + seconds * 1000),
    held: (token) => Math.max(0, Math.ceil(((holds.get(token) ?? 0) - clock.monotonicMs()) / 1000)),
  };
}
