import { readdirSync, readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Agent, fetch } from 'undici';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import {
  agentIsAtWork,
  createGithubLoop,
  type GithubLoop,
  manager,
} from '../support/github-loop.ts';
import { startService } from '../support/running-service.ts';

const patience = { timeout: 120_000, interval: 50 };
/** Only when asked for: several starts of the service, and an agent that works for long. */
const isAsked = process.env['STOPS'] !== undefined;
/** Milliseconds that the agent stays at work, by which its processes are known. */
const stays = '618033';

let loop: GithubLoop;
beforeAll(async () => {
  if (!isAsked) return;
  loop = await createGithubLoop({
    targets: { widgets: { 'list.js': '// TODO: handle the empty list\nexport const a = 1;\n' } },
    agentMs: Number(stays),
    config: { github: { managerRepo: manager, reposToScan: ['acme/widgets'], pollSeconds: 1 } },
  });
}, 420_000);
afterAll(() => loop?.close());

/** Processes of the agent, in whatever namespace. */
function agentProcesses(): readonly string[] {
  const commandLine = (pid: string): string => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ');
    } catch {
      return '';
    }
  };
  const pids = readdirSync('/proc').filter((name) => /^\d+$/u.test(name));
  return pids
    .map(commandLine)
    .filter((line) => line.includes('todo-agent') && line.includes(stays));
}

async function configure(change: (config: { executor: object }) => object): Promise<void> {
  const file = join(loop.service.folder, 'config.json');
  await writeFile(file, JSON.stringify(change(JSON.parse(await readFile(file, 'utf8')))));
}

/** A call on a connection of its own; `ended` in its code when that is how it went. */
async function ask(address: string): Promise<string> {
  const dispatcher = new Agent({ pipelining: 0 });
  try {
    const headers = { connection: 'close' };
    const answer = await fetch(`${address}/api/v1/tasks`, { dispatcher, headers });
    const { code } = (await answer.json()) as { code?: string };
    return answer.status === 200 ? 'answered' : String(code);
  } catch (error) {
    const { cause } = error as Error & { cause?: { code?: string } };
    return cause?.code ?? String(error);
  } finally {
    void dispatcher.close();
  }
}

test.runIf(isAsked)(
  'a second SIGTERM ends the whole tree of the agent; one alone gives it the configured time, answers what is under way and refuses the rest; the work is delivered once by the next',
  async () => {
    const first = await startService(loop.service, { words: ['--no-security'] });
    await vi.waitFor(() => expect(loop.proposals()).toHaveLength(1), patience);
    loop.emulator.as('wendy').label(manager, 1, 'approved-for-dev');
    await vi.waitFor(async () => expect(await agentIsAtWork(loop.service)).toBe(true), patience);
    expect(agentProcesses()).not.toEqual([]);
    process.kill(first.pid, 'SIGTERM');
    const told = 'waiting for agents at work to end';
    await vi.waitFor(() => expect(first.said()).toContain(told), patience);
    const began = performance.now();
    expect(await first.stop()).toBe(143);
    process.stdout.write(`ended ${(performance.now() - began).toFixed(0)} ms after the second\n`);
    await expect.poll(agentProcesses, patience).toEqual([]);

    await configure((config) => ({
      ...config,
      executor: { ...config.executor, drainMinutes: 0.1 },
    }));
    const second = await startService(loop.service, { words: ['--no-security'] });
    await vi.waitFor(() => expect(agentProcesses()).not.toEqual([]), patience);
    const calls: { readonly at: number; readonly end: string }[] = [];
    const asking = new AbortController();
    const all: Promise<void>[] = [];
    const load = (async () => {
      while (!asking.signal.aborted) {
        const at = performance.now();
        all.push(ask(second.address).then((end) => void calls.push({ at, end })));
        await delay(20);
      }
    })();
    await vi.waitFor(() => expect(calls.length).toBeGreaterThan(100), patience);
    const at = performance.now();
    // Waits 20 s for the end and kills it then, which is no exit code.
    expect(await second.stop()).toBe(0);
    const took = performance.now() - at;
    asking.abort();
    await load;
    await Promise.all(all);
    const ends = (found: typeof calls): readonly string[] => [
      ...new Set(found.map(({ end }) => end)),
    ];
    const before = calls.filter((call) => call.at < at);
    const after = calls.filter((call) => call.at >= at);
    process.stdout.write(
      `${before.length} calls before and ${after.length} after SIGTERM, over after ${(took / 1000).toFixed(1)} s\n`,
    );
    // What is on its way when the signal comes may be refused as new, but is never cut.
    const wellKnown = ['answered', 'service_stopping'];
    expect(ends(before).filter((end) => !wellKnown.includes(end))).toEqual([]);
    expect(ends(after).filter((end) => ![...wellKnown, 'ECONNREFUSED'].includes(end))).toEqual([]);
    expect(ends(after)).toContain('service_stopping');
    expect(second.said()).toContain(told);
    await expect.poll(agentProcesses, patience).toEqual([]);

    // An agent that is quick from now on.
    await writeFile(
      join(loop.service.folder, 'config.json'),
      (await readFile(join(loop.service.folder, 'config.json'), 'utf8')).replace(stays, '0'),
    );
    await loop.once();
    expect(loop.pulls('acme/widgets')).toHaveLength(1);
    const runs = await loop.query<{ outcome: string | null }>('select outcome from runs');
    expect(runs.filter(({ outcome }) => outcome === 'succeeded')).toHaveLength(1);
    expect(runs.filter(({ outcome }) => outcome === null)).toEqual([]);
    expect(loop.emulator.journal.duplicates()).toEqual([]);
    expect(loop.emulator.journal.violations()).toEqual([]);
  },
  600_000,
);
