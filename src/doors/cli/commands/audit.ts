import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import type { AuditLine } from '../../../operations/audit/contract.ts';
import {
  auditFormats,
  declareAuditGap,
  exportAudit,
  listAudit,
  showAudit,
} from '../../../operations/audit/contract.ts';
import { printable, table } from '../output/terminal.ts';
import type { Run } from '../run.ts';

interface Exported {
  readonly entries: number;
  readonly file: string | null;
  readonly lines: readonly string[] | null;
}

/** `audit …`. */
export function addAuditCommands(program: Command, run: Run): void {
  const audit = program.command('audit').description('the audit log: list, show, export');
  audit
    .command('list')
    .description(listAudit.summary)
    .option('--event <name>', 'only this event')
    .addOption(
      new Option('--outcome <outcome>', 'only with this outcome').choices([
        'begun',
        'ok',
        'refused',
        'failed',
      ]),
    )
    .option('--actor <name>', 'only of this actor')
    .option('--target <target>', 'only about this')
    .option('--correlation-id <id>', 'only of this unit of work')
    .option('--since <time>', 'from this moment on (RFC 3339)')
    .option('--until <time>', 'before this moment (RFC 3339)')
    .option('--before-seq <number>', 'the page before this entry', whole)
    .option('--limit <number>', 'at most so many', whole)
    .action(
      run<object, { entries: readonly AuditLine[] }>(
        listAudit,
        ([flags]) => flags,
        ({ entries }) => (entries.length === 0 ? 'No entries.\n' : listText(entries)),
      ),
    );
  audit
    .command('show <seq>')
    .description(showAudit.summary)
    .option('--proof', 'with a proof that it is in the signed log')
    .action(
      run<string | { proof?: boolean }, { line: string; proof: string | null }>(
        showAudit,
        ([seq, flags]) => ({
          seq: Number(seq),
          proof: typeof flags === 'object' && flags.proof === true,
        }),
        ({ line, proof }) => `${line}\n${proof === null ? '' : `\n${proof}`}`,
      ),
    );
  audit
    .command('export')
    .description(exportAudit.summary)
    .addOption(new Option('--format <format>', 'its own lines, or OCSF').choices([...auditFormats]))
    .option('--since <time>', 'from this moment on (RFC 3339)')
    .option('--until <time>', 'before this moment (RFC 3339)')
    .option('--file <file>', 'write it there instead of printing it')
    .action(
      run<object, Exported>(
        exportAudit,
        ([flags]) => flags,
        ({ entries, file, lines }) =>
          lines === null
            ? `${entries} entries in ${printable(file ?? '')}\n`
            : lines.map((line) => `${line}\n`).join(''),
      ),
    );
  audit
    .command('declare-gap')
    .description(declareAuditGap.summary)
    .requiredOption('--reason <text>', 'why entries are missing, for the record')
    .action(
      run<object, { after: number; until: number }>(
        declareAuditGap,
        ([flags]) => flags,
        ({ after, until }) => `The entries ${after + 1} to ${until} are declared as lost.\n`,
      ),
    );
}

function whole(text: string): number {
  const value = Number(text);
  if (!(Number.isInteger(value) && value > 0)) {
    throw new InvalidArgumentError('Give a whole number above 0.');
  }
  return value;
}

function listText(entries: readonly AuditLine[]): string {
  return table([
    ['SEQ', 'TIME', 'EVENT', 'OUTCOME', 'ACTOR', 'TARGET', 'REASON'],
    ...entries.map(({ seq, at, event, outcome, actor, target, reason }) => [
      String(seq),
      at,
      event,
      outcome,
      actor.name,
      target ?? '',
      reason ?? '',
    ]),
  ]);
}
