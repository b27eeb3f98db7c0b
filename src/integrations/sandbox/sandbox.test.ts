import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { systemClock } from '../../lib/clock.ts';
import { systemRandom } from '../../lib/random.ts';
import { agentUserOf, createBubblewrap } from './bubblewrap.ts';
import { createNoSandbox } from './no-sandbox.ts';
import { describeSandbox } from './sandbox.suite.ts';
import { createSandboxRuntime } from './sandbox-runtime.ts';

const base = { clock: systemClock, random: systemRandom };
const resolve = async () => ['192.0.2.1'];

describeSandbox({
  name: 'bubblewrap',
  isolates: true,
  addsVariables: false,
  make: (tempRoot, onRefusal) =>
    createBubblewrap({
      ...base,
      tempRoot,
      nodePath: process.execPath,
      runAs: agentUserOf(process.getuid?.()),
      onRefusal,
      resolve,
    }),
});

describeSandbox({
  name: 'none',
  isolates: false,
  addsVariables: false,
  make: (tempRoot) => createNoSandbox({ ...base, tempRoot }),
});

// Only where `srt` is on PATH and we are not root, which it does not protect from.
const srt = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'srt'))
  .find((path) => existsSync(path));
if (srt !== undefined && process.getuid?.() !== 0) {
  describeSandbox({
    name: 'sandbox-runtime',
    isolates: false,
    addsVariables: true,
    make: (tempRoot) => createSandboxRuntime({ ...base, tempRoot, program: srt }),
  });
}
