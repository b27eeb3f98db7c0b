import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { changedFile, completed, fakeAgent } from '../../test/fakes/fake-work.ts';
import { createPipelineWorld, type PipelineWorld } from '../../test/fakes/pipeline-world.ts';
import { createTestDatabase, type TestDatabase } from '../../test/support/test-database.ts';
import type { AgentRunResult } from '../domain/ports/agent.ts';
import type { Task } from '../domain/task.ts';
import { AppError } from '../lib/app-error.ts';
import { pollApprovals } from './approve/poll-approvals.ts';
import { propose } from './propose/propose.ts';

let database: TestDatabase;
let world: PipelineWorld;
let task: Task;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(async () => database.drop());
beforeEach(async () => {
  world = await createPipelineWorld(database);
  await world.find('one');
  [task] = (await propose(world.ports, world.target)).proposed as [Task];
  world.host.label(world.manager, task.issueNumber ?? 0, 'ann', 'approved-for-dev');
  await pollApprovals(world.ports, world.manager);
});
const pulls = () => [...world.host.state(world.target).pullRequests.values()];
const now = (): Promise<Task> => world.task(task.id);
const heldBack = () => world.audit.filter(({ event }) => event === 'change.held_back');

async function expectNothingPushed(): Promise<void> {
  const { journal } = world.host;
  const kinds = journal.map(({ kind }) => kind);
  expect(kinds.filter((kind) => kind === 'push_branch' || kind === 'open_pull_request')).toEqual(
    [],
  );
  expect(pulls()).toEqual([]);
  expect(world.work.workspaces.size).toBe(0);
  expect((await now()).state).not.toBe('in_review');
}

/** The code of the question, as the reviewer reads it. */
const codeIn = (prompt: string): string => /"code":"([^"]+)"/u.exec(prompt)?.[1] ?? '';

function reviewWith(answer: (prompt: string) => AgentRunResult): void {
  Object.assign(world.policy, { reviewer: 'critic' });
  world.agents.set('critic', fakeAgent('critic', 'reported'));
  const { runner } = world.ports;
  Object.assign(world.ports, {
    runner: {
      run: async (request: Parameters<typeof runner.run>[0]) => {
        const result = await runner.run(request);
        return request.agent.name === 'critic' ? answer(request.assignment.prompt) : result;
      },
    },
  });
}

describe('a second opinion', () => {
  test('a clear yes lets the change go on, stands among the checks and is paid for', async () => {
    reviewWith((prompt) => ({
      ...completed(
        `Fine.\n{"verdict":"approve","code":"${codeIn(prompt)}","reasons":["does what it says"]}`,
      ),
      usage: { inputTokens: 1, outputTokens: 1, cachedTokens: 0, turns: 1, costUsd: 0.25 },
    }));
    expect(await world.attempt(task)).toBe('succeeded');
    const [pull] = pulls();
    expect(pull?.body).toContain('second opinion by critic');
    const [run] = await world.ports.runs.ofTask(task.id);
    expect(run?.costUsd).toBe(0.25);
    expect(world.work.prompts[1]).toContain('+text');
  });

  test('an objection holds the change back, with its reasons, and is audited', async () => {
    reviewWith((prompt) =>
      completed(`{"verdict":"object","code":"${codeIn(prompt)}","reasons":["deletes a test"]}`),
    );
    expect(await world.attempt(task)).toBe('blocked_by_policy');
    expect(pulls()).toEqual([]);
    expect(await now()).toMatchObject({ state: 'needs_attention' });
    const [run] = await world.ports.runs.ofTask(task.id);
    expect(run?.summary).toContain('deletes a test');
    expect(run?.patch).toBe('+text');
    expect(heldBack().map(({ facts }) => facts['codes'])).toEqual([['second_opinion']]);
  });

  const unclear: readonly (readonly [string, (prompt: string) => AgentRunResult])[] = [
    ['says nothing', () => completed('')],
    ['says yes in words', () => completed('I approve this change.')],
    ['says yes without the code', () => completed('{"verdict":"approve","reasons":[]}')],
    [
      'says yes with another code, as the change might have asked it to',
      () => completed('{"verdict":"approve","code":"id-1","reasons":[]}'),
    ],
    [
      'goes on after its verdict',
      (prompt) => completed(`{"verdict":"approve","code":"${codeIn(prompt)}"}\nBut wait.`),
    ],
    ['answers broken JSON', () => completed('{"verdict":"approve",')],
    ['runs out of time', () => ({ ...completed(), stopped: 'timeout' })],
    [
      'fails',
      () => ({ ...completed(), end: { ...completed().end, kind: 'failed', failure: 'agent' } }),
    ],
  ];
  test.each(unclear)('a reviewer that %s objects', async (_, answer) => {
    reviewWith(answer);
    expect(await world.attempt(task)).toBe('blocked_by_policy');
    expect(pulls()).toEqual([]);
  });

  test.each<[string, Error]>([
    ['dies of a defect', new TypeError('boom')],
    ['cannot be started', new AppError({ kind: 'unavailable', code: 'x', message: 'away' })],
    ['has no sandbox', new AppError({ kind: 'not_well', code: 'sandbox_missing', message: 'x' })],
  ])('a reviewer whose run %s lets nothing out', async (_, thrown) => {
    reviewWith(() => {
      throw thrown;
    });
    await world.attempt(task);
    await expectNothingPushed();
    const [run] = await world.ports.runs.ofTask(task.id);
    expect(run).toMatchObject({ outcome: 'failed', patch: '+text', endedAt: expect.any(Date) });
  });

  test('a reviewer that is not there objects', async () => {
    Object.assign(world.policy, { reviewer: 'nobody' });
    expect(await world.attempt(task)).toBe('blocked_by_policy');
    expect(pulls()).toEqual([]);
  });
});

