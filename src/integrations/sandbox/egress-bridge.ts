import type { spawn } from 'node:child_process';
import type { connect, createServer, Socket } from 'node:net';
import type { constants } from 'node:os';

export interface Plan {
  /** The proxy as seen inside: a unix socket, or a port of the sandbox's loopback that asks who it is. */
  readonly proxy:
    | { readonly path: string }
    | { readonly port: number; readonly authorization: string };
  /** Port on which the proxy is offered; left out when it is offered already. */
  readonly listen?: number;
  /** Loopback targets outside that are offered under the same address inside. */
  readonly forwards: readonly { readonly host: string; readonly port: number }[];
}

/** What it uses of Node. */
interface BridgeNode {
  readonly spawn: typeof spawn;
  readonly connect: typeof connect;
  readonly createServer: typeof createServer;
  readonly signals: typeof constants.signals;
}

/**
 * Runs inside a sandbox that has no network: listens on its loopback, passes every connection on to the unix socket
 * of the egress proxy, and starts the real command as its child. It uses nothing but its arguments, because its text is
 * all that is visible inside.
 */
async function bridge(plan: Plan, command: readonly string[], node: BridgeNode): Promise<void> {
  const { proxy: way } = plan;
  const asked = 'authorization' in way ? `Proxy-Authorization: ${way.authorization}\r\n` : '';
  const toProxy = (): Socket =>
    node.connect('path' in way ? { path: way.path } : { port: way.port, host: '127.0.0.1' });
  if (plan.listen !== undefined) {
    await listen('127.0.0.1', plan.listen, (client) => join(client, toProxy()));
  }
  for (const { host, port } of plan.forwards) {
    await listen(host, port, (client) =>
      tunnel(client, `${host.includes(':') ? `[${host}]` : host}:${port}`),
    );
  }
  start();

  function listen(host: string, port: number, serve: (client: Socket) => void): Promise<void> {
    return new Promise((listening, failed) => {
      node
        .createServer({ allowHalfOpen: true }, serve)
        .once('error', failed)
        .listen(port, host, listening);
    });
  }

  function join(client: Socket, proxy: Socket): void {
    client.on('error', () => proxy.destroy());
    proxy.on('error', () => client.destroy());
    client.pipe(proxy).pipe(client);
  }

  /** Asks the proxy for a tunnel and cuts its answer off before the bytes of the target. */
  function tunnel(client: Socket, target: string): void {
    const proxy = toProxy();
    client.on('error', () => proxy.destroy());
    proxy.on('error', () => client.destroy());
    let answer = Buffer.alloc(0);
    const readAnswer = (chunk: Buffer) => {
      answer = Buffer.concat([answer, chunk]);
      const end = answer.indexOf('\r\n\r\n');
      if (end < 0) return;
      proxy.off('data', readAnswer);
      if (answer.toString('latin1').startsWith('HTTP/1.1 200')) {
        client.write(answer.subarray(end + 4));
        client.pipe(proxy).pipe(client);
      } else client.destroy();
    };
    proxy.on('data', readAnswer);
    proxy.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${asked}\r\n`);
  }

  function start(): void {
    const [program = '', ...rest] = command;
    const child = node.spawn(program, rest, { stdio: 'inherit' });
    child.on('error', (cause) => {
      process.stderr.write(`${cause.message}\n`);
      process.exit(127);
    });
    child.on('exit', (code, signal) => {
      process.exit(code ?? 128 + (signal === null ? 1 : node.signals[signal]));
    });
  }
}

/**
 * The program that does it, in JavaScript: the types of this module went when the service loaded it, and to take them out
 * anew in each sandbox takes longer than the rest of its start. Arguments: a JSON plan, then the command.
 */
export const bridgeProgram = `import { spawn } from 'node:child_process';
import { connect, createServer } from 'node:net';
import { constants } from 'node:os';
const node = { spawn, connect, createServer, signals: constants.signals };
await (${bridge.toString()})(JSON.parse(process.argv[2]), process.argv.slice(3), node);
`;
