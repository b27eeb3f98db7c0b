import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import { systemRandom } from '../../lib/random.ts';
import { createNoSandbox } from '../sandbox/no-sandbox.ts';
import { createAgents } from './create-agents.ts';
import { createDemoAgent } from './demo/demo-agent.ts';
import { type Proof, proveAgent } from './prove-agent.ts';
import { createAgentRunner } from './runner.ts';

let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'cms-proof-'));
});
afterAll(() => rm(root, { recursive: true, force: true, maxRetries: 5 }));

const base = { clock: systemClock, random: systemRandom, nodePath: process.execPath };
const nothing = async (): Promise<undefined> => undefined;

/** Proves the agent that runs this program of ours; the demo's agent when there is none. */
async function prove(program: string | null, command = [process.execPath]): Promise<Proof> {
  const tempRoot = join(root, 'runs');
  const sandbox = createNoSandbox({ ...base, tempRoot });
  const runner = createAgentRunner({
    ...base,
    sandbox,
    tempRoot,
    secrets: nothing,
    path: '/usr/bin',
  });
  let agent = await createDemoAgent(root, []);
  if (program !== null) {
    const file = join(root, `${systemRandom.uuid()}.mjs`);
    await writeFile(file, program);
    const all = createAgents(
      { mine: { command: [...command, file] } },
      { path: '/usr/bin', baseDir: root },
    );
    agent = all.find(({ name }) => name === 'mine') ?? agent;
  }
  return proveAgent(agent, {
    ...base,
    runner,
    sandbox,
    tempRoot,
    budgetUsd: 0.25,
    correlationId: 'proof',
    signal: new AbortController().signal,
    progress: () => undefined,
  });
}

const writes = (word: string): string => `
  import { readFileSync, writeFileSync } from 'node:fs';
  const task = readFileSync(process.argv.at(-1), 'utf8');
  const asked = /only line is: (\\w+)/.exec(task)[1];
  writeFileSync('proof.txt', ${word});
`;

describe('the proof that an agent works', () => {
  it('holds for an agent that wrote the word it was given, and leaves nothing behind', async () => {
    const proof = await prove(writes('asked'));
    expect(proof.steps.map(({ step, state }) => [step, state])).toEqual([
      ['program', 'ok'],
      ['sandbox', 'ok'],
      ['work', 'ok'],
    ]);
    expect(proof.works).toBe(true);
    expect(await readdir(join(root, 'runs'))).toEqual([]);
  });

  it('holds for the demo’s own agent', async () => {
    expect(await prove(null)).toMatchObject({ agent: 'demo', works: true, costUsd: 0 });
  });

  it.each([
    [
      'says that it did and writes nothing',
      `console.log('I wrote proof.txt.')`,
      'It wrote no proof.txt.',
    ],
    ['writes another word', writes('"done"'), 'proof.txt holds something else.'],
    [
      'puts a link in the place of the file',
      `import { symlinkSync } from 'node:fs'; symlinkSync('/etc/hostname', 'proof.txt');`,
      'It wrote no proof.txt.',
    ],
  ])('does not hold for one that %s', async (_words, program, evidence) => {
    const proof = await prove(program);
    expect(proof.works).toBe(false);
    expect(proof.steps.at(-1)).toMatchObject({ step: 'work', state: 'failed' });
    expect(proof.steps.at(-1)?.evidence).toContain(evidence);
  });

  it('says that the rest was not tried when the program is not there', async () => {
    const proof = await prove('', ['no-such-program-anywhere']);
    expect(proof.steps.map(({ state }) => state)).toEqual(['failed', 'not_tried', 'not_tried']);
    expect(proof.works).toBe(false);
  });
});
