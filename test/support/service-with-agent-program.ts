/** A service that starts an agent with stubborn children and waits, to be killed by a test. Argument: its folder. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { agentUserOf, createBubblewrap } from '../../src/integrations/sandbox/bubblewrap.ts';
import { createNoSandbox } from '../../src/integrations/sandbox/no-sandbox.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { systemRandom } from '../../src/lib/random.ts';

const [folder = '', kind = 'bubblewrap'] = process.argv.slice(2);
const base = { clock: systemClock, random: systemRandom, tempRoot: join(folder, 't') };
const runAs = agentUserOf(process.getuid?.());
const sandbox =
  kind === 'none'
    ? createNoSandbox(base)
    : createBubblewrap({ ...base, nodePath: process.execPath, runAs });
await mkdir(join(folder, 'work'), { recursive: true });
await mkdir(join(folder, 'home'), { recursive: true });
const running = await sandbox.start({
  argv: [
    '/bin/sh',
    '-c',
    '(setsid sleep 5151 &) ; nohup setsid sleep 5151 & echo up; exec sleep 5151',
  ],
  env: { PATH: '/usr/bin:/bin' },
  workspace: join(folder, 'work'),
  home: join(folder, 'home'),
  readable: [],
  stdin: null,
  egress: [],
  limits: { memoryBytes: 2 ** 28, processes: 50, fileBytes: 2 ** 20 },
});
running.stdout.pipe(process.stdout);
await running.exited;
