import { Command, CommanderError } from 'commander';
import { AppError, toAppError } from '../../lib/app-error.ts';
import type { CommandContext, GlobalFlags } from './command-context.ts';
import { addAlertCommands } from './commands/alerts.ts';
import { addAuditCommands } from './commands/audit.ts';
import { addBackupCommands } from './commands/backup.ts';
import { addConfigCommands } from './commands/config.ts';
import { addCredentialCommands } from './commands/credentials.ts';
import { addHealthCommand } from './commands/health.ts';
import { addMcpCommand } from './commands/mcp.ts';
import { addMigrateCommand } from './commands/migrate.ts';
import { addNotificationCommands } from './commands/notifications.ts';
import { addPerformanceCommands } from './commands/performance.ts';
import { addProtectionCommands } from './commands/protection.ts';
import { addReadingCommands } from './commands/reading.ts';
import { addScanCommand } from './commands/scan.ts';
import { addSecurityCommands } from './commands/security.ts';
import { addServiceCommands } from './commands/service.ts';
import { addTaskCommands } from './commands/tasks.ts';
import { addTokenCommands } from './commands/tokens.ts';
import { addUserCommands } from './commands/users.ts';
import { addWebhookCommands } from './commands/webhooks.ts';
import { exitCodeOf } from './exit-codes.ts';
import { errorJson, errorText, printable } from './output/terminal.ts';
import type { Run } from './run.ts';

/** Reads the words of the command line, runs one command, answers the exit code. */
export async function runProgram(
  words: readonly string[],
  context: CommandContext,
): Promise<number> {
  let exitCode = 0;
  const program = createProgram(context, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...words], { from: 'user' });
    return exitCode;
  } catch (thrown) {
    const flags = program.opts<GlobalFlags>();
    if (thrown instanceof CommanderError) {
      if (thrown.exitCode === 0) return 0;
      if (words.includes('--json')) context.terminal.out.write(errorJson(usageError(thrown)));
      return 2;
    }
    if (flags.json === true) context.terminal.out.write(errorJson(thrown));
    context.terminal.err.write(errorText(thrown, flags.debug === true));
    return exitCodeOf(toAppError(thrown).kind);
  }
}

/** Whatever foreign text is in an answer, it must not steer a terminal; a pipe gets it as it is. */
function shown(text: string, { isOutTerminal }: CommandContext['terminal']): string {
  return isOutTerminal ? printable(text) : text;
}

/** What commander said, which it has printed for people already. */
function usageError({ message, cause }: CommanderError): AppError {
  return new AppError({
    kind: 'invalid_input',
    code: 'usage',
    message: message.replace(/^error: /u, '').replace('(outputHelp)', 'No command was named.'),
    next: 'See `claude-manager --help`.',
    cause,
  });
}

/** Every command with its flags; what is typed goes through `context`. */
export function createProgram(
  context: CommandContext,
  setExitCode: (code: number) => void,
): Command {
  const program = new Command('claude-manager')
    .description(
      'A self-hosted autopilot for an engineering backlog: scan, propose, approve, execute, deliver, follow.',
    )
    .version(context.version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void context.terminal.out.write(text),
      writeErr: (text) => void context.terminal.err.write(text),
    })
    .option('--config <file>', 'the configuration file (default: config.json here)')
    .option('--verbose', 'say more while working')
    .option('--debug', 'log at level DEBUG, print causes of errors')
    .option(
      '--no-validate-config',
      'start although the rules of the configuration find errors; its form is always checked',
    )
    .option('--json', 'print one JSON document on standard output')
    .showHelpAfterError('(--help shows what can be said)');
  const run: Run =
    (contract, input, text, extra = {}) =>
    async (...given) => {
      const arguments_ = given as unknown as Parameters<typeof input>[0];
      const flags = program.opts<GlobalFlags>();
      const { terminal } = context;
      const answer = (await context.call({
        name: contract.name,
        needs: contract.needs,
        input: input(arguments_),
        flags,
        overrides: extra.overrides?.(arguments_) ?? {},
        fallbacks: extra.fallbacks?.(arguments_) ?? {},
        options: {
          progress: (line) => {
            if (terminal.isErrTerminal || flags.verbose === true) terminal.err.write(`${line}\n`);
          },
        },
      })) as Parameters<typeof text>[0];
      const printed =
        flags.json === true
          ? `${JSON.stringify(extra.json === undefined ? answer : extra.json(answer))}\n`
          : shown(text(answer, flags), terminal);
      terminal.out.write(printed);
      const notice = extra.notice?.(answer) ?? null;
      if (notice !== null) terminal.err.write(`${notice}\n`);
      setExitCode(extra.exitCode?.(answer) ?? 0);
    };
  addServiceCommands(program, run, context);
  addHealthCommand(program, context, setExitCode);
  addScanCommand(program, run);
  addTaskCommands(program, run);
  addReadingCommands(program, run);
  addPerformanceCommands(program, run);
  addAlertCommands(program, run);
  addConfigCommands(program, run);
  addCredentialCommands(program, run);
  addProtectionCommands(addSecurityCommands(program, run), run);
  addAuditCommands(program, run);
  addBackupCommands(program, run);
  addUserCommands(program, run);
  addTokenCommands(program, run);
  addMigrateCommand(program, context);
  addMcpCommand(program, context);
  addNotificationCommands(program, run);
  addWebhookCommands(program, run);
  return program;
}
