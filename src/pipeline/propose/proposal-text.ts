import type { Finding } from '../../domain/finding.ts';
import type { RepositoryRef } from '../../domain/repository.ts';
import type { Proposal } from '../../domain/task.ts';
import { rank } from './rank.ts';

const titleLength = 120;

/**
 * The words of a proposal made from one finding. `body` is what an approval binds and what the agent is given;
 * `evidence` (permalink, lines, rank) is shown below it and may change without voiding anything.
 * `withCode` is false where the issue can be read by more people than the target.
 */
export function proposalFor(finding: Finding, options: { readonly withCode: boolean }): Proposal {
  const { rank: points, reasons } = rank(finding);
  const isIssue = finding.rule === 'stale-issue';
  return {
    title: isIssue ? issueTitle(finding) : todoTitle(finding),
    body: isIssue ? issueBody(finding) : todoBody(finding, options.withCode),
    rank: points,
    rankReasons: reasons,
    kind: isIssue ? 'stale-issue' : 'todo',
    evidence: evidence(finding, points, reasons),
  };
}

/** What is published as the issue's body; the code host appends the hidden marker. */
export function publishedBody(proposal: Proposal, approvedLabel: string): string {
  return [
    proposal.body,
    '',
    '---',
    proposal.evidence,
    '',
    `Set the label \`${approvedLabel}\` to have this done exactly as written above (needs write permission). ` +
      'Close this issue as not planned and it will not be proposed again. Editing the text voids an approval.',
  ].join('\n');
}

function todoTitle(finding: Finding): string {
  const what = finding.text === '' ? `resolve the ${finding.tag ?? 'note'}` : finding.text;
  return oneLine(
    `${finding.tag ?? 'TODO'} in ${shortName(finding.repository)}/${finding.path}: ${what}`,
  );
}

function todoBody(finding: Finding, withCode: boolean): string {
  const said = finding.text === '' ? '(the comment says nothing more)' : finding.text;
  const lines = [
    `Repository: ${displayName(finding.repository)}`,
    `File: ${finding.path}`,
    '',
    `A ${finding.tag ?? 'TODO'} comment asks for this work:`,
    '',
    fence(said, 'text'),
  ];
  if (withCode && finding.context.length > 0) {
    lines.push('', 'The code around it:', '', fence(finding.context.join('\n'), ''));
  }
  lines.push(
    '',
    'Do what the comment asks, in the style of the surrounding code, and remove the comment.',
  );
  return lines.join('\n');
}

function issueTitle(finding: Finding): string {
  return oneLine(
    `Stale issue ${finding.path.replace('issues/', '#')} in ${displayName(finding.repository)}: ${firstLine(finding.text)}`,
  );
}

function issueBody(finding: Finding): string {
  return [
    `Repository: ${displayName(finding.repository)}`,
    `Issue: ${finding.url ?? finding.path}`,
    '',
    'This issue has been quiet for a long time. It says:',
    '',
    fence(finding.text, 'text'),
    '',
    'Resolve it, or say why no change is needed.',
  ].join('\n');
}

function evidence(finding: Finding, points: number, reasons: Proposal['rankReasons']): string {
  const place =
    finding.url === null
      ? `${finding.path}:${finding.line}`
      : `[${finding.path}${finding.line > 0 ? `:${finding.line}` : ''}](${finding.url})`;
  const because = reasons.map(
    ({ points: given, because: reason }) => `${reason} (${given > 0 ? '+' : ''}${given})`,
  );
  return `Seen at ${place}. Rank ${points} of 100: ${because.join(', ')}.`;
}

/** A fence longer than any run of back-ticks inside, so that the text cannot close it (CommonMark 4.5). */
function fence(text: string, language: string): string {
  const runs = text.match(/`+/gu) ?? [];
  const marks = '`'.repeat(Math.max(3, ...runs.map((run) => run.length + 1)));
  return `${marks}${language}\n${text}\n${marks}`;
}

function displayName(repository: RepositoryRef): string {
  return repository.name;
}

function shortName(repository: RepositoryRef): string {
  return repository.name.split('/').at(-1) ?? repository.name;
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}

function oneLine(text: string): string {
  const line = text.replace(/[\p{Cc}\s]+/gu, ' ').trim();
  const points = [...line];
  return points.length <= titleLength ? line : `${points.slice(0, titleLength - 1).join('')}…`;
}
