import { type ServiceRole, serviceRoles } from '../domain/service-role.ts';
import type { CommandContext, OperationRequest } from '../doors/cli/command-context.ts';
import { exitCodeOf } from '../doors/cli/exit-codes.ts';
import { errorText } from '../doors/cli/output/terminal.ts';
import { runProgram } from '../doors/cli/program.ts';
import { AppError, systemReason } from '../lib/app-error.ts';
import { openManager } from './compose.ts';
import { environmentRedactor } from './environment-redactor.ts';
import { endOnFatal, onStopSignal } from './lifecycle.ts';
import { commandLineActor } from './operating-system-actor.ts';
import type { SearchAhead } from './search-ahead.ts';

/** Runs one command with the real terminal, environment and signals; answers the exit code. */
export async function runCommandLine(
  words: readonly string[],
  version: string,
  ahead: SearchAhead | null,
): Promise<number> {
  const { stdout, stderr } = process;
  endOnFatal();
  // A reader that goes away (`| head`) ends the output, it is no failure of ours.
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    stderr.write(errorText(unwritten(error), false));
    process.exit(exitCodeOf('unavailable'));
  });
  const context: CommandContext = {
    version,
    redact: (text) => environmentRedactor(process.env).redact(text),
    terminal: {
      out: stdout,
      err: stderr,
      isOutTerminal: stdout.isTTY === true,
      isErrTerminal: stderr.isTTY === true,
    },
    caller: { door: 'cli', actor: await commandLineActor(process.cwd()), clientId: 'local' },
    call: (request) => call(request, context, ahead),
    serveMcp: async (flags) => {
      const { serveMcp } = await import('./doors/serve-mcp.ts');
      await serveMcp(flags, version);
    },
    showScreen: async (flags, input) => {
      const { showInteractive } = await import('./doors/show-screen.ts');
      await showInteractive(flags, input, version);
    },
  };
  return runProgram(words, context);
}

/** What the command did is done; what it said of it is lost. */
function unwritten(cause: Error): AppError {
  return new AppError({
    kind: 'unavailable',
    code: 'output_unwritable',
    message: `What the command answers could not be written: ${systemReason(cause)}.`,
    next: 'Free some space where the output goes, or send it elsewhere, then ask again.',
    cause,
  });
}

/** Told before the gate has read the input, for much is built or left out by it; a word that is no role is refused there. */
function roleOf(input: unknown): ServiceRole {
  const said = typeof input === 'object' && input !== null && 'role' in input ? input.role : null;
  return serviceRoles.find((role) => role === said) ?? 'all';
}

/** Told before as well: `start --once`, which serves nobody. */
function isOnce(input: unknown): boolean {
  return typeof input === 'object' && input !== null && 'once' in input && input.once === true;
}

async function call(
  request: OperationRequest,
  context: CommandContext,
  ahead: SearchAhead | null,
): Promise<unknown> {
  const stop = onStopSignal();
  const manager = await openManager({
    needs: request.needs,
    operation: request.name,
    flags: request.flags,
    overrides: request.overrides ?? {},
    fallbacks: request.fallbacks ?? {},
    env: process.env,
    folder: process.cwd(),
    version: context.version,
    isTerminal: context.terminal.isErrTerminal,
    role: roleOf(request.input),
    isOnce: isOnce(request.input),
    ...(ahead === null ? {} : { ahead }),
  });
  try {
    const actor = await commandLineActor(manager.dataDir ?? process.cwd());
    return await manager.gate.execute(
      request.name,
      request.input,
      { ...context.caller, actor },
      {
        ...request.options,
        signal: stop.signal,
      },
    );
  } finally {
    await manager.close();
    stop.dispose();
  }
}
