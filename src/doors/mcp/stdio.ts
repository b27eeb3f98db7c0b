import type { Readable, Writable } from 'node:stream';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import type { McpParts } from './server.ts';
import { createMcpServer } from './server.ts';

/** Serves one program on a pair of streams, until it closes them or the signal fires. */
export async function serveStdio(
  parts: McpParts,
  streams: { readonly input: Readable; readonly output: Writable },
  signal: AbortSignal,
): Promise<void> {
  const server = createMcpServer(parts);
  const transport = new StdioServerTransport(streams.input, streams.output);
  const ended = new Promise<void>((resolve) => {
    streams.input.once('end', resolve).once('close', resolve);
    streams.output.once('error', () => resolve());
    signal.addEventListener('abort', () => resolve(), { once: true });
    if (signal.aborted) resolve();
  });
  await server.connect(transport);
  await ended;
  await server.close();
}
