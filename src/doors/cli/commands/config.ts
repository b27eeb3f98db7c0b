import type { Command } from 'commander';
import { Option } from 'commander';
import type { Remark, ValidationReport } from '../../../operations/config/contract.ts';
import {
  configurationSchema,
  getConfiguration,
  initConfiguration,
  listConfiguration,
  setConfiguration,
  validateConfiguration,
} from '../../../operations/config/contract.ts';
import { printable, table } from '../output/terminal.ts';
import type { Run } from '../run.ts';

interface Entry {
  readonly key: string;
  readonly value: unknown;
  readonly source: string;
}

/** `init`, `validate`, `config …`. */
export function addConfigCommands(program: Command, run: Run): void {
  const file = (): string | undefined => program.opts<{ config?: string }>().config;
  addInit(program, run, file);
  program
    .command('validate')
    .description(validateConfiguration.summary)
    .addOption(
      new Option('--environment <name>', 'for which rules')
        .choices(['development', 'staging', 'production'])
        .default('development'),
    )
    .option('--report', 'print every remark (default)')
    .option('--no-report', 'print only whether it is valid')
    .action(async (flags: { environment: string; report?: boolean }, command: Command) => {
      await run<object, ValidationReport>(
        validateConfiguration,
        () => ({ file: file(), environment: flags.environment }),
        (report) => validationText(report, flags.report !== false),
        { exitCode: ({ valid }) => (valid ? 0 : 1) },
      )(flags, command);
    });
  const config = program.command('config').description('the configuration: get, set, list, schema');
  config
    .command('get <key>')
    .description(getConfiguration.summary)
    .action(
      run<string, Entry>(
        getConfiguration,
        ([key]) => ({ file: file(), key }),
        ({ value }) => `${valueText(value)}\n`,
      ),
    );
  config
    .command('set <key> <value>')
    .description(setConfiguration.summary)
    .action(
      run<string, Entry & { file: string }>(
        setConfiguration,
        ([key, value]) => ({ file: file(), key, value }),
        (answer) => `${answer.key} = ${valueText(answer.value)} in ${answer.file}\n`,
      ),
    );
  config
    .command('list')
    .description(listConfiguration.summary)
    .action(
      run<object, readonly Entry[]>(
        listConfiguration,
        () => ({ file: file() }),
        (entries) =>
          table(entries.map(({ key, value, source }) => [key, valueText(value), source])),
      ),
    );
  config
    .command('schema')
    .description(configurationSchema.summary)
    .action(
      run<object, object>(
        configurationSchema,
        () => ({}),
        (schema) => `${JSON.stringify(schema, null, 2)}\n`,
      ),
    );
}

interface InitFlags {
  readonly repo?: readonly string[];
  readonly manager?: string;
  readonly username?: string;
  readonly force?: boolean;
}

function addInit(program: Command, run: Run, file: () => string | undefined): void {
  program
    .command('init')
    .description(initConfiguration.summary)
    .option('--repo <repository...>', 'owner/name on GitHub, or a folder')
    .option('--manager <repository>', 'owner/name of the repository that takes the proposals')
    .option('--username <login>', 'the login that the token belongs to')
    .option('--force', 'write over a file that is there')
    .action(async (flags: InitFlags, command: Command) => {
      const asked = flags.repo === undefined && process.stdin.isTTY ? await ask() : flags;
      await run<object, { file: string; remarks: readonly string[] }>(
        initConfiguration,
        () => ({
          ...(file() === undefined ? {} : { file: file() }),
          repositories: asked.repo ?? [],
          managerRepo: asked.manager,
          username: asked.username,
          force: flags.force ?? false,
        }),
        (answer) =>
          `Wrote ${answer.file}.\n${answer.remarks.map((remark) => `${printable(remark)}\n`).join('')}`,
      )(flags, command);
    });
}

/** Asks on the terminal for what the flags did not say. */
async function ask(): Promise<InitFlags> {
  const { text, isCancel } = await import('@clack/prompts');
  const repositories = await text({
    message: 'Repositories to watch (owner/name or folders, separated by spaces)',
  });
  if (isCancel(repositories)) return {};
  const repo = repositories.split(/\s+/u).filter((name) => name !== '');
  if (repo.every((name) => /^[./]/u.test(name))) return { repo };
  const manager = await text({ message: 'Repository for the proposals (owner/name)' });
  return isCancel(manager) ? { repo } : { repo, manager };
}

function validationText(report: ValidationReport, isFull: boolean): string {
  const verdict = `${report.file ?? 'no configuration file'}: ${report.valid ? 'valid' : 'not valid'} for ${report.environment}\n`;
  if (!isFull) return verdict;
  const groups: readonly (readonly [string, readonly Remark[]])[] = [
    ['errors', report.errors],
    ['security issues', report.securityIssues],
    ['warnings', report.warnings],
    ['performance issues', report.performanceIssues],
    ['suggestions', report.suggestions],
  ];
  return (
    verdict +
    groups
      .map(([title, remarks]) =>
        remarks.length === 0
          ? ''
          : `\n${title}:\n${remarks.map((remark) => remarkText(remark, report.file)).join('')}`,
      )
      .join('') +
    checklistText(report)
  );
}

/** What the specification asks of a system in production, and what was seen of it. */
function checklistText({ checklist }: ValidationReport): string {
  if (checklist === null) return '';
  const count = (status: string): number => checklist.filter((one) => one.status === status).length;
  const lines = checklist.map(
    ({ status, title, evidence, next }) =>
      `  ${status.replace('_', ' ').padEnd(12)}  ${title}: ${printable(evidence)}${next === null ? '' : `\n      → ${printable(next)}`}\n`,
  );
  return `\nproduction checklist: ${count('pass')} pass, ${count('fail')} fail, ${count('not_measured')} not measured\n${lines.join('')}`;
}

function remarkText({ path, message, line, column, write }: Remark, file: string | null): string {
  const name = file?.split('/').at(-1) ?? '';
  const place = line === null ? '' : `${name}:${line}:${column ?? 1}  `;
  return `  ${place}${path === '' ? '' : `${path}: `}${printable(message)}${write === null ? '' : `\n      → ${printable(write)}`}\n`;
}

function valueText(value: unknown): string {
  return printable(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
}
