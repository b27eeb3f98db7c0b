import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import type {
  AuditReview,
  EvidenceReport,
  VerifyReport,
} from '../../../operations/security/contract.ts';
import { reportEvidence, reviewAudit, verifyAudit } from '../../../operations/security/contract.ts';
import { printable, table } from '../output/terminal.ts';
import type { Run } from '../run.ts';

/** `security …`; answers the command, so that others hang theirs below it. */
export function addSecurityCommands(program: Command, run: Run): Command {
  const security = program
    .command('security')
    .description('security of the running system, and the audit log');
  security
    .command('audit')
    .description(reviewAudit.summary)
    .option('--hours <number>', 'how far to look back', wholeHours, 24)
    .action(
      run<object, AuditReview>(reviewAudit, ([flags]) => flags, reviewText, {
        exitCode: ({ issues }) => (issues.length === 0 ? 0 : 1),
      }),
    );
  security
    .command('report')
    .description(reportEvidence.summary)
    .option('--hours <number>', 'how far to look back', wholeHours, 24 * 30)
    .option('--html <file>', 'also write it as a page that prints well')
    .action(run<object, EvidenceReport>(reportEvidence, ([flags]) => flags, reportText));
  security
    .command('verify')
    .description(verifyAudit.summary)
    .option('--export <file>', 'also write the log as a bundle for a verifier of your own')
    .action(
      run<{ export?: string }, VerifyReport>(verifyAudit, ([flags]) => flags, verifyText, {
        exitCode: ({ ok }) => (ok ? 0 : 1),
      }),
    );
  return security;
}

function verifyText(report: VerifyReport): string {
  const { ok, entries, first, firstBad, why, head, checkpoints, signedUntil } = report;
  const range = first === 1 ? '' : ` (entries before ${first} were pruned by a signed statement)`;
  const lines = [
    ok
      ? `The audit log is intact: ${entries} entries, ${checkpoints} checkpoints${range}.`
      : `THE AUDIT LOG WAS TAMPERED WITH${firstBad === null ? '' : ` at entry ${firstBad}`}: ${why ?? ''}.`,
    `signed until    ${signedUntil} of ${head.seq}`,
    `head            ${head.hash}`,
    `root            ${report.root}`,
    `key             ${report.verifierKey}`,
    ...report.anchors.map(({ name, lines: count }) => `compared with   ${name} (${count} lines)`),
    ...report.gaps.map(
      ({ after, until, at }) =>
        `declared gap    a restore at ${at} gave up the entries ${after + 1} to ${until}`,
    ),
    ...(report.exported === null ? [] : [`exported        ${report.exported}`]),
  ];
  return `${printable(lines.join('\n'))}\n`;
}

function wholeHours(text: string): number {
  const value = Number(text);
  if (!(Number.isInteger(value) && value > 0)) {
    throw new InvalidArgumentError('Give a whole number of hours above 0.');
  }
  return value;
}

function reviewText({ since, until, entries, areas, events, issues }: AuditReview): string {
  const shown = events.slice(0, 20);
  const parts = [
    `${since} to ${until}: ${entries === 0 ? 'no data' : `${entries} entries`}\n\n`,
    table([
      ['AREA', 'ENTRIES', 'REFUSED', 'FAILED'],
      ...areas.map(({ area, entries: count, refused, failed }) =>
        count === null
          ? [area, 'no data', '', '']
          : [area, String(count), String(refused), String(failed)],
      ),
    ]),
    shown.length === 0
      ? ''
      : `\n${table([['EVENT', 'OUTCOME', 'COUNT'], ...shown.map(({ event, outcome, count }) => [event, outcome, String(count)])])}`,
    issues.length === 0 ? '\nNo open issues.\n' : `\n${issues.length} open issues:\n`,
    ...issues.map(
      ({ severity, code, evidence, next, entries: seqs }) =>
        `\n${severity.toUpperCase()}  ${code}\n  ${evidence}${seqs.length === 0 ? '' : ` (entries ${seqs.join(', ')})`}\n  next: ${next}\n`,
    ),
  ];
  return parts.map((part) => printable(part)).join('');
}

function reportText({ since, until, log, entries, controls, file }: EvidenceReport): string {
  const state = log.intact
    ? `The log verifies: ${log.entries} entries, signed until ${log.signedUntil}.`
    : `THE LOG DOES NOT VERIFY${log.firstBad === null ? '' : ` from entry ${log.firstBad} on`}: ${log.why ?? ''}.`;
  const rows = controls.map(({ framework, control, title, count, exceptionCount }) => [
    framework,
    control,
    title,
    count === null ? 'no data' : String(count),
    count === null ? '' : String(exceptionCount),
  ]);
  return `${printable(`${since} to ${until}: ${entries === null ? 'no data' : `${entries} entries`}\n${state}\n`)}
${table([['FRAMEWORK', 'CONTROL', 'ABOUT', 'ENTRIES', 'EXCEPTIONS'], ...rows])}
${file === null ? 'Samples, proofs and exceptions: --json, or --html FILE for a page.' : `Page: ${printable(file)}`}
`;
}
