import type { ChainedEntry } from '../../platform/audit/audit-entry.ts';
import type { Verification } from '../../platform/audit/verify-log.ts';
import type { AuditReview, severities } from './contract.ts';

type Issue = AuditReview['issues'][number];

/** One thing that somebody has to look at, seen in single entries. */
interface Rule {
  readonly code: string;
  readonly severity: (typeof severities)[number];
  /** Entries that belong together, for example all of one actor; null when it does not concern the rule. */
  readonly key: (entry: ChainedEntry) => string | null;
  /** Entries with one key until it is an issue. */
  readonly atLeast: number;
  /** The key that a later entry settles. */
  readonly settles?: (entry: ChainedEntry) => string | null;
  readonly evidence: (key: string, count: number) => string;
  readonly next: string;
}

const targetOf = ({ target }: ChainedEntry): string => target ?? 'unknown';
const when =
  (events: RegExp, key: (entry: ChainedEntry) => string = targetOf) =>
  (entry: ChainedEntry): string | null =>
    events.test(entry.event) ? key(entry) : null;

const rules: readonly Rule[] = [
  {
    code: 'entries_lost_in_restore',
    severity: 'high',
    key: when(
      /^audit\.restored$/u,
      ({ facts }) => `${String(facts['lostFrom'])} to ${String(facts['lostUntil'])}`,
    ),
    atLeast: 1,
    evidence: (key) => `A restore gave up the audit entries ${key}.`,
    next: 'Compare with the anchors and the log of GitHub what happened in that time.',
  },
  {
    code: 'secret_exposed',
    severity: 'critical',
    key: when(
      /^incident\.secret_exposed$/u,
      ({ target, facts }) => `${target ?? 'unknown'} at ${String(facts['place'])}`,
    ),
    atLeast: 1,
    evidence: (key) => `A secret of ours stood in a text on the code host: ${key}.`,
    next: 'Make it worthless where it was issued, then follow docs/guides/leaked-secret.md.',
  },
  {
    code: 'log_was_unwritable',
    severity: 'high',
    key: ({ facts }) => (facts['keptInReserve'] === true ? 'reserve' : null),
    atLeast: 1,
    evidence: (_, count) =>
      `${count} entries had to be kept in the reserve, because the audit log could not be written.`,
    next: 'Look at the disk and the database of that time.',
  },
  {
    code: 'clock_set_back',
    severity: 'medium',
    key: when(/^clock\.regression$/u, () => 'clock'),
    atLeast: 1,
    evidence: (_, count) =>
      `The clock was set back ${count} times; entries keep their order by number.`,
    next: 'Check time synchronization (timedatectl).',
  },
  {
    code: 'sign_in_failures',
    severity: 'high',
    key: (entry) =>
      /^auth\..*(?:fail|locked)$/u.test(entry.event) ||
      (/^sessions\.(?:sign-in|verify|prove)/u.test(entry.event) && entry.outcome === 'refused')
        ? (entry.target ?? entry.actor.name)
        : null,
    atLeast: 5,
    evidence: (key, count) => `${count} failed sign-ins of ${key}.`,
    next: 'Ask the person; lock the account with `claude-manager users disable` when it was not them.',
  },
  {
    code: 'account_locked',
    severity: 'medium',
    key: when(/^auth\.login\.locked$/u),
    settles: when(/^user\.(?:unlock|password_reset|password_changed)$|^auth\.login\.ok$/u),
    atLeast: 1,
    evidence: (key) => `The account ${key} was locked after wrong passwords.`,
    next: 'Unlock it with `claude-manager users unlock` once you know why.',
  },
  {
    code: 'client_blocked',
    severity: 'high',
    key: when(/^security\.blocked$/u),
    settles: when(/^security\.(?:unblocked|lifted)$/u),
    atLeast: 1,
    evidence: (key, count) => `${key} was blocked ${count} times.`,
    next: 'See `claude-manager security blocks list`; lift it when it was a mistake.',
  },
  {
    code: 'permission_denied',
    severity: 'medium',
    key: (entry) =>
      entry.outcome === 'refused' && (entry.reason ?? '').startsWith('forbidden')
        ? entry.actor.name
        : null,
    atLeast: 3,
    evidence: (key, count) => `${key} was refused ${count} times for lack of permission.`,
    next: 'Give the role that is needed, or find out what was tried.',
  },
  {
    code: 'hostile_input',
    severity: 'medium',
    key: ({ outcome, facts, actor, source }) =>
      outcome === 'begun' && Array.isArray(facts['flags']) ? (source ?? actor.name) : null,
    atLeast: 3,
    evidence: (key, count) =>
      `${count} inputs from ${key} looked like an attack; they were kept as text.`,
    next: 'Look at these entries; block the client when it goes on.',
  },
  {
    code: 'approval_refused',
    severity: 'low',
    key: when(/^approval\.(?:refused|stale|revoked)/u),
    settles: when(/^approval\.granted$/u),
    atLeast: 1,
    evidence: (key) => `An approval of task ${key} did not count, or counts no more.`,
    next: 'See `claude-manager tasks explain`.',
  },
  {
    code: 'write_of_unknown_outcome',
    severity: 'medium',
    key: when(/^effect\.unknown$/u, ({ correlationId }) => correlationId),
    settles: when(/^effect\.(?:done|adopted|failed)$/u, ({ correlationId }) => correlationId),
    atLeast: 1,
    evidence: (key) => `The answer to the write ${key} was lost.`,
    next: 'The service looks for it by itself; if it stays, see `claude-manager tasks explain`.',
  },
  {
    code: 'write_failed',
    severity: 'medium',
    key: when(/^effect\.failed$/u),
    atLeast: 1,
    evidence: (key, count) => `${count} writes for ${key} failed.`,
    next: 'See `claude-manager tasks explain` for the task.',
  },
  {
    code: 'credential_trouble',
    severity: 'high',
    key: (entry) =>
      entry.event.startsWith('credential.') && entry.outcome === 'failed' ? targetOf(entry) : null,
    settles: (entry) =>
      /^credential\.(?:changed|rotated)$/u.test(entry.event) && entry.outcome === 'ok'
        ? targetOf(entry)
        : null,
    atLeast: 1,
    evidence: (key, count) =>
      `The credential ${key} could not be rotated or used (${count} times).`,
    next: 'See `claude-manager credentials list`.',
  },
];

