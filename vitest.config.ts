import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    globalSetup: ['./test/support/postgres-setup.ts', './test/support/dashboard-setup.ts'],
    reporters: ['default', './test/support/closing-line-reporter.ts'],
    mockReset: true,
    unstubEnvs: true,
    expect: { requireAssertions: true },
    sequence: { shuffle: { tests: true } },
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      exclude: ['**/*.test.ts', '**/*.suite.ts', '**/index.ts', 'src/app/main.ts'],
    },
  },
});
