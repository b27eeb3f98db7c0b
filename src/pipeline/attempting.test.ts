import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { fakeCommit, openPullRequest } from '../../test/fakes/fake-repository.ts';
import { changedFile, completed, fakeAgent } from '../../test/fakes/fake-work.ts';
import { createPipelineWorld, type PipelineWorld } from '../../test/fakes/pipeline-world.ts';
import { createTestDatabase, type TestDatabase } from '../../test/support/test-database.ts';
import { failureRules } from '../domain/failure.ts';
import type { Delegate } from '../domain/ports/delegate.ts';
import type { Run } from '../domain/run.ts';
import type { Task } from '../domain/task.ts';
import { AppError, type ErrorKind } from '../lib/app-error.ts';
import { pollApprovals } from './approve/poll-approvals.ts';
import { dispatch } from './cycle.ts';
import { runIdOf } from './execute/attempt.ts';
import { begin } from './execute/begin.ts';
import { startRule } from './execute/next-try.ts';
import { work } from './execute/work.ts';
import { explain } from './explain.ts';
import { followPullRequests } from './follow/follow.ts';
import { propose } from './propose/propose.ts';
import { attemptWorkflow } from './workflows.ts';

const label = 'approved-for-dev';
let database: TestDatabase;
let world: PipelineWorld;
let task: Task;
let number: number;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(async () => database.drop());
beforeEach(async () => {
  world = await createPipelineWorld(database);
  await world.find('one');
  [task] = (await propose(world.ports, world.target)).proposed as [Task];
  number = task.issueNumber ?? 0;
  await approve();
});

async function approve(): Promise<void> {
  world.host.label(world.manager, number, 'ann', label);
  await pollApprovals(world.ports, world.manager);
}
const heldBack = (until: string): AppError =>
  new AppError({ kind: 'unavailable', code: 'circuit_open', message: 'Open.', details: { until } });
const now = async (): Promise<Task> => world.task(task.id);
const runOf = async (attempt = 1): Promise<Run | null> =>
  world.ports.runs.get(runIdOf({ taskId: task.id, attempt }));
const pulls = () => [...world.host.state(world.target).pullRequests.values()];
const said = (): readonly string[] =>
  world.host.comments(world.manager, number).map(({ body }) => body);
/** The code of `tasks explain`; what it says of an approval stands on the issue too, save where that is closed. */
const why = async (): Promise<string> => {
  const { code, text } = await explain(world.ports, await now());
  if (/^approval_(?!missing|incomplete|void_closed)/u.test(code))
    expect(said().join('\n')).toContain(text);
  return code;
};
const error = (kind: ErrorKind, code = 'x'): AppError =>
  new AppError({ kind, code, message: `${kind}.` });

describe('an attempt that succeeds', () => {
  test('opens one draft pull request at its commit and tells where the proposal stands', async () => {
    expect(await world.attempt(task)).toBe('succeeded');
    const [pull, ...others] = pulls();
    expect(others).toEqual([]);
    expect(pull).toMatchObject({ draft: true, state: 'open', baseBranch: 'main' });
    expect(await now()).toMatchObject({
      state: 'in_review',
      pullRequest: { number: pull?.number, headSha: pull?.headSha },
    });
    expect(await runOf()).toMatchObject({ outcome: 'succeeded', endedAt: expect.any(Date) });
    expect(said().join()).toContain(pull?.url);
    expect(await why()).toBe('waits_for_review');
  });
  test('the agent reads the approved words and nothing of the evidence', async () => {
    await world.attempt(task);
    expect(world.work.prompts[0]).toContain('handle the empty list one');
    expect(world.work.prompts[0]).not.toContain('Seen at');
  });
  test('repeating the workflow does nothing twice', async () => {
    const ref = { taskId: task.id, attempt: 1 };
    const signal = new AbortController().signal;
    const steps = {
      step: async <T>(_: string, body: (s: AbortSignal) => Promise<T>) => body(signal),
    };
    await attemptWorkflow(world.ports, steps, ref);
    const writes = world.host.journal.filter(({ outcome }) => outcome === 'made').length;
    expect(await attemptWorkflow(world.ports, steps, ref)).toBe('not_started');
    expect(pulls()).toHaveLength(1);
    expect(world.host.journal.filter(({ outcome }) => outcome === 'made')).toHaveLength(writes);
  });
  test('a start that was done before a crash goes on, a second workflow of the attempt does not', async () => {
    const ref = { taskId: task.id, attempt: 1 };
    expect(await begin(world.ports, ref)).toBe(true);
    expect(await begin(world.ports, ref)).toBe(true);
    expect(await begin(world.ports, { ...ref, version: 99 })).toBe(false);
  });
  test.each(['push_branch', 'open_pull_request', 'comment'] as const)(
    'a lost answer to %s leads to one of it',
    async (kind) => {
      world.host.loseNextAnswer(kind);
      expect(await world.attempt(task)).toBe('succeeded');
      const made = world.host.journal.filter(
        (entry) => entry.kind === kind && entry.outcome === 'made',
      );
      expect(made).toHaveLength(1);
      expect(pulls()).toHaveLength(1);
    },
  );
  test('secrets in events, output and last words are not kept or told', async () => {
    world.work.events = [{ type: 'message', text: 'key s3cr3t' }];
    world.work.result = completed('Used s3cr3t here.');
    await world.attempt(task);
    expect(
      JSON.stringify(await world.ports.runs.events(runIdOf({ taskId: task.id, attempt: 1 }), 0, 9)),
    ).not.toContain('s3cr3t');
    expect(pulls()[0]?.body).toContain('Used *** here.');
  });
});

