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
    // On a shared machine a process may stand still for longer than any limit; whatever needed a second try is named at
    // the end (closing-line-reporter.ts). Whoever works on a test sees it fail the first time.
    retry: process.env['CI'] === undefined ? 0 : 1,
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
