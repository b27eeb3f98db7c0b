import type { Command } from 'commander';
import type { MigrationReport } from '../../../operations/config/contract.ts';
import { migrateConfiguration } from '../../../operations/config/contract.ts';
import type { Contract } from '../../../operations/operation.ts';
import type { TrackerReport } from '../../../operations/tracker/contract.ts';
import { importTracker, previewTracker } from '../../../operations/tracker/contract.ts';
import type { CommandContext, GlobalFlags } from '../command-context.ts';
import { printable } from '../output/terminal.ts';

/** Without the last two nothing was taken over, only read. */
type Tracker = TrackerReport & { readonly added?: number; readonly known?: number };

type Asked = Pick<Contract, 'name' | 'needs'>;

interface MigrateFlags {
  readonly dryRun?: boolean;
  /** False: the tracker is left alone. */
  readonly tracker?: string | boolean;
}

/** `migrate`: the configuration first, then what the first generation had proposed. */
export function addMigrateCommand(program: Command, context: CommandContext): void {
  program
    .command('migrate')
    .description(
      'Bring a configuration of the first generation up to date and take over its task_tracker.json',
    )
    .option('--dry-run', 'show what would change, change nothing')
    .option('--tracker <file>', 'the task_tracker.json (default: the one beside the configuration)')
    .option('--no-tracker', 'leave the tracker alone')
    .action(async ({ dryRun = false, tracker: named }: MigrateFlags) => {
      const flags = program.opts<GlobalFlags>();
      const call = ({ name, needs }: Asked, input: object): Promise<unknown> =>
        context.call({ name, needs, input, flags });
      const configuration = (await call(migrateConfiguration, {
        ...(flags.config === undefined ? {} : { file: flags.config }),
        dryRun,
      })) as MigrationReport;
      const file = typeof named === 'string' ? named : configuration.tracker;
      const tracker: Tracker | null =
        named === false || file === null
          ? null
          : ((await call(dryRun ? previewTracker : importTracker, { file })) as Tracker);
      context.terminal.out.write(
        flags.json === true
          ? `${JSON.stringify({ configuration, tracker })}\n`
          : `${configurationText(configuration, dryRun)}${trackerText(tracker)}`,
      );
    });
}

function configurationText(
  { file, changes, written, backup }: MigrationReport,
  dryRun: boolean,
): string {
  if (changes.length === 0) return `${file} is up to date.\n`;
  const lines = changes.flatMap(({ path, before, after, why }) => [
    `  ${path}  (${why})`,
    ...(before === null ? [] : [`  - ${before}`]),
    ...(after === null ? [] : [`  + ${after}`]),
  ]);
  const said = written
    ? `Wrote ${file}; as it was: ${backup ?? ''}.`
    : dryRun
      ? `Nothing was written (--dry-run).`
      : '';
  return `${lines.map((line) => `${printable(line)}\n`).join('')}${said}\n`;
}

function trackerText(tracker: Tracker | null): string {
  if (tracker === null) return 'No task_tracker.json was taken over.\n';
  const { file, entries, added, known, skipped, repositories } = tracker;
  const done =
    added === undefined
      ? `${entries - skipped.length} can be taken over`
      : `${added} taken over, ${known} known already`;
  return [
    `${file}: ${entries} entries, ${done}, ${skipped.length} skipped`,
    ...repositories.map(({ name, entries: count }) => `  ${name}: ${count}`),
    ...skipped.map(({ key, why }) => `  skipped ${key}: ${why}`),
  ]
    .map((line) => `${printable(line)}\n`)
    .join('');
}
