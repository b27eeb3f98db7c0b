import type { Budget } from './limits.ts';

/** What an answer says about limits. */
export interface AnswerHead {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Beginning of the body, for the words of a limit without headers. */
  readonly text: string;
}

/** Takes what the answer says into the budget; `limited`: GitHub refused for a limit, and nothing was done. */
export function observe(
  budget: Budget,
  answer: AnswerHead,
  now: number,
): { readonly budget: Budget; readonly limited: boolean } {
  const untilReset = untilResetMs(answer, now);
  const reset = untilReset === null ? null : now + untilReset;
  if (!isLimit(answer)) {
    const strikes = answer.status < 400 ? 0 : budget.strikes;
    return { budget: paused({ ...budget, strikes }, reset ?? 0), limited: false };
  }
  const after = retryAfterMs(answer, now);
  if (after !== null) return { budget: paused(budget, now + after), limited: true };
  if (reset !== null) return { budget: paused(budget, reset), limited: true };
  const strikes = budget.strikes + 1;
  const until = now + unnamedWaitMs * 2 ** Math.min(strikes - 1, 6);
  return { budget: paused({ ...budget, strikes }, until), limited: true };
}

/** GitHub asks for at least a minute when it names no time, then for exponentially more. */
const unnamedWaitMs = 60_000;

/** The reset is told in whole seconds; a second more is never too early. */
const afterResetMs = 1000;

/** Whether the budget has to learn of it; of other answers only writes tell, to forget earlier refusals. */
export function concernsLimits(answer: AnswerHead): boolean {
  return isLimit(answer) || untilResetMs(answer, 0) !== null;
}

/** Limits come as 403 or 429, by header or only by words (docs.github.com, "Exceeding the rate limit"). */
export function isLimit({ status, headers, text }: AnswerHead): boolean {
  if (status === 429) return true;
  if (status !== 403) return false;
  if (headers['retry-after'] !== undefined || headers['x-ratelimit-remaining'] === '0') return true;
  return /rate limit|abuse detection/iu.test(text);
}

function retryAfterMs({ headers }: AnswerHead, now: number): number | null {
  const value = headers['retry-after'];
  if (value === undefined) return null;
  if (/^\d+$/u.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}

/** From the answer to the reset, by GitHub's own clock when it tells its time: ours may be wrong by hours. */
function untilResetMs({ headers }: AnswerHead, now: number): number | null {
  if (headers['x-ratelimit-remaining'] !== '0') return null;
  const seconds = Number(headers['x-ratelimit-reset']);
  if (!Number.isFinite(seconds) || seconds <= 0) return null;
  const there = Date.parse(headers['date'] ?? '');
  return seconds * 1000 + afterResetMs - (Number.isNaN(there) ? now : there);
}

function paused(budget: Budget, until: number): Budget {
  return { ...budget, pausedUntil: Math.max(budget.pausedUntil, until) };
}