/** Gathers issues entry by entry; nothing is held but counts and the first numbers. */
export function createIssueFinder(): {
  see(entry: ChainedEntry): void;
  found(verification: Verification, until: Date): readonly Issue[];
} {
  const seen = new Map<string, { rule: Rule; key: string; count: number; entries: number[] }>();
  const open = new Map<number, ChainedEntry>();
  return {
    see: (entry) => {
      // What the pipeline begins ends with another event; calls at a door end with their own.
      if (entry.outcome === 'begun' && 'door' in entry.facts) open.set(entry.seq, entry);
      if (entry.begun !== null) open.delete(entry.begun);
      for (const rule of rules) {
        const settled = rule.settles?.(entry) ?? null;
        if (settled !== null) seen.delete(`${rule.code} ${settled}`);
        const key = rule.key(entry);
        if (key === null) continue;
        const name = `${rule.code} ${key}`;
        const group = seen.get(name) ?? { rule, key, count: 0, entries: [] };
        group.count += 1;
        if (group.entries.length < 10) group.entries.push(entry.seq);
        seen.set(name, group);
      }
    },
    found: (verification, until) => [
      ...integrity(verification),
      ...unended([...open.values()], until),
      ...[...seen.values()]
        .filter(({ rule, count }) => count >= rule.atLeast)
        .map(({ rule, key, count, entries }) => ({
          code: rule.code,
          severity: rule.severity,
          evidence: rule.evidence(key, count),
          next: rule.next,
          entries,
        })),
    ],
  };
}

function integrity({ ok, firstBad, why }: Verification): readonly Issue[] {
  if (ok) return [];
  return [
    {
      code: 'audit_log_tampered',
      severity: 'critical',
      evidence: `The audit log does not verify${firstBad === null ? '' : ` from entry ${firstBad} on`}: ${why ?? ''}.`,
      next: 'Keep database and anchors as they are, and see the guide on the audit log.',
      entries: firstBad === null ? [] : [firstBad],
    },
  ];
}

/** No call of an operation takes longer; a service that runs is one call. */
const endsWithinMs = 60 * 60 * 1000;
const lastsLong = /^service\.|^scans\.run$|^tasks\.execute$/u;

function unended(open: readonly ChainedEntry[], until: Date): readonly Issue[] {
  const late = open.filter(
    ({ at, event }) => until.getTime() - at.getTime() > endsWithinMs && !lastsLong.test(event),
  );
  if (late.length === 0) return [];
  return [
    {
      code: 'act_without_end',
      severity: 'low',
      evidence: `${late.length} acts began and no end was recorded: their process died, or could not write.`,
      next: 'Look at what they were about, and whether it was done.',
      entries: late.slice(0, 10).map(({ seq }) => seq),
    },
  ];
}