describe('a scan for secrets that breaks lets nothing out', () => {
  const breakScan = (isHere: (text: string) => boolean): void => {
    const { secrets } = world.ports;
    const scan = (text: string): readonly string[] => {
      if (isHere(text)) throw new RangeError('the scan broke');
      return secrets.scan(text);
    };
    Object.assign(world.ports, { secrets: { ...secrets, scan } });
  };
  test.each<[string, (text: string) => boolean]>([
    ['of the added lines', (text) => text.includes('text')],
    ['of the names', (text) => text.includes('src/a.bin')],
    ['of a binary file', (text) => text.includes('bytes')],
  ])('%s', async (_, isHere) => {
    world.work.files = [changedFile('src/a.bin', { text: null })];
    world.work.contents.set('src/a.bin', Buffer.from('\0bytes'));
    breakScan(isHere);
    await world.attempt(task);
    await expectNothingPushed();
    const [run] = await world.ports.runs.ofTask(task.id);
    expect(run).toMatchObject({ outcome: 'failed', reason: 'defect', summary: 'the scan broke' });
  });
});

describe('connections that are refused', () => {
  const why = 'it is not on the list';
  const refusal = { type: 'egress_refused', port: 443, why, attempts: 1 } as const;

  test('each place is audited once and all are counted, kept as an event and named in the pull request', async () => {
    world.work.events = [
      { ...refusal, host: 'evil.test' },
      { ...refusal, host: 'evil.test' },
      { ...refusal, host: '169.254.169.254', port: 80 },
      { ...refusal, host: null, port: null, attempts: 7 },
    ];
    expect(await world.attempt(task)).toBe('succeeded');
    const audited = world.audit.filter(({ event }) => event === 'run.egress_refused');
    expect(audited.map(({ facts }) => facts['place'])).toEqual([
      'evil.test:443',
      '169.254.169.254:80',
      'past the proxy',
      undefined,
    ]);
    expect(audited.map(({ facts }) => facts['attempts'])).toEqual([1, 1, 7, undefined]);
    expect(audited.at(-1)?.facts).toMatchObject({ places: 3, attemptsInAll: 10 });
    expect(
      audited.every(({ outcome, target }) => outcome === 'refused' && target === task.id),
    ).toBe(true);
    const [run] = await world.ports.runs.ofTask(task.id);
    const events = await world.ports.runs.events(run?.id ?? '', 0, 10);
    expect(events.map(({ event }) => event.type)).toEqual(Array(3).fill('egress_refused'));
    expect(pulls()[0]?.body).toContain(
      '<code>evil.test:443 (2 times)</code>, <code>169.254.169.254:80</code>, <code>past the proxy (7 times)</code>',
    );
  });

  test('a flood of places is cut in the audit log and counted', async () => {
    world.work.events = Array.from({ length: 130 }, (_, at) => ({
      ...refusal,
      host: `h${at}.test`,
    }));
    await world.attempt(task);
    const audited = world.audit.filter(({ event }) => event === 'run.egress_refused');
    expect(audited).toHaveLength(101);
    expect(audited.at(-1)?.facts).toMatchObject({ places: 130, attemptsInAll: 130 });
    expect(pulls()[0]?.body).toContain('and 100 more');
  });
});
