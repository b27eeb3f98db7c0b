import type { FindingQueries, FindingSummary } from '../../domain/ports/page-queries.ts';
import type { RepositoryRef } from '../../domain/repository.ts';
import { AppError } from '../../lib/app-error.ts';
import type { Served } from '../gate.ts';
import { serve } from '../gate.ts';
import { reachOf, requireReach } from '../repository-rights.ts';
import type { FindingItem } from './contract.ts';
import { listFindings, showFinding } from './contract.ts';

export interface FindingPorts {
  readonly findingQueries: FindingQueries;
  readonly repository: (name: string) => RepositoryRef;
}

/** What people and programs read of findings. */
export function findingHandlers(ports: FindingPorts): readonly Served[] {
  return [
    serve(listFindings, async ({ repo, status, rule, q, after, limit }, { actor }) => {
      const target = repo === undefined ? undefined : ports.repository(repo);
      if (target !== undefined) requireReach(actor, 'tasks:read', target.name);
      const within = reachOf(actor, 'tasks:read');
      const { items, next } = await ports.findingQueries.page({
        ...(target === undefined ? {} : { target }),
        ...(within === null || target !== undefined ? {} : { within }),
        ...(status === undefined ? {} : { statuses: status }),
        ...(rule === undefined ? {} : { rule }),
        ...(q === undefined || q.trim() === '' ? {} : { text: q.trim() }),
        ...(after === undefined ? {} : { after }),
        limit,
      });
      return { items: items.map(itemOf), next };
    }),
    serve(showFinding, async ({ id }, { actor }) => {
      const finding = await ports.findingQueries.one(id);
      if (finding === null) {
        throw new AppError({
          kind: 'not_found',
          code: 'finding_unknown',
          message: `There is no finding ${id}.`,
          next: 'List the findings of the repository to see their ids.',
          details: { id },
        });
      }
      requireReach(actor, 'tasks:read', finding.repository.name);
      const { context, contextStart, fingerprint, missedScans } = finding;
      return { ...itemOf(finding), context: [...context], contextStart, fingerprint, missedScans };
    }),
  ];
}

function itemOf(finding: FindingSummary): FindingItem {
  const { id, rule, status, path, line, endLine, tag, text, owner, issue, confidence } = finding;
  return {
    id,
    repository: finding.repository.name,
    rule,
    status,
    path,
    line,
    endLine,
    tag,
    text,
    owner,
    issue,
    confidence,
    commit: finding.commit,
    url: finding.url,
    firstSeen: finding.firstSeen.toISOString(),
    task: finding.task,
  };
}
