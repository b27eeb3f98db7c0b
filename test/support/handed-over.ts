import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Server } from 'node:net';

/** The descriptor of a server that listens, which Node does not tell in any other way. */
export function descriptorOf(server: Server): number {
  return (server as unknown as { readonly _handle: { readonly fd: number } })._handle.fd;
}

/** The words of a program that gets its descriptor 3, and so many in all, handed over as sd_listen_fds(3) says. */
export function withSockets(words: readonly string[], count = '1'): [string, ...string[]] {
  return ['sh', '-c', `LISTEN_FDS=${count} LISTEN_PID=$$ exec "$@"`, 'sh', ...words];
}

/** Binds the socket of the file system that a supervisor hears by, and prints what comes. */
const hear = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("bound", flush=True)
while True: print(s.recv(4096).decode().replace("\\n", " "), flush=True)
`;

/** Who hears what a service tells its supervisor, as sd_notify(3) says; it listens when this resolves. */
export async function hearNotices(socket: string): Promise<{ heard(): string; stop(): void }> {
  const listening = spawn('python3', ['-c', hear, socket], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let heard = '';
  listening.stdout.setEncoding('utf8').on('data', (part: string) => (heard += part));
  while (!heard.includes('bound')) await once(listening.stdout, 'data');
  return { heard: () => heard, stop: () => void listening.kill() };
}
