import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createRawServer, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { AppError } from '../../lib/app-error.ts';
import { assertPublicUrl, isPublicAddress, sendPublic } from './public-url.ts';

const corpus = new URL('../../../test/corpora/inspection/hostile-addresses.jsonl', import.meta.url);

const answers =
  (...addresses: string[]) =>
  async () =>
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));

describe('an address that leads inside', () => {
  test.each([
    'http://127.0.0.1/',
    'http://127.1/',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0177.0.0.1/',
    'http://0/',
    'http://[::1]/',
    'http://[::]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[2002:7f00:1::]/',
    'http://10.1.2.3/',
    'http://172.31.255.255/',
    'http://192.168.0.1/',
    'http://169.254.169.254/latest/',
    'http://100.100.100.200/',
    'http://[fd00:ec2::254]/',
    'http://[fe80::1]/',
    'http://224.0.0.1/',
    'http://255.255.255.255/',
    'http://168.63.129.16/',
    'http://\u2460\u2461\u2466.0.0.1/',
    'http://127\u30020\u30020\u30021/',
    'http://[::127.0.0.1]/',
  ])('%s is refused', async (url) => {
    await expect(assertPublicUrl(url)).rejects.toMatchObject({
      kind: 'invalid_input',
      code: 'url_not_public',
    });
  });
  test.each([
    'ftp://example.com',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'https://a:b@example.com',
    '//x',
    '',
    'http://x y',
    'https:\\\\x',
    `https://x/${'a'.repeat(2048)}`,
  ])('%s is no address', async (url) => {
    await expect(assertPublicUrl(url)).rejects.toMatchObject({ code: 'url_invalid' });
  });
  test('is refused however somebody hostile writes it, whether its name answers from inside or is not known', async () => {
    const lines = (await readFile(corpus, 'utf8')).trim().split('\n');
    const lookup = async (host: string) => {
      if (host.endsWith('.invalid')) throw new Error(`ENOTFOUND ${host}`);
      return answers('127.0.0.1')();
    };
    const codes = await Promise.all(
      lines.map((line) =>
        assertPublicUrl(JSON.parse(line) as string, { lookup }).then(
          ({ url }) => `taken: ${url.href}`,
          ({ code }: AppError) => code,
        ),
      ),
    );
    expect(codes.length).toBeGreaterThanOrEqual(46);
    const refusals = ['url_invalid', 'url_not_public', 'host_unknown'];
    expect(codes.filter((code) => !refusals.includes(code))).toEqual([]);
    expect(new Set(codes)).toEqual(new Set(refusals));
  });
  test('is refused when one of the answers for its name is inside', async () => {
    const lookup = answers('93.184.216.34', '10.0.0.1');
    await expect(assertPublicUrl('https://example.com', { lookup })).rejects.toMatchObject({
      code: 'url_not_public',
    });
  });
  test('is taken when the configuration allows this host by name', async () => {
    const options = { lookup: answers('10.0.0.1'), allowed: ['chat.internal'] };
    expect(await assertPublicUrl('https://chat.internal/x', options)).toMatchObject({
      address: '10.0.0.1',
    });
  });
});

test('a public one answers the address to connect to', async () => {
  const lookup = answers('93.184.216.34');
  expect(await assertPublicUrl('https://example.com/x', { lookup })).toMatchObject({
    address: '93.184.216.34',
    family: 4,
  });
  expect(isPublicAddress('2606:2800:220:1:248:1893:25c8:1946')).toBe(true);
  expect(isPublicAddress('nonsense')).toBe(false);
});

test('a name that nobody knows is said so', async () => {
  const lookup = async () => Promise.reject(new Error('ENOTFOUND'));
  await expect(assertPublicUrl('https://x.invalid', { lookup })).rejects.toMatchObject({
    kind: 'unavailable',
    code: 'host_unknown',
  });
});

