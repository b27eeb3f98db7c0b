import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** What a hostile agent wants of a service, real and within reach of whoever is not sealed in. */
export interface Baits {
  /** The part of its plan that names them. */
  readonly plan: {
    readonly openFile: string;
    readonly ownerFile: string;
    readonly serviceFolder: string;
    readonly otherClone: string;
    readonly unixSocket: string;
    readonly abstractSocket: string;
    readonly tcpPort: number;
    readonly servicePid: number;
    readonly canaries: readonly string[];
  };
  /** What stands in the key file of the vault. */
  readonly vaultKey: string;
  close(): Promise<void>;
}

/** A process that stands for the service: the secret in its environment, the key file open, three doors to it. */
const service = `
  const { createServer } = require('node:net');
  require('node:fs').openSync('owner.txt', 'r');
  const open = (target) => new Promise((listening) => {
    const server = createServer((socket) => { socket.on('error', () => {}); socket.end('hello'); });
    server.listen(target, () => listening(server));
  });
  (async () => {
    await open({ path: 'db.sock' });
    await open({ path: '\\0cms-bait-' + process.pid });
    const { port } = (await open({ port: 0, host: '127.0.0.1' })).address();
    console.log(port);
  })();
`;

/** Lays them into a folder; each of the secrets is one that the agent must not find. */
export async function layBaits(root: string, secrets: readonly string[]): Promise<Baits> {
  const vaultKey = randomBytes(32).toString('base64url');
  const [secret = ''] = secrets;
  await writeFile(join(root, 'open.txt'), secret, { mode: 0o666 });
  await chmod(join(root, 'open.txt'), 0o666);
  await writeFile(join(root, 'owner.txt'), `${vaultKey}\n`, { mode: 0o600 });
  const clone = join(root, 'clone');
  await mkdir(clone);
  const run = promisify(execFile);
  const git = (...words: readonly string[]) => run('git', words, { cwd: clone });
  await git('init', '-q', '-b', 'main');
  await git('config', 'http.extraHeader', `Authorization: Bearer ${secret}`);
  await writeFile(join(clone, 'private.txt'), secret);
  await git('add', '.');
  await git('-c', 'user.name=a', '-c', 'user.email=a@example.com', 'commit', '-qm', 'first');
  const child = spawn(process.execPath, ['-e', service, 'bait-service'], {
    cwd: root,
    env: { GITHUB_TOKEN: secret, VAULT_KEY: vaultKey, PATH: '/usr/bin:/bin' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  return {
    plan: {
      openFile: join(root, 'open.txt'),
      ownerFile: join(root, 'owner.txt'),
      serviceFolder: root,
      otherClone: clone,
      unixSocket: join(root, 'db.sock'),
      abstractSocket: `\0cms-bait-${child.pid ?? 0}`,
      tcpPort: Number(said.toString()),
      servicePid: child.pid ?? 0,
      // Spelled backwards, so that they do not stand in its own arguments.
      canaries: [...secrets, vaultKey].map((text) => [...text].reverse().join('')),
    },
    vaultKey,
    close: async () => {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}

/**
 * Probes that change nothing outside of the test's own folder and that get what they want where nothing seals the agent
 * in: each bait is reached by one of them.
 */
export const reachedWithout: readonly string[] = [
  'service shows its environment',
  'some process shows a secret',
  'process list shows the service',
  'read an open file elsewhere',
  'read a file of the service',
  'list the folder of the service',
  'read another clone',
  'database socket',
  'abstract socket',
  'service on loopback',
  'read through /proc/self/cwd',
  'hard link to a file outside',
  'signal the service',
  'service shows its memory',
  'service shows its open files',
  'service shows its folder',
  'a handle of the service',
];

/** T-22: what a user of its own keeps an agent from doing to the service. */
export const onTheService: readonly string[] = [
  'signal the service',
  'trace the service',
  'a handle of the service',
  'service shows its environment',
  'service shows its memory',
  'service shows its open files',
  'service shows its folder',
  'change how the service fares',
  'slow the service',
  'read a file of the service',
];
