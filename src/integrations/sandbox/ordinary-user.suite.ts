import { join } from 'node:path';
import { describe, test } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import { systemRandom } from '../../lib/random.ts';
import { missingPrograms } from './missing-programs.suite.ts';
import type { SandboxRuntimeDeps } from './sandbox-runtime.ts';

/** What tests of `sandbox-runtime` share. */
export const runtimeBase = {
  clock: systemClock,
  random: systemRandom,
  path: join(import.meta.dirname, '../../../node_modules/.bin'),
  nodePath: process.execPath,
} satisfies Partial<SandboxRuntimeDeps>;

/**
 * Runs tests of `sandbox-runtime`, which refuses to run as root: the process of the test file becomes an ordinary user
 * for good. Where the machine lacks what it needs, one skipped test says so.
 */
export async function asOrdinaryUser(subject: string, tests: () => void): Promise<void> {
  const missing = await missingPrograms(['bwrap', 'socat', 'rg', 'prlimit']);
  if (missing.length > 0) {
    describe(subject, () => {
      test.skip(`needs ${missing.join(', ')}, which this machine lacks`, () => undefined);
    });
    return;
  }
  if (process.getuid?.() === 0) {
    process.setgroups?.([]);
    process.setgid?.(61_001);
    process.setuid?.(61_001);
  }
  tests();
}
