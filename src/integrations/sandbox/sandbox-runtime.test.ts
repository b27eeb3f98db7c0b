import { join } from 'node:path';
import { describe, test } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import { systemRandom } from '../../lib/random.ts';
import { missingPrograms } from './missing-programs.suite.ts';
import { describeSandbox } from './sandbox.suite.ts';
import { createSandboxRuntime } from './sandbox-runtime.ts';

const path = join(import.meta.dirname, '../../../node_modules/.bin');
const missing = await missingPrograms(['bwrap', 'socat', 'rg', 'prlimit']);

if (missing.length > 0) {
  describe('the sandbox sandbox-runtime', () => {
    test.skip(`needs ${missing.join(', ')}, which this machine lacks`, () => undefined);
  });
} else {
  // It refuses to run as root; this file's process has nothing else to do, so it becomes an ordinary user for good.
  if (process.getuid?.() === 0) {
    process.setgroups?.([]);
    process.setgid?.(61_001);
    process.setuid?.(61_001);
  }
  describeSandbox({
    name: 'sandbox-runtime',
    isolates: true,
    addsVariables: true,
    kernelLimits: false,
    make: (tempRoot, onRefusal) =>
      createSandboxRuntime({
        clock: systemClock,
        random: systemRandom,
        tempRoot,
        path,
        nodePath: process.execPath,
        onRefusal,
        resolve: async (name) => [name.startsWith('rebind') ? '127.0.0.1' : '192.0.2.1'],
      }),
  });
}
