import { systemClock } from '../../lib/clock.ts';
import { systemRandom } from '../../lib/random.ts';
import { agentUserOf, createBubblewrap } from './bubblewrap.ts';
import { createNoSandbox } from './no-sandbox.ts';
import { describeSandbox } from './sandbox.suite.ts';

const base = { clock: systemClock, random: systemRandom };
const resolve = async (name: string) => [name.startsWith('rebind') ? '127.0.0.1' : '192.0.2.1'];

describeSandbox({
  name: 'bubblewrap',
  isolates: true,
  addsVariables: false,
  // As root, control groups do it.
  kernelLimits: process.getuid?.() === 0,
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
  kernelLimits: false,
  make: (tempRoot) => createNoSandbox({ ...base, tempRoot }),
});
