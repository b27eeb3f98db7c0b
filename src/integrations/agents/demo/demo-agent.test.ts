import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AgentEvent } from '../../../domain/agent-event.ts';
import { systemClock } from '../../../lib/clock.ts';
import { systemRandom } from '../../../lib/random.ts';
import { agentUserOf, createBubblewrap } from '../../sandbox/bubblewrap.ts';
import { createCommandRunner } from '../command-runner.ts';
import { createAgentRunner } from '../runner.ts';
import { createDemoAgent } from './demo-agent.ts';
import { type SampleRepository, sampleRepositories } from './samples.ts';

let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'cms-demo-'));
});
afterAll(() => rm(root, { recursive: true, force: true, maxRetries: 5 }));

function parts() {
  const base = { clock: systemClock, random: systemRandom, tempRoot: join(root, 't') };
  const nodePath = process.execPath;
  const runAs = agentUserOf(process.getuid?.());
  const sandbox = createBubblewrap({ ...base, nodePath, runAs });
  const all = { ...base, nodePath, sandbox };
  const runner = createAgentRunner({ ...all, path: '/usr/bin', secrets: async () => undefined });
  return { runner, commands: createCommandRunner(all) };
}

async function lay(sample: SampleRepository): Promise<string> {
  const workspace = await mkdtemp(join(root, `${sample.name}-`));
  for (const [path, text] of Object.entries(sample.files)) {
    await mkdir(dirname(join(workspace, path)), { recursive: true });
    await writeFile(join(workspace, path), text);
  }
  return workspace;
}

const cases = sampleRepositories.flatMap((sample) =>
  sample.recipes.map((recipe) => ({ sample, recipe, title: `${sample.name}: ${recipe.todo}` })),
);

describe('the demo agent on the sample repositories', () => {
  it.each(cases)('does what it says and the check passes: $title', async ({ sample, recipe }) => {
    const { runner, commands } = parts();
    const workspace = await lay(sample);
    const agent = await createDemoAgent(
      root,
      sampleRepositories.flatMap(({ recipes }) => recipes),
    );
    const events: AgentEvent[] = [];
    const result = await runner.run({
      agent,
      assignment: {
        prompt: `Work on this.\n\n> ${recipe.todo}\n`,
        budgetUsd: null,
        timeoutMs: 60_000,
        correlationId: 'demo-1',
      },
      workspace,
      limits: { timeoutMs: 60_000, stallMs: 60_000, budgetUsd: null, outputBytes: 1e6 },
      egress: [],
      signal: new AbortController().signal,
      onEvent: (event) => events.push(event),
    });
    expect(result.end).toMatchObject({ kind: 'completed', message: recipe.verdict });
    const changed: string[] = [];
    for (const [path, text] of Object.entries(sample.files)) {
      if ((await readFile(join(workspace, path), 'utf8')) !== text) changed.push(path);
    }
    expect(changed.length > 0).toBe(!recipe.verdict.startsWith('NO CHANGE NEEDED:'));
    const checked = await commands.run({
      command: sample.check,
      workspace,
      timeoutMs: 60_000,
      egress: [],
      signal: new AbortController().signal,
    });
    expect(checked).toMatchObject({ exitCode: 0, timedOut: false });
    expect(events.at(-1)).toMatchObject({ type: 'ended' });
  });

  it('says so when it knows no recipe, and changes nothing', async () => {
    const { runner } = parts();
    const workspace = await lay(sampleRepositories[0] as SampleRepository);
    const agent = await createDemoAgent(root, []);
    const result = await runner.run({
      agent,
      assignment: { prompt: 'x', budgetUsd: null, timeoutMs: 60_000, correlationId: 'demo-2' },
      workspace,
      limits: { timeoutMs: 60_000, stallMs: 60_000, budgetUsd: null, outputBytes: 1e6 },
      egress: [],
      signal: new AbortController().signal,
      onEvent: () => undefined,
    });
    expect(result.end).toMatchObject({ kind: 'failed', failure: 'agent', exitCode: 1 });
  });
});
