// What the sealed room costs: one `/bin/true` started bare, in a sandbox without a network, and with an open way out, in
// turns: `node bench/sandbox.ts [ROUNDS] [bubblewrap|sandbox-runtime]`. Milliseconds until every process is gone, median
// and least. For sandbox-runtime, which refuses root, the bench becomes an ordinary user.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { agentUserOf, createBubblewrap } from '../src/integrations/sandbox/bubblewrap.ts';
import { createSandboxRuntime } from '../src/integrations/sandbox/sandbox-runtime.ts';
import { systemClock } from '../src/lib/clock.ts';
import { systemRandom } from '../src/lib/random.ts';

const rounds = Number(process.argv[2] ?? 15);
const kind = process.argv[3] ?? 'bubblewrap';
if (kind === 'sandbox-runtime' && process.getuid?.() === 0) {
  process.setgroups?.([]);
  process.setgid?.(61_001);
  process.setuid?.(61_001);
}
const root = await mkdtemp(join(tmpdir(), 'cms-bench-'));
const base = {
  clock: systemClock,
  random: systemRandom,
  tempRoot: join(root, 't'),
  nodePath: process.execPath,
};
const sandbox =
  kind === 'sandbox-runtime'
    ? createSandboxRuntime({ ...base, path: join(import.meta.dirname, '../node_modules/.bin') })
    : createBubblewrap({ ...base, runAs: agentUserOf(process.getuid?.()) });

async function sealed(egress: readonly string[]): Promise<void> {
  const [workspace, home] = [join(root, 'w'), join(root, 'h')];
  await Promise.all([workspace, home].map((folder) => mkdir(folder, { recursive: true })));
  const running = await sandbox.start({
    argv: ['/bin/true'],
    env: { PATH: '/usr/bin:/bin', HOME: home },
    workspace,
    home,
    readable: [],
    stdin: null,
    egress,
    limits: { memoryBytes: 2 ** 30, processes: 64, fileBytes: 2 ** 30 },
  });
  const { code } = await running.exited;
  if (code !== 0) throw new Error(`ended with ${code}`);
}

const ways: Readonly<Record<string, () => Promise<unknown>>> = {
  bare: () => promisify(execFile)('/bin/true'),
  'sealed, no network': () => sealed([]),
  'sealed, with a way out': () => sealed(['api.example.com']),
};
const times = new Map<string, number[]>(Object.keys(ways).map((name) => [name, []]));
try {
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, body] of Object.entries(ways)) {
      const start = performance.now();
      await body();
      times.get(name)?.push(performance.now() - start);
    }
  }
} finally {
  await rm(root, { recursive: true, force: true, maxRetries: 5 });
}
for (const [name, all] of times) {
  const sorted = all.toSorted((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)] ?? 0;
  process.stdout.write(`${name}: ${middle.toFixed(0)} ms (least ${(sorted[0] ?? 0).toFixed(0)})\n`);
}
