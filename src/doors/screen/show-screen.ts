import { render } from 'ink';
import { createElement } from 'react';
import type { ScreenPorts } from './ports.ts';
import { Screen } from './screen.ts';

/** Fills the terminal until the person leaves or the signal says so; what stood there before comes back. */
export async function showScreen(
  ports: ScreenPorts,
  streams: { readonly input: NodeJS.ReadStream; readonly output: NodeJS.WriteStream },
  signal: AbortSignal,
): Promise<void> {
  const app = render(createElement(Screen, { ports }), {
    stdin: streams.input,
    stdout: streams.output,
    alternateScreen: true,
    interactive: true,
    exitOnCtrlC: false,
    patchConsole: false,
    incrementalRendering: true,
  });
  const leave = (): void => app.unmount();
  signal.addEventListener('abort', leave, { once: true });
  try {
    await app.waitUntilExit();
  } finally {
    signal.removeEventListener('abort', leave);
  }
}
