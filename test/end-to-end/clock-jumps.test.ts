import { globSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type FleetProcess, startRole } from '../support/fleet.ts';
import {
  agentIsAtWork,
  createGithubLoop,
  type GithubLoop,
  manager,
} from '../support/github-loop.ts';

const [library] = globSync('/usr/lib/*/faketime/libfaketimeMT.so.1');
const patience = { timeout: 180_000, interval: 100 };
/** What the wall clock of the service shows beside the true time; put so while an agent works and GitHub told to wait. */
const jumps = ['+1d', '-1d', '-1', '+1'];

let loop: GithubLoop;
let service: FleetProcess | null = null;
beforeAll(async () => {
  const files = jumps.map((_, n) => [
    `part-${n}.js`,
    `// TODO: handle case ${n}\nexport const a = ${n};\n`,
  ]);
  loop = await createGithubLoop({
    targets: { widgets: Object.fromEntries(files) as Record<string, string> },
    agentMs: 4000,
    config: { github: { managerRepo: manager, reposToScan: ['acme/widgets'], pollSeconds: 1 } },
  });
}, 420_000);
afterAll(async () => {
  await service?.end('SIGKILL');
  await loop.close();
});

test.skipIf(library === undefined)(
  'a wall clock that jumps by a day or a second stops nothing, hurries nothing and starts nothing twice (needs faketime)',
  async () => {
    const clock = join(loop.service.folder, 'clock');
    await writeFile(clock, '+0');
    const env = {
      LD_PRELOAD: library ?? '',
      FAKETIME_TIMESTAMP_FILE: clock,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    };
    service = await startRole(loop.service, 'all', { port: true, env });
    await vi.waitFor(() => expect(loop.proposals()).toHaveLength(jumps.length), patience);
    const { length: before } = loop.pulls('acme/widgets');
    for (const [at, jump] of jumps.entries()) {
      const { number } = loop.proposals()[at] ?? { number: 0 };
      loop.emulator.as('wendy').label(manager, number, 'approved-for-dev');
      await vi.waitFor(async () => expect(await agentIsAtWork(loop.service)).toBe(true), patience);
      loop.emulator.faults.add({ kind: 'retry-after', retryAfterSeconds: 3 });
      await vi.waitFor(() => expect(loop.emulator.faults.pending()).toBe(0), patience);
      await writeFile(clock, jump);
      await vi.waitFor(
        () => expect(loop.pulls('acme/widgets')).toHaveLength(before + at + 1),
        patience,
      );
    }
    const tasks = await loop.tasks<readonly { state: string }[]>('list');
    expect(tasks.map(({ state }) => state)).toEqual(jumps.map(() => 'in_review'));
    const runs = await loop.query<{ count: string }>('select count(*) from runs');
    expect(Number(runs[0]?.count)).toBe(jumps.length);
    expect(loop.emulator.journal.duplicates()).toEqual([]);
    expect(loop.emulator.journal.violations()).toEqual([]);
    const told = async (event: string): Promise<boolean> =>
      (await loop.query(`select from audit_entries where event = '${event}'`)).length > 0;
    expect(await told('clock.regression')).toBe(true);

    // What is kept for a year has been kept long enough thirteen months from now.
    await service.end('SIGTERM');
    await writeFile(clock, '+400d');
    service = await startRole(loop.service, 'all', { port: true, env });
    await vi.waitFor(async () => expect(await told('audit.prune')).toBe(true), patience);
  },
  420_000,
);
