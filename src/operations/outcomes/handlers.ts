import type { z } from 'zod';
import type { OutcomeFact, OutcomeQueries } from '../../domain/ports/page-queries.ts';
import type { RepositoryRef } from '../../domain/repository.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Served } from '../gate.ts';
import { serve } from '../gate.ts';
import { requireReach } from '../repository-rights.ts';
import type { OutcomeRow } from './contract.ts';
import { showOutcomes } from './contract.ts';

export interface OutcomePorts {
  readonly outcomeQueries: OutcomeQueries;
  readonly clock: Pick<Clock, 'now'>;
  readonly repository: (name: string) => RepositoryRef;
}

type Figure = z.infer<typeof showOutcomes.output>['figures'][number];
type LeadTimes = Awaited<ReturnType<OutcomeQueries['leadTimes']>>;
interface Period {
  readonly facts: readonly OutcomeFact[];
  readonly leads: LeadTimes;
}

const dayMs = 86_400_000;

/** What came of the work in a period, beside the period of equal length before it. */
export function outcomeHandlers(ports: OutcomePorts): readonly Served[] {
  return [
    serve(showOutcomes, async ({ days, until: end, repo }, { actor }) => {
      const target = repo === undefined ? null : ports.repository(repo);
      requireReach(actor, 'metrics:read', target?.name ?? null);
      const until = end === undefined ? ports.clock.now() : new Date(end);
      const from = new Date(until.getTime() - days * dayMs);
      const before = new Date(from.getTime() - days * dayMs);
      const [now, then] = await Promise.all([
        read(ports, from, until, target),
        read(ports, before, from, target),
      ]);
      return {
        from: from.toISOString(),
        until: until.toISOString(),
        figures: figuresOf(now, then),
        totals: rowOf('all', now),
        trend: trendOf(now.facts, from, until),
        byKind: rowsBy(now, ({ kind }) => kind),
        byAgent: rowsBy(now, ({ agent }) => agent),
        byRepository: rowsBy(now, ({ target: name }) => name),
      };
    }),
  ];
}

async function read(
  { outcomeQueries }: OutcomePorts,
  from: Date,
  until: Date,
  target: RepositoryRef | null,
): Promise<Period> {
  const [facts, leads] = await Promise.all([
    outcomeQueries.between(from, until, target),
    outcomeQueries.leadTimes(from, until, target),
  ]);
  return { facts, leads };
}

function figuresOf(now: Period, then: Period): Figure[] {
  const [current, previous] = [rowOf('now', now), rowOf('then', then)];
  const share = ({ approved, proposed }: OutcomeRow): number | null =>
    proposed === 0 ? null : approved / proposed;
  return [
    {
      key: 'merged',
      label: 'Merged',
      unit: 'count',
      value: current.merged,
      previous: previous.merged,
      definition: 'Tasks whose pull request was merged in the period.',
    },
    {
      key: 'approved_share',
      label: 'Approved of proposed',
      unit: 'share',
      value: share(current),
      previous: share(previous),
      definition:
        'Tasks that got their first approval in the period, divided by tasks that were proposed in it. It can exceed 1 when older proposals are approved.',
    },
    {
      key: 'cost_per_merged',
      label: 'Cost per merged pull request',
      unit: 'usd',
      value: current.costPerMergedUsd,
      previous: previous.costPerMergedUsd,
      definition:
        'US dollars of all runs that ended in the period, whatever came of them, divided by the tasks merged in it.',
    },
    {
      key: 'lead_time',
      label: 'Median lead time',
      unit: 'hours',
      value: current.leadTimeHours,
      previous: previous.leadTimeHours,
      definition:
        'The middle one of the times from proposal to merge of the tasks merged in the period.',
    },
  ];
}

function rowsBy(
  { facts, leads }: Period,
  nameOf: (one: Pick<OutcomeFact, 'kind' | 'agent' | 'target'>) => string,
): OutcomeRow[] {
  const names = [...new Set(facts.map(nameOf))];
  return names
    .map((name) =>
      rowOf(name, {
        facts: facts.filter((fact) => nameOf(fact) === name),
        leads: leads.filter((lead) => nameOf(lead) === name),
      }),
    )
    .sort((a, b) => b.merged - a.merged || b.proposed - a.proposed || (a.name < b.name ? -1 : 1));
}

function rowOf(name: string, { facts, leads }: Period): OutcomeRow {
  const count = (what: OutcomeFact['what']): number =>
    facts.filter((fact) => fact.what === what).reduce((sum, fact) => sum + fact.count, 0);
  const costUsd = facts.reduce((sum, fact) => sum + fact.costUsd, 0);
  const merged = count('merged');
  return {
    name,
    proposed: count('proposed'),
    approved: count('approved'),
    rejected: count('rejected'),
    merged,
    runs: count('run'),
    costUsd,
    costPerMergedUsd: merged === 0 ? null : costUsd / merged,
    leadTimeHours: median(leads.map(({ hours }) => hours)),
  };
}

function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

function trendOf(
  facts: readonly OutcomeFact[],
  from: Date,
  until: Date,
): z.infer<typeof showOutcomes.output>['trend'] {
  const days = new Map<
    string,
    { proposed: number; approved: number; merged: number; costUsd: number }
  >();
  const first = Date.UTC(from.getUTCFullYear(), from.getUTCMonth(), from.getUTCDate());
  for (let at = first; at < until.getTime(); at += dayMs) {
    const day = new Date(at).toISOString().slice(0, 10);
    days.set(day, { proposed: 0, approved: 0, merged: 0, costUsd: 0 });
  }
  for (const { day, what, count, costUsd } of facts) {
    const sums = days.get(day);
    if (sums === undefined) continue;
    sums.costUsd += costUsd;
    if (what === 'proposed' || what === 'approved' || what === 'merged') sums[what] += count;
  }
  return [...days].map(([day, sums]) => ({ day, ...sums }));
}