describe('an approval is checked again at the start', () => {
  test('the text was edited: void, said once, the label goes; the next label approves and starts', async () => {
    world.host.editIssue(world.manager, number, 'ann', { body: 'Something else entirely.' });
    expect(await world.attempt(task)).toBe('not_started');
    expect(await now()).toMatchObject({ state: 'proposed' });
    expect(await why()).toBe('approval_void_content');
    expect(said()).toHaveLength(1);
    expect(world.host.state(world.manager).issues.get(number)?.labels).not.toContain(label);
    expect(world.work.prompts).toEqual([]);
    await approve();
    await approve();
    expect(await now()).toMatchObject({ state: 'approved' });
    expect(await world.attempt(task)).toBe('succeeded');
    expect(world.work.prompts[0]).toContain('Something else entirely.');
  });
  test('the role was withdrawn', async () => {
    world.host.setRole(world.target, 'ann', 'read');
    expect(await world.attempt(task)).toBe('not_started');
    expect(await why()).toBe('approval_void_role');
    expect(await world.ports.tasks.approval(task.id)).toBeNull();
  });
  test('the policy changed what it relied on', async () => {
    world.policy.checks = ['npm test'];
    expect(await world.attempt(task)).toBe('not_started');
    expect(await why()).toBe('approval_void_policy');
    await approve();
    expect(await world.attempt(task)).toBe('succeeded');
  });
  test('the issue was closed', async () => {
    world.host.close(world.manager, number, 'ann');
    expect(await world.attempt(task)).toBe('not_started');
    expect(await why()).toBe('approval_void_closed');
  });
  test('the comment says something else: the proposal says it too, and that is asked about', async () => {
    await world.find('one', { text: 'handle the full list' });
    expect(await world.attempt(task)).toBe('not_started');
    expect(await why()).toBe('approval_void_evidence');
    expect(world.host.state(world.manager).issues.get(number)?.body).toContain('the full list');
    await approve();
    expect(await world.attempt(task)).toBe('succeeded');
    expect(world.work.prompts[0]).toContain('the full list');
  });
  test('the comment only moved: it starts', async () => {
    await world.find('one', { line: 70, fingerprint: 'second-of-its-kind' });
    expect(await world.attempt(task)).toBe('succeeded');
  });
  test('a look that finds the comment gone starts nothing', async () => {
    world.look = async () => {
      const found = await now();
      await world.ports.tasks.transact((transaction) =>
        world.ports.tasks.update(transaction, found, { state: 'resolved' }),
      );
    };
    expect(await world.attempt(task)).toBe('not_started');
    expect(await why()).toBe('resolved');
  });
  test('an approval that is taken back during a long look starts nothing', async () => {
    const issue = world.host.issue.bind(world.host);
    let hasRead: () => void = () => undefined;
    const read = new Promise<void>((resolve) => {
      hasRead = resolve;
    });
    vi.spyOn(world.host, 'issue').mockImplementation(async (ref, id) => {
      const found = await issue(ref, id);
      hasRead();
      return found;
    });
    world.look = async () => {
      await read;
      world.clock.advance(1000);
      world.host.close(world.manager, number, 'wendy');
    };
    expect(await world.attempt(task)).toBe('not_started');
    expect(await why()).toBe('approval_void_closed');
  });
});

