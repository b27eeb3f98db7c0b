import { randomUUID } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import { AppError, systemReason, toAppError } from '../../../lib/app-error.ts';
import type { HealthReport } from '../../../operations/health/contract.ts';
import { healthCategories, machineHealth, runHealth } from '../../../operations/health/contract.ts';
import type { CommandContext, GlobalFlags } from '../command-context.ts';
import { printable, table } from '../output/terminal.ts';

interface HealthFlags {
  readonly detailed?: boolean;
  readonly category?: readonly string[];
  readonly continuous?: boolean;
  readonly every: number;
  readonly export?: string;
}

/** `health`. */
export function addHealthCommand(
  program: Command,
  context: CommandContext,
  setExitCode: (code: number) => void,
): void {
  program
    .command('health')
    .description(runHealth.summary)
    .option('--detailed', 'every check with its value, threshold and time; remedies and trend')
    .addOption(new Option('--category <category...>', 'only these').choices([...healthCategories]))
    .option('--continuous', 'again and again until Ctrl-C')
    .option('--every <seconds>', 'with --continuous: the pause between two', seconds, 5)
    .option('--export <file>', 'write the report as JSON')
    .action(async (flags: HealthFlags) => {
      const globals = program.opts<GlobalFlags>();
      const show = async (): Promise<HealthReport> => {
        const report = await measure(context, flags, globals);
        if (flags.export !== undefined) await writeWhole(flags.export, report);
        const text =
          globals.json === true
            ? `${JSON.stringify(report)}\n`
            : healthText(report, flags.detailed === true);
        const isScreen = flags.continuous === true && context.terminal.isOutTerminal;
        context.terminal.out.write(
          isScreen && globals.json !== true ? `\u001B[H\u001B[2J${text}` : text,
        );
        setExitCode(report.overallStatus === 'unhealthy' ? 1 : 0);
        return report;
      };
      await (flags.continuous === true ? repeat(show, flags.every * 1000) : show());
    });
}

/** Until Ctrl-C or SIGTERM, which end it cleanly after the measurement under way; the last report says the exit code. */
async function repeat(show: () => Promise<unknown>, pauseMs: number): Promise<void> {
  const stop = new AbortController();
  const end = (): void => stop.abort();
  process.on('SIGINT', end).on('SIGTERM', end);
  try {
    while (!stop.signal.aborted) {
      await show();
      await delay(pauseMs, undefined, { signal: stop.signal }).catch((error: unknown) => {
        if (!stop.signal.aborted) throw error;
      });
    }
  } finally {
    process.off('SIGINT', end).off('SIGTERM', end);
  }
}

/** Through the database; when that cannot be had, what is left to measure. */
async function measure(
  context: CommandContext,
  { category = [] }: HealthFlags,
  flags: GlobalFlags,
): Promise<HealthReport> {
  const { name, needs } = runHealth;
  try {
    const answer = await context.call({ name, needs, input: { categories: category }, flags });
    return answer as HealthReport;
  } catch (thrown) {
    const error = toAppError(thrown);
    if (!isAboutDatabase(error)) throw thrown;
    const input = {
      categories: category,
      ...(flags.config === undefined ? {} : { file: flags.config }),
      problem: error.message.slice(0, 2000),
    };
    const answer = await context.call({
      name: machineHealth.name,
      needs: machineHealth.needs,
      input,
      flags,
    });
    return answer as HealthReport;
  }
}

function isAboutDatabase({ code }: AppError): boolean {
  return /^(database_|postgres_|disk_full|audit_unavailable)/u.test(code);
}

/** A reader of the file sees the old report or the new one, never a half. */
async function writeWhole(file: string, report: HealthReport): Promise<void> {
  const half = join(dirname(file), `.${randomUUID()}.half`);
  try {
    await writeFile(half, `${JSON.stringify(report, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
    await rename(half, file);
  } catch (cause) {
    await rm(half, { force: true }).catch(() => undefined); // the first error tells more
    throw new AppError({
      kind: 'invalid_input',
      code: 'export_failed',
      message: `The report cannot be written to ${file}: ${systemReason(cause)}.`,
      next: 'Name a file in a folder that is there and that you may write to (--export).',
      cause,
    });
  }
}

function healthText(report: HealthReport, isDetailed: boolean): string {
  const { checks, measuredBy, overallStatus, score } = report;
  const who =
    measuredBy.kind === 'service'
      ? `the service (process ${measuredBy.pid} on ${measuredBy.host})`
      : `this command, because ${measuredBy.why ?? 'no service runs'}`;
  const shown = isDetailed ? checks : checks.filter(({ status }) => status !== 'healthy');
  const well = checks.filter(({ status }) => status === 'healthy').length;
  const parts = [
    `${overallStatus}, score ${score === null ? 'unknown' : `${score} of 100`}; ${well} of ${checks.length} checks healthy; measured by ${who}\n`,
    table(
      shown.map((check) => [
        check.status,
        check.category,
        `${check.name}${check.critical ? ' *' : ''}`,
        ...(isDetailed ? [valueText(check), `${check.durationMs} ms`] : []),
        check.evidence,
      ]),
      200,
    ),
  ];
  const list = (title: string, lines: readonly string[]): void => {
    if (lines.length > 0)
      parts.push(`\n${title}:\n`, ...lines.map((line) => `  ${printable(line)}\n`));
  };
  list('critical', report.criticalIssues);
  list('what to do', report.recommendations);
  const remedies = report.remedies.slice(0, isDetailed ? 20 : 1);
  list(
    isDetailed ? 'remedies' : 'last remedy',
    remedies.map(
      ({ at, remedy, action, outcome, after }) =>
        `${at} ${remedy}: ${action} ${outcome.replace('_', ' ')}: ${after}`,
    ),
  );
  if (isDetailed) list('last day', trendLines(report.trend));
  return parts.join('');
}

function valueText({ value, unit, threshold }: HealthReport['checks'][number]): string {
  if (value === null) return 'not measured';
  const sign = unit === 'count' ? '' : ` ${unit}`;
  return threshold === null ? `${value}${sign}` : `${value}${sign} (limit ${threshold})`;
}

function trendLines(trend: HealthReport['trend']): readonly string[] {
  if (trend.length === 0) return [];
  const counts = new Map<string, number>();
  for (const { overall } of trend) counts.set(overall, (counts.get(overall) ?? 0) + 1);
  const scores = trend.flatMap(({ score }) => score ?? []);
  const told = [...counts].map(([overall, count]) => `${count} ${overall}`).join(', ');
  return [`${trend.length} reports: ${told}; lowest score ${Math.min(...scores)}`];
}

function seconds(text: string): number {
  const value = Number(text);
  if (!(value >= 1 && value <= 3600))
    throw new InvalidArgumentError('Give seconds from 1 to 3600.');
  return value;
}