describe('a request', () => {
  let server: Server;
  let port: number;
  const seen: string[] = [];
  beforeAll(async () => {
    server = createServer((request, response) => {
      seen.push(`${request.method} ${request.headers.host} ${request.url}`);
      if (request.url === '/inside') response.writeHead(302, { location: 'http://127.0.0.1:9/x' });
      else if (request.url === '/round') response.writeHead(302, { location: '/round' });
      else response.writeHead(200);
      response.end('x'.repeat(request.url === '/large' ? 100_000 : 2));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ({ port } = server.address() as AddressInfo);
  });
  afterAll(() => server.close());
  const send = (path: string, method: 'GET' | 'POST' = 'GET') => {
    let asked = 0;
    // A name server that answers something else the second time, as in a rebinding attack.
    const lookup = async () => {
      asked += 1;
      return [{ address: asked === 1 ? '127.0.0.1' : '192.0.2.1', family: 4 }];
    };
    const options = { lookup, allowed: ['sink.example'] };
    return sendPublic(`http://sink.example:${port}${path}`, { method, timeoutMs: 5000 }, options);
  };
  test('goes to the checked address, whatever the name would answer next', async () => {
    expect(await send('/plain', 'POST')).toEqual({ status: 200, body: 'xx' });
    expect(seen).toContain(`POST sink.example:${port} /plain`);
  });
  test('does not follow a redirect inside', async () => {
    await expect(send('/inside')).rejects.toMatchObject({ code: 'url_not_public' });
  });
  test('that is a POST is not sent again by a redirect', async () => {
    expect((await send('/inside', 'POST')).status).toBe(302);
  });
  test('reads only so much of the answer', async () => {
    expect((await send('/large')).body).toHaveLength(65_536);
  });
});

describe('a receiver whose answer does not come to its end', () => {
  const head = 'HTTP/1.1 200 OK\r\n';
  const closers: (() => void)[] = [];
  afterEach(() => {
    for (const close of closers.splice(0)) close();
  });
  const trickle = (socket: Socket, part: string): void => {
    const timer = setInterval(() => socket.write(part), 50);
    closers.push(() => clearInterval(timer));
  };
  /** `over` when the connection has ended. */
  const receiver = async (does: (socket: Socket) => void) => {
    const over = Promise.withResolvers<void>();
    const server = createRawServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => undefined).on('close', () => over.resolve());
      socket.once('data', () => does(socket)).on('end', () => socket.end());
      closers.push(() => socket.destroy());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(() => server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    return { url, over: over.promise };
  };
  const post = { method: 'POST', timeoutMs: 300 } as const;
  const options = { allowed: ['127.0.0.1', 'sink.example'] };

  test.each<[string, (socket: Socket) => void]>([
    ['because there is none', () => undefined],
    [
      'because its head comes byte by byte',
      (socket) => {
        socket.write(`${head}x-more: `);
        trickle(socket, 'a');
      },
    ],
    [
      'because its body comes byte by byte',
      (socket) => {
        socket.write(`${head}content-length: 1000\r\n\r\n`);
        trickle(socket, ' ');
      },
    ],
    ['because its body stands still', (socket) => socket.write(`${head}content-length: 9\r\n\r\n`)],
    ['because it closes its side', (socket) => socket.end()],
    [
      'because it closes its side in the middle',
      (socket) => socket.end(`${head}content-length: 1000\r\n\r\n{`),
    ],
  ])('%s is given up, and its connection is gone', async (_why, does) => {
    const { url, over } = await receiver(does);
    await expect(sendPublic(url, post, options)).rejects.toThrow();
    await over;
  });

  test('is cut where its body has no end, and its connection is gone', async () => {
    const { url, over } = await receiver((socket) => {
      socket.write(`${head}transfer-encoding: chunked\r\n\r\n`);
      const part = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
      const more = (): void => {
        while (!socket.destroyed && socket.write(part));
      };
      socket.on('drain', more);
      more();
    });
    const answer = await sendPublic(url, { ...post, timeoutMs: 60_000 }, options);
    expect(answer.body).toHaveLength(65_536);
    await over;
  });

  test('is given up as a whole after the time for all of it, though each redirect was answered', async () => {
    let asked = 0;
    const { url } = await receiver((socket) => {
      asked += 1;
      const timer = setTimeout(
        () => socket.end(`HTTP/1.1 302 Found\r\nlocation: ${url}\r\ncontent-length: 0\r\n\r\n`),
        200,
      );
      closers.push(() => clearTimeout(timer));
    });
    await expect(sendPublic(url, { ...post, method: 'GET' }, options)).rejects.toMatchObject({
      name: 'TimeoutError',
    });
    expect(asked).toBeLessThanOrEqual(2);
  });

  test('is given up when the name server says nothing', async () => {
    const lookup = async () => await new Promise<never>(() => undefined);
    await expect(
      sendPublic('http://sink.example/', post, { ...options, lookup }),
    ).rejects.toMatchObject({ name: 'TimeoutError' });
  });
});