describe('what holds a start back', () => {
  test('a pause of everything, of the repository in any case, or in the configuration', async () => {
    const { pauses } = world.ports;
    await pauses.pause(null, 'ann', world.clock.now());
    expect([await why(), await dispatch(world.ports), await world.attempt(task)]).toEqual([
      'paused',
      0,
      'not_started',
    ]);
    await pauses.resume(null);
    await pauses.pause({ host: 'github', name: 'ACME/Widgets' }, 'ann', world.clock.now());
    expect([await why(), await dispatch(world.ports)]).toEqual(['repository_paused', 0]);
    await pauses.resume(world.target);
    world.policy.paused = true;
    expect([await why(), await dispatch(world.ports)]).toEqual(['repository_paused', 0]);
    world.policy.paused = false;
    expect([await why(), await dispatch(world.ports)]).toEqual(['waits_for_worker', 1]);
  });
  test('the money of the day, unless the agent is free', async () => {
    world.policy.budget = { ...world.policy.budget, perDayUsd: 4 };
    expect(await why()).toBe('waits_for_worker');
    world.agents.set('scripted', fakeAgent('scripted', 'reported'));
    expect([await why(), await dispatch(world.ports)]).toEqual(['budget_day', 0]);
  });
  test('an agent that is not there, and another task at work in the repository', async () => {
    world.agents.clear();
    expect(await why()).toBe('agent_missing');
    world.agents.set('scripted', fakeAgent('scripted', 'free'));
    await world.ports.tasks.transact(async (transaction) =>
      world.ports.tasks.insert(transaction, { ...(await now()), id: 'ffff', state: 'running' }),
    );
    expect(await why()).toBe('repository_busy');
  });
  test('a host that is away: it waits a while and is started again; another error asks a person', async () => {
    world.look = async () => {
      throw error('unavailable');
    };
    expect(await world.attempt(task)).toBe('not_started');
    expect([(await now()).state, await why()]).toEqual(['approved', 'start_failed']);
    world.clock.advance(6 * 60_000);
    expect(await dispatch(world.ports)).toBe(1);
    world.look = async () => {
      throw error('not_found');
    };
    expect(await world.attempt(task)).toBe('not_started');
    expect(await now()).toMatchObject({ state: 'needs_attention', attention: 'cannot_start' });
  });
  test('a host that stays away: each start waits longer, and after many a person is asked', async () => {
    world.look = async () => {
      throw error('unavailable');
    };
    let starts = 0;
    while ((await now()).state === 'approved' && starts <= startRule.ceiling) {
      await world.attempt(task);
      starts += 1;
      world.clock.advance(startRule.capMs);
    }
    expect(starts).toBe(startRule.ceiling);
    expect(await now()).toMatchObject({ state: 'needs_attention', attention: 'cannot_start' });
  });
  test('a start that an open breaker held back was none', async () => {
    const until = new Date(world.clock.now().getTime() + 60_000).toISOString();
    world.look = async () => {
      throw heldBack(until);
    };
    for (let starts = 0; starts <= startRule.ceiling; starts += 1) await world.attempt(task);
    expect([(await now()).state, await why()]).toEqual(['approved', 'waits_for_worker']);
  });
});

