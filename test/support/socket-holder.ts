import { spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { descriptorOf, withSockets } from './handed-over.ts';

/**
 * Holds a listening socket on 127.0.0.1 for a program and starts it anew a second after each end, as a socket unit of
 * systemd and `RestartSec=1` do: `node socket-holder.ts PORT PROGRAM [WORD ...]`. Ends by a signal; the program then stays.
 */
const [port = '', ...words] = process.argv.slice(2);
const server = createServer().listen(Number(port), '127.0.0.1', 4096, () => {
  const [shell, ...asked] = withSockets(words);
  // While a program runs, the loop of this process stands still, so it takes no connection itself.
  for (;;) {
    spawnSync(shell, asked, { stdio: ['inherit', 'inherit', 'inherit', descriptorOf(server)] });
    spawnSync('sleep', ['1']);
  }
});
