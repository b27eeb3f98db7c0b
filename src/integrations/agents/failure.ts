import type { AgentEnd } from '../../domain/agent-event.ts';

/** What an agent's last error was about, told from the HTTP status of its model and the words it used. */
export function failureOf(status: number | null, text: string): NonNullable<AgentEnd['failure']> {
  if (status === 401 || status === 403 || authenticationWords.test(text)) return 'authentication';
  if (quotaWords.test(text)) return 'model_quota';
  if (status === 429 || rateWords.test(text)) return 'rate_limit';
  if ((status !== null && status >= 500) || transientWords.test(text)) return 'transient';
  return 'agent';
}

/** When a quota resets, if the text says so: seconds since 1970 after a bar, or an ISO 8601 time. */
export function resetTimeIn(text: string): Date | null {
  const seconds = /\|(\d{10})\b/.exec(text)?.[1];
  if (seconds !== undefined) return new Date(Number(seconds) * 1000);
  const iso = /\b\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)/.exec(text)?.[0];
  return iso === undefined ? null : new Date(iso);
}

/** The HTTP status that an error text names, as in `unexpected status 429`. */
export function statusIn(text: string): number | null {
  const found = /\b(?:status|API Error:?)\s+(\d{3})\b/i.exec(text)?.[1];
  return found === undefined ? null : Number(found);
}

const authenticationWords =
  /not logged in|invalid (x-)?api[- ]key|incorrect api key|authentication[_ ](failed|error)|unauthorized|oauth token|please run \/login/i;
const quotaWords =
  /usage limit|limit reached|hit your limit|insufficient_quota|exceeded your current quota|credit balance|billing/i;
const rateWords = /rate[_ -]?limit|too many requests/i;
const transientWords =
  /overloaded|timed? ?out|ECONNRE|ECONNREFUSED|connection error|network error|socket hang up|stream disconnected|service unavailable|bad gateway/i;
