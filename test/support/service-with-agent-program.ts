/**
 * A service that starts an agent with stubborn children and waits, to be ended by a test: by a signal, by the line `exit`
 * on standard input, as a second SIGTERM ends it, or by the line `cancel`, which ends the agent. Arguments: its folder, the sandbox, the agent's shell script, memory in bytes, and the
 * limit of wall time in ms under which the runner of agents runs it, as the service does; without one it is only started.
 */
import { chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sandbox } from '../../src/domain/ports/sandbox.ts';
import { createAgents } from '../../src/integrations/agents/create-agents.ts';
import { createAgentRunner } from '../../src/integrations/agents/runner.ts';
import { agentUserOf, createBubblewrap } from '../../src/integrations/sandbox/bubblewrap.ts';
import { createNoSandbox } from '../../src/integrations/sandbox/no-sandbox.ts';
import { createSandboxRuntime } from '../../src/integrations/sandbox/sandbox-runtime.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { systemRandom } from '../../src/lib/random.ts';

const stubborn = '(setsid sleep 5151 &) ; nohup setsid sleep 5151 & echo up; exec sleep 5151';
const [folder = '', kind = 'bubblewrap', script = stubborn, memory = String(2 ** 28), wall = ''] =
  process.argv.slice(2);
const base = {
  clock: systemClock,
  random: systemRandom,
  tempRoot: join(folder, 't'),
  nodePath: process.execPath,
};

const kinds: Readonly<Record<string, () => Sandbox>> = {
  none: () => createNoSandbox(base),
  bubblewrap: () => createBubblewrap({ ...base, runAs: agentUserOf(process.getuid?.()) }),
  'sandbox-runtime': () => {
    const path = join(import.meta.dirname, '../../node_modules/.bin');
    return createSandboxRuntime({ ...base, path });
  },
};

// It refuses to run as root.
if (kind === 'sandbox-runtime' && process.getuid?.() === 0) {
  await chown(folder, 61_001, 61_001);
  process.setgroups?.([]);
  process.setgid?.(61_001);
  process.setuid?.(61_001);
}
await mkdir(join(folder, 'work'), { recursive: true });
await mkdir(join(folder, 'home'), { recursive: true });
const sandbox = (kinds[kind] ?? (() => createNoSandbox(base)))();
const limits = { memoryBytes: Number(memory), processes: 100, fileBytes: 2 ** 20 };
if (wall !== '') process.exit((await runWithin(Number(wall))) === 'timeout' ? 0 : 1);
const running = await sandbox.start({
  argv: ['/bin/sh', '-c', script],
  env: { PATH: '/usr/bin:/bin' },
  workspace: join(folder, 'work'),
  home: join(folder, 'home'),
  readable: [],
  stdin: null,
  egress: [],
  limits,
});
running.stdout.pipe(process.stdout);
running.stderr.resume();
process.stdin.once('data', (line) => {
  if (String(line).includes('exit')) process.exit(143);
  void running.kill();
});
await running.exited;
process.exit(0);

/** Why it was stopped. */
async function runWithin(timeoutMs: number): Promise<string | null> {
  const [agent] = createAgents(
    { mine: { command: ['/bin/sh', '-c', script] } },
    { path: '/usr/bin:/bin', baseDir: null },
  ).filter(({ name }) => name === 'mine');
  if (agent === undefined) throw new Error('no agent was made');
  const secrets = async (): Promise<undefined> => undefined;
  const runner = createAgentRunner({ ...base, sandbox, secrets, path: '/usr/bin:/bin' });
  const { stopped } = await runner.run({
    agent,
    assignment: { prompt: '', budgetUsd: null, timeoutMs, correlationId: 'run' },
    workspace: join(folder, 'work'),
    limits: { timeoutMs, stallMs: 10 * timeoutMs, budgetUsd: null, outputBytes: 1e6 },
    egress: [],
    signal: new AbortController().signal,
    sandbox: { limits },
    onEvent: () => undefined,
  });
  return stopped;
}
