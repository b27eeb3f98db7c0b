import { join } from 'node:path';
import { describe, test } from 'vitest';
import { missingPrograms } from '../../src/integrations/sandbox/missing-programs.suite.ts';
import { createSandboxRuntime } from '../../src/integrations/sandbox/sandbox-runtime.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { systemRandom } from '../../src/lib/random.ts';
import { describeHostileAgent } from './hostile-agent.suite.ts';

const path = join(import.meta.dirname, '../../node_modules/.bin');
const missing = await missingPrograms(['bwrap', 'socat', 'rg', 'prlimit']);

if (missing.length > 0) {
  describe('an agent that tries everything, in the sandbox sandbox-runtime', () => {
    test.skip(`needs ${missing.join(', ')}, which this machine lacks`, () => undefined);
  });
} else {
  // It refuses to run as root; this file's process has nothing else to do, so it becomes an ordinary user for good.
  if (process.getuid?.() === 0) {
    process.setgroups?.([]);
    process.setgid?.(61_001);
    process.setuid?.(61_001);
  }
  describeHostileAgent({
    name: 'sandbox-runtime',
    // Its /etc is an empty folder of its own that ends with it; the name of the machine is no secret.
    concedes: ['know its host name', 'write into /etc', 'load into every program'],
    make: (tempRoot) =>
      createSandboxRuntime({
        clock: systemClock,
        random: systemRandom,
        tempRoot,
        path,
        nodePath: process.execPath,
      }),
  });
}
