import { serveStdio } from '../../doors/mcp/stdio.ts';
import { openManager } from '../compose.ts';
import { onStopSignal } from '../lifecycle.ts';
import type { OpenOptions } from '../open-options.ts';
import { commandLineActor } from '../operating-system-actor.ts';

/** Serves the program that started us, as the person who started it. */
export async function serveMcp(flags: OpenOptions['flags'], version: string): Promise<void> {
  const stop = onStopSignal();
  const manager = await openManager({
    needs: 'store',
    operation: 'mcp',
    flags,
    overrides: {},
    env: process.env,
    folder: process.cwd(),
    version,
    isTerminal: false,
  });
  try {
    const actor = await commandLineActor(manager.dataDir ?? process.cwd());
    await serveStdio(
      { gate: manager.gate, caller: { actor, clientId: 'local' }, version },
      { input: process.stdin, output: process.stdout },
      stop.signal,
    );
  } finally {
    await manager.close();
    stop.dispose();
  }
}
