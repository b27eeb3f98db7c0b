/** The server of the REST API and the dashboard while it runs. */
export interface RunningServer {
  readonly address: string;
  /** Takes nothing new from now on. */
  drain(): void;
  /** Ends when what is under way has ended. */
  close(): Promise<void>;
}

/** Opens the server; AppError `port_taken` when another program has the port. */
export type OpenServer = (options: {
  /** In place of the configured one. */
  readonly port: number | undefined;
  readonly security: boolean;
}) => Promise<RunningServer>;

/** Runs the work with a server beside it, which stops taking requests when the signal says so. */
export async function withServer<T>(
  server: RunningServer,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const drain = (): void => server.drain();
  signal.addEventListener('abort', drain, { once: true });
  try {
    return await work();
  } finally {
    signal.removeEventListener('abort', drain);
    await server.close();
  }
}

/** A server, and work that is done for as long as it is open. */
export function beside(open: OpenServer, work: () => () => Promise<void>): OpenServer {
  return async (options) => {
    const server = await open(options);
    const stop = work();
    return {
      ...server,
      close: async () => {
        await server.close();
        await stop();
      },
    };
  };
}
