import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { ServiceRole } from '../../src/domain/service-role.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { type FleetProcess, startRole } from '../support/fleet.ts';
import {
  createGithubLoop,
  type GithubLoop,
  manager,
  type TaskLine,
} from '../support/github-loop.ts';
import { seededFractions } from '../support/seeded.ts';

/**
 * Only with STORM set (`npm run test:storm:fleet`), for it takes minutes: STORM_SEED repeats one, STORM_MINUTES bounds it.
 * Three workers and two schedulers on one database, one of them killed every few seconds, under a GitHub where one
 * request in five fails, loses its answer or answers garbage, and tells to wait in between.
 */
const seed = Number(process.env['STORM_SEED'] ?? '1');
const maxMs = Number(process.env['STORM_MINUTES'] ?? '15') * 60_000;

const repositories = 10;
const findingsEach = 6;
const approvals = 30;
const wanted = repositories * findingsEach;

describe.runIf(process.env['STORM'] !== undefined)(`a storm, seed ${seed}`, () => {
  test(`${wanted} proposals and ${approvals} approvals: nothing is lost, nothing is made twice, each approved task ends once`, {
    timeout: maxMs + 300_000,
  }, async () => {
    const loop = await createGithubLoop(world());
    const fleet = await openFleet(loop);
    try {
      loop.emulator.faults.random({ seed, rate: 0.2 });
      for (const nth of [40, 120, 250, 400]) {
        const match = { path: /./u, nth };
        loop.emulator.faults.add({ kind: 'retry-after', retryAfterSeconds: 2, match });
      }
      loop.emulator.faults.add({
        kind: 'secondary-limit',
        retryAfterSeconds: 4,
        match: { path: /./u, nth: 180 },
      });
      const until = systemClock.monotonicMs() + maxMs;
      const isTime = (): boolean => systemClock.monotonicMs() < until;
      while (isTime() && loop.proposals().length < wanted) await fleet.strike();
      for (const { number } of loop.proposals().slice(0, approvals)) {
        loop.emulator.as('wendy').label(manager, number, 'approved-for-dev');
      }
      while (isTime() && pulls(loop) < approvals) await fleet.strike();
      loop.emulator.faults.clear();
      await fleet.calm();
      while (isTime() && (await unended(loop)).length > 0) await delay(1000);
      // What was wanted twice would be made now.
      await delay(8000);
      process.stdout.write(
        `storm: seed ${seed}, ${fleet.kills()} kills, ${loop.emulator.journal.entries.length} requests\n`,
      );
      expect(await unended(loop)).toEqual([]);
      expect(loop.proposals()).toHaveLength(wanted);
      expect(pulls(loop)).toBe(approvals);
      const states = (await loop.tasks<readonly TaskLine[]>('list')).map(({ state }) => state);
      expect(count(states)).toEqual({ in_review: approvals, proposed: wanted - approvals });
      const { journal, contractViolations } = loop.emulator;
      expect(journal.duplicates()).toEqual([]);
      expect(journal.violations()).toEqual([]);
      expect(contractViolations).toEqual([]);
    } finally {
      await fleet.close();
      await loop.close();
    }
  });
});

function world(): Parameters<typeof createGithubLoop>[0] {
  const names = Array.from({ length: repositories }, (_, index) => `code-${index}`);
  const files = (name: string): Record<string, string> =>
    Object.fromEntries(
      Array.from({ length: findingsEach }, (_, index) => [
        `part-${index}.js`,
        `// TODO: handle case ${index} of ${name} without losing a line\nexport const a = ${index};\n`,
      ]),
    );
  return {
    targets: Object.fromEntries(names.map((name) => [name, files(name)])),
    agentMs: 300,
    config: {
      github: {
        managerRepo: manager,
        reposToScan: names.map((name) => `acme/${name}`),
        pollSeconds: 2,
      },
      analyzer: { intervalMinutes: 1 },
    },
  };
}

interface Fleet {
  /** Kills one of them, lets the rest go on for a few seconds, and starts another one in its place. */
  strike(): Promise<void>;
  /** Kills none any more. */
  calm(): Promise<void>;
  kills(): number;
  close(): Promise<void>;
}

async function openFleet({ service }: GithubLoop): Promise<Fleet> {
  const fraction = seededFractions(seed);
  const roles = ['scheduler', 'scheduler', 'worker', 'worker', 'worker'] as const;
  const start = (role: ServiceRole): Promise<FleetProcess> => startRole(service, role);
  const all: FleetProcess[] = [];
  for (const role of roles) all.push(await start(role));
  let kills = 0;
  return {
    strike: async () => {
      const at = Math.floor(fraction() * all.length);
      const victim = all[at];
      if (victim === undefined) return;
      if (victim.isOver()) throw new Error(`a ${victim.role} ended by itself:\n${victim.said()}`);
      await victim.end('SIGKILL');
      kills += 1;
      await delay(500 + fraction() * 3000);
      all[at] = await start(victim.role);
      await delay(500 + fraction() * 2500);
    },
    calm: async () => {
      for (const [at, one] of all.entries()) if (one.isOver()) all[at] = await start(one.role);
    },
    kills: () => kills,
    close: async () => {
      await Promise.all(all.map((one) => one.end('SIGKILL')));
    },
  };
}

async function unended(loop: GithubLoop): Promise<readonly string[]> {
  const tasks = await loop.tasks<readonly TaskLine[]>('list');
  return tasks
    .filter(({ state }) => state === 'approved' || state === 'running')
    .map(({ id }) => id);
}

function pulls(loop: GithubLoop): number {
  const names = Array.from({ length: repositories }, (_, index) => `acme/code-${index}`);
  return names.reduce((sum, name) => sum + loop.pulls(name).length, 0);
}

function count(words: readonly string[]): Record<string, number> {
  const groups = Map.groupBy(words, (word) => word);
  return Object.fromEntries([...groups].map(([word, all]) => [word, all.length]));
}
