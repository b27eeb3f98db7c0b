import type { JournalEntry } from './journal-entry.ts';

/** GitHub's limits as documented ("Rate limits", "Best practices" of the REST API). */
export interface ViolationLimits {
  readonly inFlight: number;
  /** Least time between two writes, start to start. */
  readonly writeGapMs: number;
  /** Allowed for what the network adds to or takes from a gap. */
  readonly toleranceMs: number;
  /** What came within this time of an answer that tells to wait was sent before the answer could be read. */
  readonly onItsWayMs: number;
  readonly contentPerMinute: number;
  readonly contentPerHour: number;
  readonly pointsPerMinute: number;
}

export interface Violation {
  readonly rule:
    | 'asked-while-told-to-wait'
    | 'writes-too-close'
    | 'too-many-in-flight'
    | 'content-per-minute'
    | 'content-per-hour'
    | 'points-per-minute'
    | 'page-not-from-link';
  readonly user: string;
  readonly requestId: string;
  readonly detail: string;
}

const documented: ViolationLimits = {
  inFlight: 10,
  writeGapMs: 1000,
  toleranceMs: 50,
  onItsWayMs: 250,
  contentPerMinute: 80,
  contentPerHour: 500,
  pointsPerMinute: 900,
};

const minute = 60_000;
const hour = 60 * minute;

export function findViolations(
  entries: readonly JournalEntry[],
  changed: Partial<ViolationLimits> = {},
): Violation[] {
  const limits = { ...documented, ...changed };
  const asked = entries.filter((entry) => entry.kind !== 'git' && entry.user !== null);
  const users = new Set(asked.map((entry) => entry.user));
  return [...users].flatMap((user) =>
    ofOneUser(
      asked.filter((entry) => entry.user === user),
      limits,
    ),
  );
}

function ofOneUser(entries: readonly JournalEntry[], limits: ViolationLimits): Violation[] {
  const writes = entries.filter(isWrite);
  const content = writes.filter((entry) => entry.contentCreation);
  return [
    ...entries.flatMap((entry, at) => tooEarly(entry, entries.slice(0, at), limits)),
    ...writes.flatMap((entry, at) => tooClose(entry, writes[at - 1], limits)),
    ...entries.filter((entry) => entry.inFlight > limits.inFlight).map(crowded),
    ...window(content, minute, limits.contentPerMinute, 'content-per-minute', () => 1),
    ...window(content, hour, limits.contentPerHour, 'content-per-hour', () => 1),
    ...window(entries, minute, limits.pointsPerMinute, 'points-per-minute', points),
    ...entries.filter(isOwnPage).map((entry) => violation('page-not-from-link', entry, entry.path)),
  ];
}

function tooEarly(
  entry: JournalEntry,
  before: readonly JournalEntry[],
  { onItsWayMs, toleranceMs }: ViolationLimits,
): Violation[] {
  const told = before.filter((other) => (other.endedMs ?? Infinity) + onItsWayMs < entry.startedMs);
  const until = Math.max(0, ...told.map((other) => other.waitUntilMs ?? 0));
  if (entry.startedMs + toleranceMs >= until) return [];
  const early = Math.ceil(until - entry.startedMs);
  return [violation('asked-while-told-to-wait', entry, `${early} ms too early`)];
}

function tooClose(
  entry: JournalEntry,
  before: JournalEntry | undefined,
  limits: ViolationLimits,
): Violation[] {
  const gap = entry.startedMs - (before?.startedMs ?? -Infinity);
  if (gap + limits.toleranceMs >= limits.writeGapMs) return [];
  return [violation('writes-too-close', entry, `${Math.round(gap)} ms after the last write`)];
}

function window(
  entries: readonly JournalEntry[],
  widthMs: number,
  most: number,
  rule: Violation['rule'],
  weight: (entry: JournalEntry) => number,
): Violation[] {
  let first = 0;
  let sum = 0;
  return entries.flatMap((entry) => {
    sum += weight(entry);
    for (let old = entries[first]; old !== undefined; old = entries[first]) {
      if (old.startedMs > entry.startedMs - widthMs) break;
      sum -= weight(old);
      first += 1;
    }
    return sum > most ? [violation(rule, entry, `${sum} in ${widthMs / 1000} s`)] : [];
  });
}

/** The emulator's GraphQL only reads. */
const isWrite = ({ kind, method }: JournalEntry): boolean =>
  kind === 'rest' && method !== 'GET' && method !== 'HEAD';
const points = (entry: JournalEntry): number => (isWrite(entry) ? 5 : 1);

/** A page after the first carries the `after` cursor that only our `Link` header hands out. */
function isOwnPage(entry: JournalEntry): boolean {
  const query = new URLSearchParams(entry.path.split('?')[1] ?? '');
  return Number(query.get('page') ?? '1') > 1 && !query.has('after');
}

const crowded = (entry: JournalEntry): Violation =>
  violation('too-many-in-flight', entry, `${entry.inFlight} at once`);

const violation = (rule: Violation['rule'], entry: JournalEntry, detail: string): Violation => ({
  rule,
  user: entry.user ?? '',
  requestId: entry.requestId,
  detail,
});
