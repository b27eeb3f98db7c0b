import type { Command } from 'commander';
import { Option } from 'commander';
import { AppError } from '../../../lib/app-error.ts';
import type { FindingRow } from '../../../operations/scans/contract.ts';
import { scanPath, scanRepositories } from '../../../operations/scans/contract.ts';
import type { FindingFormat } from '../output/findings.ts';
import { formatFindings } from '../output/findings.ts';
import type { Run } from '../run.ts';

interface ScanFlags {
  readonly path?: readonly string[];
  readonly repo?: readonly string[];
  readonly scanner?: readonly string[];
  readonly dryRun?: boolean;
  readonly secure?: boolean;
  readonly state?: string;
  readonly tag?: readonly string[];
  readonly format: FindingFormat;
}

interface ScanAnswer {
  readonly findings: readonly FindingRow[];
  readonly proposed: number;
  readonly wouldPropose: number;
}

/** `scan`: folders without configuration, or the configured repositories. */
export function addScanCommand(program: Command, run: Run): void {
  program
    .command('scan')
    .description('find work: in folders (--path), or in the configured repositories')
    .option(
      '--path <folder...>',
      'folders, work trees or bare repositories; needs no configuration and no database',
    )
    .option('--repo <repository...>', 'only these configured repositories')
    .addOption(
      new Option('--scanner <name...>', 'only these scanners').choices(['todo', 'stale-issue']),
    )
    .option('--tag <tag...>', 'further tags beside TODO, FIXME, HACK, XXX, BUG')
    .option('--dry-run', 'show what would be proposed, write nothing outside')
    .option(
      '--state <file>',
      'with --path: remember here, so that the next scan is incremental and ids stay',
    )
    .option('--secure', 'with sessions and rate limits (default)')
    .option('--no-secure', 'without sessions and rate limits, on this machine only')
    .addOption(
      new Option('--format <format>', 'how findings are printed')
        .choices(['table', 'json', 'jsonl', 'sarif'])
        .default('table'),
    )
    .action(async (flags: ScanFlags, command: Command) => {
      if (flags.path === undefined) {
        if (flags.state !== undefined) throw onlyWithPath('--state');
        await run<ScanFlags, ScanAnswer>(
          scanRepositories,
          repositoriesInput,
          repositoriesText(flags),
        )(flags, command);
        return;
      }
      if (flags.repo !== undefined) throw notWithPath('--repo');
      if (flags.scanner?.includes('stale-issue') === true)
        throw notWithPath('--scanner stale-issue');
      await run<ScanFlags, readonly FindingRow[]>(
        scanPath,
        () => ({ paths: flags.path, stateFile: flags.state, extraTags: flags.tag ?? [] }),
        (rows) => formatFindings(rows, flags.format),
      )(flags, command);
    });
}

function repositoriesInput([flags]: readonly [ScanFlags, ScanFlags]): unknown {
  const { repo = [], scanner = [], dryRun = false, secure = true } = flags;
  return { repositories: repo, scanners: scanner, dryRun, secure };
}

function repositoriesText(flags: ScanFlags): (answer: ScanAnswer) => string {
  return ({ findings, proposed, wouldPropose }) => {
    const rows = formatFindings(findings, flags.format);
    if (flags.format !== 'table') return rows;
    if (flags.dryRun === true) return `${rows}${wouldPropose} would be proposed\n`;
    const isNothingNew = proposed === 0 && findings.length > 0;
    const before = isNothingNew ? ' now; see `claude-manager tasks list` for what was before' : '';
    return `${rows}${proposed} proposed${before}\n`;
  };
}

function notWithPath(what: string): AppError {
  return new AppError({
    kind: 'invalid_input',
    code: 'usage',
    message: `${what} does not go with --path: a folder has no issues and is no configured repository.`,
    next: 'Leave one of the two out; see `claude-manager scan --help`.',
  });
}

function onlyWithPath(what: string): AppError {
  return new AppError({
    kind: 'invalid_input',
    code: 'usage',
    message: `${what} goes with --path.`,
    next: 'See `claude-manager scan --help`.',
  });
}
