import type { Finding } from '../../domain/finding.ts';
import { normalizeText } from '../../domain/finding.ts';
import type { RepositoryRef } from '../../domain/repository.ts';
import type { Proposal } from '../../domain/task.ts';
import { inert } from '../deliver/report.ts';
import { withoutInvisible } from '../execute/visible.ts';
import { rank } from './rank.ts';

const titleLength = 120;
/** Well under the 65,536 characters that GitHub takes for a body. */
const textLength = 16_000;
const contextLength = 4_000;

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
  return `${proposal.body}\n${footer(proposal, approvedLabel)}`;
}

/** The words of an edited body: what we wrote below them is set aside where it still stands as we wrote it. */
export function wordsOf(body: string, proposal: Proposal, approvedLabel: string): string {
  const below = footer(proposal, approvedLabel);
  const text = body.trimEnd();
  return text.endsWith(below) ? text.slice(0, -below.length).trimEnd() : body;
}

/** Whether the proposal still quotes the comment as it stands in the code; moved and re-indented is the same. */
export function quotes(proposal: Pick<Proposal, 'body'>, finding: Finding): boolean {
  return normalizeText(proposal.body).includes(normalizeText(quotation(finding)));
}

function footer(proposal: Proposal, approvedLabel: string): string {
  return [
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
  const lines = [
    `Repository: ${displayName(finding.repository)}`,
    `File: ${code(finding.path)}`,
    '',
    `A ${finding.tag ?? 'TODO'} comment asks for this work:`,
    '',
    quotation(finding),
  ];
  if (withCode && finding.context.length > 0) {
    const context = clipped(withoutInvisible(finding.context.join('\n')), contextLength);
    lines.push('', 'The code around it:', '', fence(context, ''));
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
    quotation(finding),
    '',
    'Resolve it, or say why no change is needed.',
  ].join('\n');
}

function quotation(finding: Finding): string {
  const text = clipped(withoutInvisible(finding.text), textLength);
  return fence(text === '' ? '(the comment says nothing more)' : text, 'text');
}

function evidence(finding: Finding, points: number, reasons: Proposal['rankReasons']): string {
  const where = `${oneLine(finding.path)}${finding.line > 0 ? `:${finding.line}` : ''}`;
  const place = finding.url === null ? code(where) : `[${code(where)}](${finding.url})`;
  const because = reasons.map(
    ({ points: given, because: reason }) => `${inert(reason)} (${given > 0 ? '+' : ''}${given})`,
  );
  return `Seen at ${place}. Rank ${points} of 100: ${because.join(', ') || 'nothing speaks for it'}.`;
}

/** Foreign text as code in a line: nobody is mentioned, nothing is linked, the span cannot be closed (CommonMark 6.1). */
function code(text: string): string {
  const line = oneLine(text);
  const marks = backticks(line, 1);
  return `${marks}${/^`|`$/u.test(line) ? ` ${line} ` : line}${marks}`;
}

/** A fence longer than any run of back-ticks inside, so that the text cannot close it (CommonMark 4.5). */
function fence(text: string, language: string): string {
  const marks = backticks(text, 3);
  return `${marks}${language}\n${text}\n${marks}`;
}

function backticks(text: string, atLeast: number): string {
  const longest = (text.match(/`+/gu) ?? []).reduce((most, run) => Math.max(most, run.length), 0);
  return '`'.repeat(Math.max(atLeast, longest + 1));
}

function clipped(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length).toWellFormed()}\n… (cut here)`;
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
  const line = withoutInvisible(text).replace(/\s+/gu, ' ').trim();
  const points = [...line];
  return points.length <= titleLength ? line : `${points.slice(0, titleLength - 1).join('')}…`;
}
