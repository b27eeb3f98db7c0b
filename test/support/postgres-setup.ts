import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { systemClock } from '../../src/lib/clock.ts';
import { systemRandom } from '../../src/lib/random.ts';
import { stopEmbedded } from '../../src/platform/database/embedded/supervisor.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Data folder of the run's embedded server, which starts when the first test asks for a database. */
    postgresDataDir: string;
  }
}

/** One data folder a run; a run without database tests never starts a server. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = await mkdtemp(join(tmpdir(), 'cms-pg-'));
  project.provide('postgresDataDir', dataDir);
  return async () => {
    await stopEmbedded(dataDir, { clock: systemClock, random: systemRandom });
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
  };
}
