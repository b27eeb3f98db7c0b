import { Command, CommanderError } from 'commander';
import { AppError, toAppError } from '../../lib/app-error.ts';
import type { CommandContext, GlobalFlags } from './command-context.ts';
import { exitCodeOf } from './exit-codes.ts';
import { errorJson, errorText, printable } from './output/terminal.ts';
import type { AddCommands, Run } from './run.ts';

/** Reads the words of the command line, runs one command, answers the exit code. */
export async function runProgram(
  words: readonly string[],
  context: CommandContext,
): Promise<number> {
  let exitCode = 0;
  const program = createProgram(
    context,
    (code) => {
      exitCode = code;
    },
    await commandsFor(words),
  );
  try {
    await program.parseAsync([...words], { from: 'user' });
    return exitCode;
  } catch (thrown) {
    const flags = program.opts<GlobalFlags>();
    if (thrown instanceof CommanderError) {
      if (thrown.exitCode === 0) return 0;
      if (words.includes('--json'))
        context.terminal.out.write(context.redact(errorJson(usageError(thrown))));
      return 2;
    }
    if (flags.json === true) context.terminal.out.write(context.redact(errorJson(thrown)));
    context.terminal.err.write(context.redact(errorText(thrown, flags.debug === true)));
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

/** The contracts of all commands take longer to load than a small scan: who scans loads only that one. */
async function commandsFor([first]: readonly string[]): Promise<AddCommands> {
  if (first !== 'scan') return (await import('./every-command.ts')).addEveryCommand;
  const { addScanCommand } = await import('./commands/scan.ts');
  return (program, { run }) => addScanCommand(program, run);
}

/** The flags of all commands, and the commands that `add` brings. */
export function createProgram(
  context: CommandContext,
  setExitCode: (code: number) => void,
  add: AddCommands,
): Command {
  const program = new Command('claude-manager')
    .description(
      'A self-hosted autopilot for an engineering backlog: scan, propose, approve, execute, deliver, follow.',
    )
    .version(context.version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void context.terminal.out.write(text),
      writeErr: (text) => void context.terminal.err.write(context.redact(text)),
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
            const isWatched = terminal.isErrTerminal || flags.verbose === true;
            if (isWatched || extra.isForLogs?.(line) === true) terminal.err.write(`${line}\n`);
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
  add(program, { run, context, setExitCode });
  return program;
}
