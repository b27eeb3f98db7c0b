import type { Finding } from '../../domain/finding.ts';

/** One finding as `scan --format jsonl` prints it. */
export interface FindingRow {
  readonly repository: string;
  readonly rule: string;
  readonly path: string;
  readonly line: number;
  readonly endLine: number;
  readonly tag: string | null;
  readonly text: string;
  readonly owner: string | null;
  readonly issue: string | null;
  readonly confidence: number;
  readonly id: string;
  readonly fingerprint: string;
  readonly commit: string | null;
  readonly url: string | null;
}

/** The printed form of a finding. */
export function findingRow(finding: Finding): FindingRow {
  return {
    repository: finding.repository.name,
    rule: finding.rule,
    path: finding.path,
    line: finding.line,
    endLine: finding.endLine,
    tag: finding.tag,
    text: finding.text,
    owner: finding.owner,
    issue: finding.issue,
    confidence: finding.confidence,
    id: finding.id,
    fingerprint: finding.fingerprint,
    commit: finding.commit,
    url: finding.url,
  };
}
