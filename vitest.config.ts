import { defineConfig } from 'vitest/config';
import { LongOnesFirst } from './test/support/long-ones-first.ts';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    globalSetup: [
      './test/support/postgres-setup.ts',
      './test/support/dashboard-setup.ts',
      './test/support/program-setup.ts',
    ],
    reporters: ['default', './test/support/closing-line-reporter.ts'],
    mockReset: true,
    unstubEnvs: true,
    // What is waited for may take long on a busy machine; the limit is for what never comes.
    expect: { requireAssertions: true, poll: { timeout: 30_000 } },
    sequence: { shuffle: { tests: true }, sequencer: LongOnesFirst },
    testTimeout: 180_000,
    hookTimeout: 420_000,
    // More than the processors of a small machine: services that were killed are waited for, which takes nobody's time.
    maxWorkers: 3,
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      exclude: ['**/*.test.ts', '**/*.suite.ts', '**/index.ts', 'src/app/main.ts'],
    },
  },
});
