import { mkdtemp, rm, statfs } from 'node:fs/promises';
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
  const dataDir = await mkdtemp(join(await quickFolder(), 'cms-pg-'));
  project.provide('postgresDataDir', dataDir);
  return async () => {
    await stopEmbedded(dataDir, { clock: systemClock, random: systemRandom });
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
  };
}

const neededBytes = 4 * 2 ** 30;

/** Memory where there is enough of it: what a database keeps on disk is flushed at each commit, and tests wait for it. */
async function quickFolder(): Promise<string> {
  const memory = '/dev/shm';
  const found = await statfs(memory).catch(() => null);
  return found !== null && found.bavail * found.bsize >= neededBytes ? memory : tmpdir();
}
