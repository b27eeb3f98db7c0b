import type { Command } from 'commander';
import type { VerifyReport } from '../../../operations/security/contract.ts';
import { verifyAudit } from '../../../operations/security/contract.ts';
import { printable } from '../output/terminal.ts';
import type { Run } from '../run.ts';

/** `security …`. */
export function addSecurityCommands(program: Command, run: Run): void {
  const security = program
    .command('security')
    .description('security of the running system, and the audit log');
  security
    .command('verify')
    .description(verifyAudit.summary)
    .option('--export <file>', 'also write the log as a bundle for a verifier of your own')
    .action(
      run<{ export?: string }, VerifyReport>(verifyAudit, ([flags]) => flags, verifyText, {
        exitCode: ({ ok }) => (ok ? 0 : 1),
      }),
    );
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
