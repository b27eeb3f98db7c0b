import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import { createExchange, type HttpRequest } from './exchange.ts';

const brief = { connectMs: 400, firstByteMs: 600, totalMs: 1500 };
const head = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';
const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A server that says nothing but what it is told to, and when its end of the connection is over. */
async function serverThat(
  does: (socket: Socket) => void,
): Promise<{ readonly url: string; readonly over: Promise<void> }> {
  const over = Promise.withResolvers<void>();
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined).on('close', () => over.resolve());
    socket.once('data', () => does(socket));
    // The other side has gone.
    socket.on('end', () => socket.end());
    closers.push(() => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, over: over.promise };
}

const trickle = (socket: Socket, part: string, everyMs: number): void => {
  const timer = setInterval(() => socket.write(part), everyMs);
  closers.push(() => clearInterval(timer));
};

describe('an answer that does not come to its end', () => {
  test.each<[string, (socket: Socket) => void]>([
    ['because there is none', () => undefined],
    [
      'because its head comes byte by byte',
      (socket) => {
        socket.write(`${head}x-more: `);
        trickle(socket, 'a', 100);
      },
    ],
    [
      'because its body comes byte by byte',
      (socket) => {
        socket.write(`${head}content-length: 1000\r\n\r\n`);
        trickle(socket, ' ', 100);
      },
    ],
    [
      'because its body stands still',
      (socket) => socket.write(`${head}content-length: 1000\r\n\r\n{`),
    ],
    [
      'because its body has no end',
      (socket) => {
        socket.write(`${head}transfer-encoding: chunked\r\n\r\n`);
        trickle(socket, '1\r\n \r\n', 50);
      },
    ],
    ['because the server closes its side', (socket) => socket.end()],
    [
      'because the server closes its side in the middle of it',
      (socket) => socket.end(`${head}content-length: 1000\r\n\r\n{`),
    ],
  ])('%s is given up, of a write as unclear, and its connection is gone', async (_why, does) => {
    const exchange = createExchange(brief);
    for (const method of ['GET', 'POST'] as const) {
      const { url, over } = await serverThat(does);
      const request: HttpRequest = { method, url, headers: {} };
      const error: unknown = await exchange(request).catch((thrown: unknown) => thrown);
      if (method === 'POST')
        expect(error).toMatchObject({ kind: 'unknown_outcome', code: 'github_answer_lost' });
      else expect(error).toMatchObject({ code: 'github_no_answer' });
      await over;
    }
  });
});

test.runIf(process.platform === 'linux')(
  'a server that takes no connection is given up, and it is certain that nothing was sent',
  async () => {
    const program = `const server = require('node:net').createServer();
      server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(server.address().port));`;
    const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'ignore'] });
    closers.push(() => child.kill('SIGKILL'));
    const [said] = (await once(child.stdout, 'data')) as [Buffer];
    const port = Number(said.toString());
    child.kill('SIGSTOP');
    // The kernel accepts for it until its queue is full; from then on it answers nothing.
    for (let isFull = false; !isFull; ) {
      const socket = connect(port, '127.0.0.1').on('error', () => undefined);
      closers.push(() => socket.destroy());
      const connected = once(socket, 'connect').then(() => false);
      isFull = await Promise.race([connected, systemClock.sleep(1000).then(() => true)]);
    }
    const request: HttpRequest = { method: 'POST', url: `http://127.0.0.1:${port}/`, headers: {} };
    await expect(createExchange(brief)(request)).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'github_unreachable',
    });
  },
);
