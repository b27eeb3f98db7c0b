import type { ScreenPorts } from '../../doors/screen/ports.ts';
import { AppError, toAppError } from '../../lib/app-error.ts';
import type { Caller } from '../../operations/gate.ts';
import { serviceStatus, startService } from '../../operations/service/contract.ts';
import { openManager } from '../compose.ts';
import { onStopSignal } from '../lifecycle.ts';
import type { Manager, OpenOptions } from '../open-options.ts';
import { commandLineActor } from '../operating-system-actor.ts';

/** What `start --mode interactive` was given beside the mode. */
export interface InteractiveStart {
  readonly port?: number | undefined;
  readonly security?: boolean | undefined;
}

/** The last words of the service that are kept for the screen. */
const keptLines = 500;

/**
 * Runs the service under a screen on this terminal; beside one that runs already, only the screen. Throws AppError
 * `no_terminal` when there is nobody to look at it.
 */
export async function showInteractive(
  flags: OpenOptions['flags'],
  input: InteractiveStart,
  version: string,
): Promise<void> {
  const { stdin, stdout } = process;
  if (stdin.isTTY !== true || stdout.isTTY !== true) throw noTerminal();
  // React's other build keeps a record of each drawing for a browser's tools.
  process.env['NODE_ENV'] ??= 'production';
  const { showScreen } = await import('../../doors/screen/show-screen.ts');
  const stop = onStopSignal();
  try {
    const { manager, service } = await openBeside({
      flags: { ...flags, verbose: false, quiet: true },
      overrides: {},
      env: process.env,
      folder: process.cwd(),
      version,
      isTerminal: false,
    });
    try {
      const actor = await commandLineActor(manager.dataDir ?? process.cwd());
      const caller: Caller = { door: 'cli', actor, clientId: 'local' };
      const said: string[] = [];
      const running = new AbortController();
      const ports: ScreenPorts = {
        call: async (contract, asked) =>
          (await manager.gate.execute(contract.name, asked, caller)) as never,
        service,
        said: () => said,
      };
      const over = AbortSignal.any([stop.signal, running.signal]);
      const work = service === 'own' ? run(manager, caller, input, said, running) : null;
      await showScreen(ports, { input: stdin, output: stdout }, over);
      running.abort();
      if (work !== null) {
        process.stderr.write('ending the service: what must not be cut is finished first\n');
        await work;
      }
    } finally {
      await manager.close();
    }
  } finally {
    stop.dispose();
  }
}

/** The loop and its server, until the screen is left; when it ends by itself the screen ends too, and why is thrown. */
async function run(
  { gate }: Manager,
  caller: Caller,
  { port, security }: InteractiveStart,
  said: string[],
  running: AbortController,
): Promise<void> {
  const progress = (line: string): void => {
    said.push(`${new Date().toISOString().slice(11, 19)}  ${line}`);
    if (said.length > keptLines) said.shift();
  };
  try {
    const asked = { mode: 'robust', once: false, port, security };
    await gate.execute(startService.name, asked, caller, { progress, signal: running.signal });
  } finally {
    running.abort();
  }
}

/** An external database takes any number of services, so there it is asked whether one runs before another is begun. */
async function openBeside(
  options: Omit<OpenOptions, 'needs' | 'operation'>,
): Promise<{ readonly manager: Manager; readonly service: ScreenPorts['service'] }> {
  const store = { ...options, needs: 'store', operation: 'screen' } as const;
  if ((options.env['DATABASE_URL'] ?? '') !== '') {
    const manager = await openManager(store);
    if (await isServed(manager)) return { manager, service: 'other' };
    await manager.close();
  }
  try {
    const engine = { ...options, needs: 'engine', operation: startService.name } as const;
    return { manager: await openManager(engine), service: 'own' };
  } catch (thrown) {
    if (toAppError(thrown).code !== 'service_already_running') throw thrown;
    return { manager: await openManager(store), service: 'other' };
  }
}

async function isServed({ gate, dataDir }: Manager): Promise<boolean> {
  const actor = await commandLineActor(dataDir ?? process.cwd());
  const caller: Caller = { door: 'cli', actor, clientId: 'local' };
  const answer = await gate.execute(serviceStatus.name, {}, caller);
  return serviceStatus.output.parse(answer).service.running;
}

function noTerminal(): AppError {
  return new AppError({
    kind: 'invalid_input',
    code: 'no_terminal',
    message: 'The interactive mode needs a terminal, and standard input or output is none.',
    next: 'Use --mode robust, and decide with `claude-manager tasks list` and `tasks approve`, or in the dashboard.',
  });
}
