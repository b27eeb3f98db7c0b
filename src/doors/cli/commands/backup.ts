import type { Command } from 'commander';
import type {
  ArchiveSpan,
  BackupFacts,
  MoveReport,
  RestoreReport,
} from '../../../operations/backups/contract.ts';
import {
  createBackup,
  listBackups,
  moveDatabase,
  restoreBackup,
  verifyArchive,
  verifyBackup,
} from '../../../operations/backups/contract.ts';
import { printable, table } from '../output/terminal.ts';
import type { Run } from '../run.ts';

interface Listed {
  readonly folder: string;
  readonly items: readonly { readonly file: string; readonly at: string; readonly bytes: number }[];
  readonly moments: readonly ArchiveSpan[];
}

/** `backup`, `restore`, `backups …`. */
export function addBackupCommands(program: Command, run: Run): void {
  program
    .command('backup [file]')
    .description(`${createBackup.summary}. The keys folder is not in it: keep that apart.`)
    .action(
      run<string | undefined, BackupFacts>(
        createBackup,
        ([file]) => (file === undefined ? {} : { file }),
        (facts) =>
          `${factsText(facts)}The keys folder is not in it; keep a copy of it elsewhere.\n`,
      ),
    );
  program
    .command('restore [file]')
    .description(`${restoreBackup.summary}.`)
    .option('--at <time>', 'a moment of the archive, RFC 3339, or "latest", instead of a file')
    .option('--to <url>', 'fill this database instead of that of the configuration')
    .option('--force', 'replace what is there, after a backup of it was written')
    .action(
      async (
        file: string | undefined,
        flags: { at?: string; to?: string; force?: boolean },
        command: Command,
      ) => {
        const { config } = command.optsWithGlobals<{ config?: string }>();
        await run<object, RestoreReport>(
          restoreBackup,
          () => ({
            ...(file === undefined ? {} : { file }),
            ...flags,
            ...(config === undefined ? {} : { configFile: config }),
          }),
          restoredText,
          {
            exitCode: ({ auditVerifies, vaultProblem }) =>
              auditVerifies && vaultProblem === null ? 0 : 1,
          },
        )(file, flags, command);
      },
    );
  program
    .command('move-database <to>')
    .description(`${moveDatabase.summary}. <to> is a connection URL, or "embedded".`)
    .action(async (to: string, flags: object, command: Command) => {
      const { config } = command.optsWithGlobals<{ config?: string }>();
      await run<object, MoveReport>(
        moveDatabase,
        () => ({ to, ...(config === undefined ? {} : { configFile: config }) }),
        movedText,
        { exitCode: ({ auditVerifies }) => (auditVerifies ? 0 : 1) },
      )(to, flags, command);
    });
  const backups = program.command('backups').description('backups: list and verify');
  backups
    .command('list')
    .description(listBackups.summary)
    .action(run<object, Listed>(listBackups, () => ({}), listText));
  backups
    .command('verify <file>')
    .description(verifyBackup.summary)
    .action(run<string, BackupFacts>(verifyBackup, ([file]) => ({ file }), factsText));
  backups
    .command('verify-archive')
    .description(verifyArchive.summary)
    .action(
      run<object, Omit<Listed, 'items'>>(
        verifyArchive,
        () => ({}),
        ({ folder, moments }) =>
          moments.length === 0
            ? `No archive in ${printable(folder)}.\n`
            : `Whole.\n${momentsText(moments)}`,
      ),
    );
}

function factsText({ file, bytes, at, tables, rows, program }: BackupFacts): string {
  return `${printable(file)}: whole. Snapshot of ${at} by version ${program}, ${tables} tables, ${rows} rows, ${bytes} bytes.\n`;
}

function movedText({ from, into, tables, rows, backup, auditVerifies }: MoveReport): string {
  const next =
    into === 'embedded'
      ? 'Unset DATABASE_URL, so that the embedded one is used from the next start on.'
      : 'Set DATABASE_URL to the new one before the next start.';
  return [
    `Moved ${rows} rows in ${tables} tables from ${printable(from)} into ${printable(into)}, equal row for row.`,
    `The snapshot that they went through is ${printable(backup)}; the old database is as it was.`,
    auditVerifies
      ? 'The audit log verifies.'
      : 'The audit log does not verify: see `security verify`.',
    next,
    '',
  ].join('\n');
}

function restoredText(report: RestoreReport): string {
  const { into, rows, at, safety, lost, auditVerifies, vaultProblem } = report;
  return [
    `Restored ${rows} rows of ${at} into ${printable(into)}.`,
    safety === null ? null : `What was there before is in ${printable(safety)}.`,
    lost === null
      ? 'No audit entries are known to be lost.'
      : `The audit entries ${lost.from} to ${lost.until} are declared as lost.`,
    auditVerifies
      ? 'The audit log verifies.'
      : 'The audit log does not verify: see `claude-manager security verify`.',
    vaultProblem === null ? null : printable(vaultProblem),
    'The next start looks at every host before it writes anything. Revoke again what was revoked since the snapshot.',
  ]
    .filter((line) => line !== null)
    .map((line) => `${line}\n`)
    .join('');
}

function listText({ folder, items, moments }: Listed): string {
  const backups =
    items.length === 0
      ? `No backups in ${printable(folder)}.\n`
      : table([
          ['TIME', 'BYTES', 'FILE'],
          ...items.map(({ at, bytes, file }) => [at, String(bytes), printable(file)]),
        ]);
  return `${backups}${momentsText(moments)}`;
}

function momentsText(moments: readonly ArchiveSpan[]): string {
  return moments
    .map(
      ({ from, until, bytes }) =>
        `Any moment from ${from} to ${until} (restore --at), ${bytes} bytes.\n`,
    )
    .join('');
}
