/** The ways out that the hostile agent tries. */
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';

/** Ways out that were refused: by the proxy, and by the kernel because there is no way. */
export const refused = { byProxy: 0, byKernel: 0 };

export function connects(
  target: { path: string } | { host: string; port: number },
): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(target, () => done(true));
    const done = (reached: boolean) => {
      socket.destroy();
      resolve(reached);
    };
    socket.setTimeout(2000, () => done(false));
    socket.on('error', (cause) => {
      noteKernel(cause);
      done(false);
    });
  });
}

function noteKernel(cause: Error | null): void {
  if (cause !== null && 'code' in cause && cause.code === 'ENETUNREACH') refused.byKernel += 1;
}

/** By CONNECT. */
export function throughProxy(target: string): Promise<boolean> {
  const url = process.env['HTTPS_PROXY'];
  if (url === undefined) return Promise.resolve(false);
  const { hostname, port, username, password } = new URL(url);
  const who = Buffer.from(`${username}:${password}`).toString('base64');
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () =>
      socket.write(`CONNECT ${target} HTTP/1.1\r\nProxy-Authorization: Basic ${who}\r\n\r\n`),
    );
    socket.once('data', (answer: Buffer) => {
      const said = answer.toString('latin1');
      if (said.includes(' 403 ')) refused.byProxy += 1;
      resolve(said.includes(' 200 '));
    });
    socket.setTimeout(5000, () => resolve(false));
    socket.on('error', () => resolve(false));
    socket.on('close', () => resolve(false));
  });
}

export function sendsDatagram(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.on('error', () => resolve(false));
    socket.send('x', port, host, (cause) => {
      noteKernel(cause);
      socket.close();
      resolve(cause === null);
    });
  });
}

/** Whether a server of this machine (it says hello), a file with a secret or a web socket answers to these words, said to the proxy; who asks is put where `@@` stands. */
export async function speaks(words: string, secrets: readonly string[]): Promise<boolean> {
  const url = process.env['HTTP_PROXY'];
  if (url === undefined) return false;
  const { hostname, port, username, password } = new URL(url);
  const who = Buffer.from(`${username}:${password}`).toString('base64');
  return await new Promise((resolve) => {
    let said = '';
    const socket = connect(Number(port), hostname, () =>
      socket.write(words.replaceAll('@@', `Proxy-Authorization: Basic ${who}\r\n`)),
    );
    socket.on('data', (answer: Buffer) => {
      said += answer.toString('latin1');
      const refusals = said.match(/ 403 /g)?.length ?? 0;
      refused.byProxy += refusals;
      said = said.replaceAll(' 403 ', ' refused ');
      if (
        said.includes('hello') ||
        secrets.some((secret) => said.includes(secret)) ||
        said.includes(' 101 ')
      )
        resolve(true);
    });
    socket.setTimeout(1500, () => socket.destroy());
    socket.on('error', () => resolve(false));
    socket.on('close', () => resolve(false));
  });
}