describe('an attempt without a pull request', () => {
  test('the finding goes away while the agent works: it finishes, says so and asks', async () => {
    let looks = 0;
    world.look = async () => {
      looks += 1;
      if (looks === 2) await world.find('one', { status: 'fixed' });
    };
    expect(await world.attempt(task)).toBe('blocked_by_policy');
    expect(await now()).toMatchObject({
      state: 'needs_attention',
      attention: 'finding_gone_while_running',
      note: expect.stringContaining('went away from the base branch'),
    });
    expect(pulls()).toEqual([]);
  });
  test.each([
    [
      'no change',
      { files: [], result: completed('NO CHANGE NEEDED: it is there') },
      'no_change',
      'no_change',
    ],
    ['no change and no reason', { files: [] }, 'failed', 'failed_agent'],
    ['a failing check', { failing: new Set(['check']) }, 'failed', 'failed_checks'],
    ['a failing set-up', { failing: new Set(['setup']) }, 'failed', 'failed_configuration'],
    [
      'a timeout',
      { result: { ...completed(), stopped: 'timeout' as const } },
      'failed',
      'timed_out',
    ],
    ['a stall', { result: { ...completed(), stopped: 'stall' as const } }, 'failed', 'stalled'],
    [
      'money, tokens or turns that are used up',
      { result: { ...completed(), stopped: 'budget' as const } },
      'failed',
      'over_budget',
    ],
    [
      'the money limit of the agent itself',
      { result: { ...completed(), end: { ...completed().end, kind: 'max_budget' as const } } },
      'failed',
      'over_budget',
    ],
    [
      'a protected path',
      { files: [changedFile('.github/x.yml')] },
      'needs_attention',
      'protected_path',
    ],
    [
      'a link that leads out',
      { files: [changedFile('a', { linkTarget: '/etc' })] },
      'needs_attention',
      'blocked_by_policy',
    ],
    ['a secret', { patch: '+s3cr3t' }, 'needs_attention', 'blocked_by_policy'],
    [
      'a secret in a binary file',
      {
        files: [changedFile('a.bin', { text: null })],
        contents: new Map([['a.bin', Buffer.from('\0s3cr3t\0')]]),
      },
      'needs_attention',
      'blocked_by_policy',
    ],
  ])('%s ends it honestly and cleans up', async (_name, work, state, code) => {
    Object.assign(world.policy, { setup: ['setup'], checks: ['check'] });
    await world.attempt(task);
    await approve();
    Object.assign(world.work, work);
    await world.attempt(task);
    expect([(await now()).state, await why()]).toEqual([state, code]);
    const [run] = (await world.ports.runs.ofTask(task.id)).slice(-1);
    expect(run).toMatchObject({ endedAt: expect.any(Date), outcome: expect.any(String) });
    expect(world.audit.map(({ event }) => event)).toContain('agent.exit');
    if (code !== 'failed_configuration')
      expect(run?.patch).toBe('patch' in work ? '+***' : '+text');
    expect(world.work.workspaces.size).toBe(0);
    expect(pulls()).toEqual([]);
    expect(world.host.journal.filter(({ kind }) => kind === 'push_branch')).toEqual([]);
    expect(said().length).toBeGreaterThan(1);
  });
  test('what may pass is tried again, as often as the policy says', async () => {
    world.work.result = {
      ...completed(),
      end: { ...completed().end, kind: 'failed', failure: 'rate_limit', message: 'later' },
    };
    const states: string[] = [];
    for (let tries = 0; tries < 3; tries += 1) {
      await world.attempt(task);
      states.push((await now()).state);
      world.clock.advance(failureRules.rate_limit.capMs);
    }
    expect(states).toEqual(['approved', 'approved', 'needs_attention']);
    expect(said()).toHaveLength(1);
    expect(await why()).toBe('attempts_used_up');
  });
  test('interruptions cost no retry', async () => {
    world.work.result = { ...completed(), stopped: 'canceled' };
    for (let tries = 0; tries < 5; tries += 1) await world.attempt(task);
    expect(await now()).toMatchObject({ state: 'approved', attempt: 5 });
    expect(await runOf(5)).toMatchObject({ outcome: 'interrupted' });
  });
  test('a task that a person cancels meanwhile stays canceled and its run ends', async () => {
    world.work.during = async () => {
      const running = await now();
      await world.ports.tasks.transact((transaction) =>
        world.ports.tasks.update(transaction, running, { state: 'canceled' }),
      );
    };
    world.work.result = { ...completed(), stopped: 'canceled' };
    await world.attempt(task);
    expect((await now()).state).toBe('canceled');
    expect(await runOf()).toMatchObject({ outcome: 'canceled', endedAt: expect.any(Date) });
  });
  test('a defect of ours ends the attempt and loses nothing', async () => {
    world.work.broken = new TypeError('boom');
    expect(await world.attempt(task)).toBe('failed');
    expect(await now()).toMatchObject({ state: 'failed', note: 'boom' });
    expect(await runOf()).toMatchObject({ outcome: 'failed', reason: 'defect' });
  });
});

