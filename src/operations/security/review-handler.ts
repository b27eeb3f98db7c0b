import type { Clock } from '../../lib/clock.ts';
import type { Audit } from '../../platform/audit/audit.ts';
import type { ChainedEntry } from '../../platform/audit/audit-entry.ts';
import type { Served } from '../gate.ts';
import { serve } from '../gate.ts';
import type { AuditReview } from './contract.ts';
import { reviewAudit, severities } from './contract.ts';
import { createIssueFinder } from './open-issues.ts';

export interface ReviewPorts {
  readonly audit: Pick<Audit, 'verify' | 'period'>;
  readonly clock: Pick<Clock, 'now'>;
}

/** The parts of the system that events belong to, by the beginning of their names. */
const areas: readonly (readonly [area: string, events: RegExp])[] = [
  ['sign-in and sessions', /^(?:auth|sessions?)\./u],
  ['accounts, roles and tokens', /^(?:users?|accounts?|roles?|tokens?)\./u],
  ['credentials', /^credentials?\./u],
  ['blocks and limits', /^security\.(?:blocked|unblocked|lifted|cleanup)/u],
  ['approvals', /^approval\.|^tasks\.(?:approve|reject)$/u],
  ['agents and tasks', /^(?:agent|tasks?|proposal|issues)\./u],
  ['writes outside', /^(?:effect|git|pr)\./u],
  ['configuration and service', /^(?:config|service|repositories)\./u],
  ['backups', /^backups?\./u],
  ['the audit log', /^(?:audit|clock)\.|^security\.(?:verify|report|audit)$/u],
];

/** `security.audit`. */
export function auditReviewHandlers({ audit, clock }: ReviewPorts): readonly Served[] {
  return [
    serve(reviewAudit, async ({ hours }, { correlationId }) => {
      const until = clock.now();
      const since = new Date(until.getTime() - hours * 3_600_000);
      const verification = await audit.verify();
      const finder = createIssueFinder();
      const tally = createTally();
      for await (const page of audit.period({ since, until }))
        for (const { entry } of page) {
          if (entry.correlationId === correlationId) continue;
          tally.add(entry);
          finder.see(entry);
        }
      const issues = finder
        .found(verification, until)
        .toSorted(
          (one, other) => severities.indexOf(one.severity) - severities.indexOf(other.severity),
        );
      return {
        since: since.toISOString(),
        until: until.toISOString(),
        ...tally.result(),
        issues: issues.map((issue) => ({ ...issue, entries: [...issue.entries] })),
      };
    }),
  ];
}

function createTally(): {
  add(entry: ChainedEntry): void;
  result(): Pick<AuditReview, 'entries' | 'areas' | 'events'>;
} {
  let entries = 0;
  const events = new Map<string, { event: string; outcome: string; count: number }>();
  return {
    add: ({ event, outcome }) => {
      entries += 1;
      const name = `${event} ${outcome}`;
      const known = events.get(name) ?? { event, outcome, count: 0 };
      known.count += 1;
      events.set(name, known);
    },
    result: () => {
      const all = [...events.values()].toSorted((one, other) => other.count - one.count);
      return {
        entries,
        areas: areas.map(([area, names]) => areaOf(area, names, all)),
        events: all,
      };
    },
  };
}

function areaOf(
  area: string,
  names: RegExp,
  events: AuditReview['events'],
): AuditReview['areas'][number] {
  const own = events.filter(({ event }) => names.test(event));
  if (own.length === 0) return { area, entries: null, refused: null, failed: null };
  const sum = (outcome?: string): number =>
    own.reduce(
      (total, one) =>
        outcome === undefined || one.outcome === outcome ? total + one.count : total,
      0,
    );
  return { area, entries: sum(), refused: sum('refused'), failed: sum('failed') };
}
