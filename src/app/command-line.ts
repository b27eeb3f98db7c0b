import { stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import type { Actor } from '../domain/actor.ts';
import type { CommandContext, OperationRequest } from '../doors/cli/command-context.ts';
import { runProgram } from '../doors/cli/program.ts';
import { openManager } from './compose.ts';
import { onStopSignal } from './lifecycle.ts';

/** Runs one command with the real terminal, environment and signals; answers the exit code. */
export async function runCommandLine(words: readonly string[], version: string): Promise<number> {
  const { stdout, stderr } = process;
  // A reader that goes away (`| head`) ends the output, it is no failure of ours.
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  const context: CommandContext = {
    version,
    terminal: {
      out: stdout,
      err: stderr,
      isOutTerminal: stdout.isTTY === true,
      isErrTerminal: stderr.isTTY === true,
    },
    caller: { door: 'cli', actor: await commandLineActor(process.cwd()), clientId: 'local' },
    call: (request) => call(request, context),
  };
  return runProgram(words, context);
}

async function call(request: OperationRequest, context: CommandContext): Promise<unknown> {
  const stop = onStopSignal();
  const manager = await openManager({
    needs: request.needs,
    operation: request.name,
    flags: request.flags,
    overrides: request.overrides ?? {},
    env: process.env,
    folder: process.cwd(),
    version: context.version,
    isTerminal: context.terminal.isErrTerminal,
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

/** The operating-system user; the owner of the data folder (or of where it will be made) acts as admin. */
async function commandLineActor(dataDir: string): Promise<Actor> {
  const { username, uid } = userInfo();
  const owner = await ownerOf(resolve(dataDir));
  return {
    kind: 'command_line',
    name: username,
    isOwner: uid === -1 || uid === 0 || owner === uid,
  };
}

async function ownerOf(folder: string): Promise<number> {
  for (let place = folder; ; place = resolve(place, '..')) {
    const info = await stat(place).catch(() => null);
    if (info !== null) return info.uid;
    if (place === resolve(place, '..')) return -1;
  }
}
