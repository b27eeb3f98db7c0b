import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openAgents } from '../../src/app/work/open-agents.ts';
import { openLoop } from '../../src/app/work/open-loop.ts';
import { createScan } from '../../src/app/work/open-scan.ts';
import { createSettings } from '../../src/app/work/settings.ts';
import { createGit } from '../../src/integrations/git/git.ts';
import { createMirrors } from '../../src/integrations/git/mirrors.ts';
import { createTreeReader } from '../../src/integrations/git/tree-reader.ts';
import { type Clock, systemClock } from '../../src/lib/clock.ts';
import { systemRandom } from '../../src/lib/random.ts';
import { runService } from '../../src/operations/service/run-service.ts';
import { createEventClock } from '../fakes/event-clock.ts';
import { createPipelineWorld } from '../fakes/pipeline-world.ts';
import { type Look, NotHere } from './looks.ts';

const day = 86_400_000;

/** A folder of its own for as long as the body runs. */
async function inFolder<T>(body: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'cms-looks-'));
  try {
    return await body(folder);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** What a scan finds in a repository with a TODO and a REVISIT, and issues that were quiet for 40 and for 20 days. */
export const scanning: Look = async (config, _database, flows) =>
  await inFolder(async (folder) => {
    const world = await createPipelineWorld(flows);
    const source = join(folder, 'source');
    await mkdir(source);
    await writeFile(join(source, 'a.ts'), '// TODO: one\n\n// REVISIT: two\n');
    const git = (...words: string[]): string =>
      execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', '-C', source, ...words], {
        encoding: 'utf8',
      }).trim();
    git('init', '-q', '-b', 'main');
    git('add', '-A');
    git('commit', '-q', '-m', 'x');
    const quiet = (title: string, label: string): void =>
      void world.host.openIssue(world.target, { title, author: 'ann', labels: [label] });
    quiet('an old bug', 'bug');
    quiet('an old wish', 'wanted');
    world.clock.advance(20 * day);
    quiet('a younger bug', 'bug');
    world.clock.advance(20 * day);
    const reader = createGit({ environment: process.env });
    const trees = createTreeReader({ git: reader });
    try {
      const scan = createScan({
        config: () => config,
        store: {
          database: flows,
          findings: world.ports.findings,
          tasks: world.ports.tasks,
          trees,
          mirrors: createMirrors({
            git: reader,
            clock: world.clock,
            root: join(folder, 'mirrors'),
          }),
          host: () => ({
            ...world.host,
            head: async () => ({ changed: true, sha: git('rev-parse', 'main') }),
            remote: async () => ({ url: source, env: {} }),
          }),
        } as never,
        settings: createSettings(() => config, folder),
        clock: world.clock,
        random: systemRandom,
        telemetry: { measure: async (_area, _name, body) => await body() },
      });
      await scan(world.target);
    } finally {
      trees.close();
    }
    const { findings } = world.ports;
    const known = await Promise.all(
      (['todo', 'stale-issue'] as const).map((rule) => findings.known(world.target, rule)),
    );
    return known.flat().map(({ rule, text }) => [rule, text]);
  });

/** How often a service looks and scans within 65 minutes, and how long agents at work have when it ends then. */
export const turning: Look = async (config, _database, flows) => {
  const world = await createPipelineWorld(flows);
  const events = createEventClock();
  let sleepers = 0;
  const clock: Clock = {
    ...events,
    sleep: (ms, signal) => {
      sleepers += 1;
      return events.sleep(ms, signal).finally(() => {
        sleepers -= 1;
      });
    },
  };
  const seen = { rounds: 0, scans: 0, drainMs: 0 };
  const loop = openLoop(
    {
      store: {
        changes: { prune: async () => undefined },
        effects: { settleAll: async () => ({ settled: 0, timed: 0 }) },
        reconciliation: { finish: async () => undefined },
      } as never,
      pipeline: { ...world.ports, clock },
      config: () => config,
      repositories: async () => {
        seen.rounds += 1;
        return [];
      },
      scan: world.ports.scan,
      isHeld: () => false,
    },
    { list: async () => [] } as never,
  );
  const stop = new AbortController();
  const running = runService(
    {
      ...loop,
      // The latest texts are read at times of their own, which no key sets.
      cycle: { ...loop.cycle, host: () => ({ ...world.host, latestTexts: async () => [] }) },
      role: 'all',
      leads: () => true,
      onNews: () => async () => undefined,
      lost: new AbortController().signal,
      drain: async (drainMs) => {
        seen.drainMs = drainMs;
      },
    },
    {
      once: false,
      maxMs: null,
      signal: stop.signal,
      progress: (text) => {
        if (text === 'scanning') seen.scans += 1;
      },
    },
  );
  // Whoever works is waited for: the loop and what reads the latest texts both sleep in between.
  while (clock.monotonicMs() < 65 * 60_000) {
    if (sleepers === 2) events.wakeNext();
    await delay(1);
  }
  stop.abort();
  await running;
  return seen;
};

/** Which words agents get for a task where a folder holds some. */
export const wording: Look = async (config) =>
  await inFolder(async (folder) => {
    await mkdir(join(folder, 'words'));
    await writeFile(join(folder, 'words', 'todo.md'), 'Do {{task}}.');
    const { executor } = config;
    const prompts = executor.prompts === null ? null : join(folder, basename(executor.prompts));
    const placed = { ...config, executor: { ...executor, prompts } };
    return await createSettings(() => placed, folder).promptTemplate('todo');
  });

/** How many runs two agents may have at a time. */
export const sharing: Look = async (config) => {
  const { agentCap } = createSettings(() => config, '/srv');
  return [agentCap('mine'), agentCap('another')];
};

/** How far a command comes that writes 20 MB, takes 100 MB of memory and starts 70 processes, and in which sandbox. */
export const sealing: Look = async (config) =>
  await inFolder(async (folder) => {
    const workspace = join(folder, 'work');
    await mkdir(workspace);
    const rooms = await openAgents({
      config,
      current: () => config,
      folder,
      dataDir: folder,
      slot: { folder: join(folder, 'slot') },
      clock: systemClock,
      random: systemRandom,
      path: process.env['PATH'] ?? '',
      secret: async () => undefined,
      redact: (text) => text,
      isWorking: true,
      warn: () => undefined,
    });
    const { sandbox } = config.executor;
    if (rooms.missing !== null && sandbox === 'auto') throw new NotHere(rooms.missing);
    const run = async (command: string): Promise<string> =>
      await rooms.commands
        .run({
          command,
          workspace,
          timeoutMs: 60_000,
          egress: [],
          signal: new AbortController().signal,
          onEgressRefused: () => undefined,
        })
        .then(
          ({ output }) => output,
          () => 'not run',
        );
    return {
      name: rooms.sealing.sandbox,
      missing: rooms.missing === null,
      ran: await run(
        `head -c 20000000 /dev/zero > big 2>/dev/null; wc -c < big
        dd bs=100M count=1 if=/dev/zero of=/dev/null 2>/dev/null && echo held
        i=0; while [ $i -lt 70 ]; do (sleep 300 & echo started) 2>/dev/null || break; i=$((i+1)); done; true`,
      ).then((text) => [text.split('\n').slice(0, 2), text.match(/started/gu)?.length]),
    };
  });