describe('a task for a delegate', () => {
  const delegate: Delegate = {
    name: 'scripted',
    warning: 'It works outside of this service.',
    request: ({ title }) => `@their-bot please: ${title}`,
    isAnswer: ({ author, body, updatedAt }, { issue, askedAt }) =>
      author === 'their-bot' &&
      body.includes(`${issue.repository}#${issue.number}`) &&
      updatedAt >= askedAt,
  };
  beforeEach(() => {
    world.delegates.set('scripted', delegate);
  });
  const asks = (): readonly string[] => said().filter((body) => body.startsWith('@their-bot'));
  const answer = (to = number): void => {
    const target = world.host.state(world.target);
    target.branches.set('their-branch', fakeCommit('theirs'));
    const body = `For acme/manager#${to}.`;
    const branches = { head: 'their-branch', base: 'main' };
    const pull = { title: 'Handle it', body, ...branches, draft: false, author: 'their-bot' };
    openPullRequest(target, pull, world.clock.now());
  };
  /** Does it while the delegate is waited for, at the third look for its answer. */
  const meanwhile = (act: () => void): void => {
    const read = world.host.pullRequests.bind(world.host);
    let looks = 0;
    vi.spyOn(world.host, 'pullRequests').mockImplementation(async (...asked) => {
      looks += 1;
      if (looks === 3) act();
      return await read(...asked);
    });
  };
  const firstAttempt = (signal: AbortSignal): Promise<string> => {
    const step = async <T>(_: string, body: (s: AbortSignal) => Promise<T>): Promise<T> =>
      body(signal);
    return attemptWorkflow(world.ports, { step }, { taskId: task.id, attempt: 1 });
  };
  const takenOver = async (): Promise<void> => {
    const [pull] = pulls();
    expect(await now()).toMatchObject({
      state: 'in_review',
      pullRequest: { number: pull?.number, branch: 'their-branch', headSha: fakeCommit('theirs') },
    });
    expect(asks()).toEqual([expect.stringContaining('handle the empty list one')]);
  };

  test('is asked by one comment; the pull request that answers is taken over, said with the warning, and followed to its merge', async () => {
    meanwhile(() => answer());
    expect(await world.attempt(task)).toBe('succeeded');
    await takenOver();
    expect(world.work.prompts).toEqual([]);
    expect(await runOf()).toMatchObject({
      outcome: 'succeeded',
      summary: expect.stringContaining(delegate.warning),
    });
    const [pull] = pulls();
    expect(said().at(-1)).toContain(pull?.url);
    world.host.mergePullRequest(world.target, pull?.number ?? 0);
    await followPullRequests(world.ports);
    expect((await now()).state).toBe('done');
  });
  test('without an answer in the time of a run it times out; what answers something else is left alone', async () => {
    answer(4711);
    expect(await world.attempt(task)).toBe('timed_out');
    expect(await now()).toMatchObject({
      state: 'failed',
      note: 'scripted opened no pull request within 30 minutes.',
    });
    expect(asks()).toHaveLength(1);
    const run = await runOf();
    const minutes = ((run?.endedAt?.getTime() ?? 0) - (run?.startedAt.getTime() ?? 0)) / 60_000;
    expect(Math.floor(minutes)).toBe(30);
  });
  test('a stop ends the wait; the next attempt asks no second time and takes over what came meanwhile', async () => {
    const stop = new AbortController();
    meanwhile(() => stop.abort());
    expect(await firstAttempt(stop.signal)).toBe('interrupted');
    expect((await now()).state).toBe('approved');
    answer();
    world.clock.advance(60_000);
    expect(await world.attempt(task)).toBe('succeeded');
    await takenOver();
  });
  test('a process that dies while it waits has asked once, though the answer to its comment was lost', async () => {
    const ref = { taskId: task.id, attempt: 1 };
    const death = new AbortController();
    meanwhile(() => death.abort());
    world.host.loseNextAnswer('comment');
    await begin(world.ports, ref);
    await work(world.ports, ref, death.signal);
    answer();
    expect(await firstAttempt(new AbortController().signal)).toBe('succeeded');
    await takenOver();
  });
  test('a host that is away for a moment is waited for', async () => {
    meanwhile(() => {
      answer();
      throw error('unavailable');
    });
    expect(await world.attempt(task)).toBe('succeeded');
    await takenOver();
  });
});
