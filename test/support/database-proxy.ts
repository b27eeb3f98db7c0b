import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { Transform } from 'node:stream';

/** A way to a PostgreSQL server that can be cut. */
export interface DatabaseProxy {
  /** The given URL, led through here. */
  readonly url: string;
  /** Ends every connection and takes no new one. */
  cut(): void;
  /** Answers each new connection with this and ends it, as a server does that takes none yet. */
  refuse(answer: Uint8Array): void;
  /** Hands each answer on so many milliseconds late; 0 is at once. */
  slow(ms: number): void;
  mend(): void;
  close(): Promise<void>;
}

/** `target` is a connection URL; its host may be the folder of a socket, encoded. */
export async function createDatabaseProxy(target: string): Promise<DatabaseProxy> {
  const url = new URL(target);
  const port = url.port === '' ? '5432' : url.port;
  const host = decodeURIComponent(url.hostname);
  const open = new Set<Socket>();
  let isCut = false;
  let refusal: Uint8Array | null = null;
  let lateMs = 0;
  const server = createServer((socket) => {
    if (isCut) {
      socket.destroy();
      return;
    }
    if (refusal !== null) {
      const answer = refusal;
      socket
        .on('error', () => undefined)
        .once('data', () => {
          socket.end(answer);
        });
      return;
    }
    const other = host.startsWith('/')
      ? connect(join(host, `.s.PGSQL.${port}`))
      : connect(Number(port), host);
    for (const [one, peer] of [
      [socket, other],
      [other, socket],
    ] as const) {
      open.add(one);
      one.on('error', () => peer.destroy());
      one.on('close', () => {
        open.delete(one);
        peer.destroy();
      });
    }
    const late = new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        if (lateMs === 0) done(null, chunk);
        else setTimeout(() => done(null, chunk), lateMs);
      },
    });
    socket.pipe(other).pipe(late).pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const through = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const endAll = (): void => {
    for (const socket of open) socket.destroy();
  };
  return {
    url: target.replace(/@[^/?]*/u, `@${through.host}`),
    cut: () => {
      isCut = true;
      endAll();
    },
    refuse: (answer) => {
      refusal = answer;
    },
    slow: (ms) => {
      lateMs = ms;
    },
    mend: () => {
      isCut = false;
      refusal = null;
    },
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      endAll();
      await closed;
    },
  };
}
