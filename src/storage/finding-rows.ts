import type { Insertable, Selectable } from 'kysely';
import type { Sighting } from '../domain/finding.ts';
import type { KnownFinding } from '../domain/ports/stores.ts';
import type { RepositoryRef } from '../domain/repository.ts';
import { repositoryKey } from '../domain/repository.ts';
import { storedJson, storedText } from '../lib/stored-text.ts';
import type { FindingRow } from './tables.ts';

type Detail = Omit<Sighting, 'rule' | 'path' | 'line'>;

/** A finding as its row. */
export function findingRow(
  repository: RepositoryRef,
  finding: KnownFinding,
): Insertable<FindingRow> {
  return {
    id: finding.id,
    repository: storedJson(repository),
    repository_key: repositoryKey(repository),
    rule: finding.rule,
    status: finding.status,
    path: storedText(finding.path),
    line: finding.line,
    fingerprint: finding.fingerprint,
    commit: finding.commit,
    oid: finding.oid,
    first_seen: finding.firstSeen,
    missed_scans: finding.missedScans,
    detail: storedJson(detailOf(finding)),
  };
}

/** The finding of a row. */
export function findingOf(row: Selectable<FindingRow>): KnownFinding {
  return {
    ...(row.detail as Detail),
    id: row.id,
    repository: row.repository as RepositoryRef,
    rule: row.rule as KnownFinding['rule'],
    status: row.status as KnownFinding['status'],
    path: row.path,
    line: row.line,
    fingerprint: row.fingerprint,
    commit: row.commit,
    oid: row.oid,
    firstSeen: row.first_seen,
    missedScans: row.missed_scans,
  };
}

function detailOf(finding: KnownFinding): Detail {
  return {
    endLine: finding.endLine,
    tag: finding.tag,
    text: finding.text,
    owner: finding.owner,
    issue: finding.issue,
    confidence: finding.confidence,
    url: finding.url,
    context: finding.context,
    contextStart: finding.contextStart,
  };
}
