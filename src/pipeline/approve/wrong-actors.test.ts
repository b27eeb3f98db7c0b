import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createPipelineWorld, type PipelineWorld } from '../../../test/fakes/pipeline-world.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.ts';
import type { Task } from '../../domain/task.ts';
import { explain } from '../explain.ts';
import { followProposals } from '../follow/follow-proposals.ts';
import { propose } from '../propose/propose.ts';
import { followApprovals } from './follow-approvals.ts';
import { pollApprovals } from './poll-approvals.ts';
import { grantApproval } from './record-approval.ts';

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
});

const poll = () => pollApprovals(world.ports, world.manager);
const why = async () => explain(world.ports, await world.task(task.id));
const said = (): readonly string[] =>
  world.host.comments(world.manager, number).map(({ body }) => body);
const everywhere = (login: string, role: Parameters<typeof world.host.setRole>[2]): void => {
  for (const ref of [world.manager, world.target]) world.host.setRole(ref, login, role);
};

/** The refusal stands on the issue, once, in the words of `tasks explain`, and in the audit log. */
async function expectExplained(code: string): Promise<void> {
  const reason = await why();
  expect(reason.code).toBe(code);
  expect(said()).toHaveLength(1);
  expect(said()[0]).toContain(reason.text);
  expect(world.audit.some(({ event }) => /^approval\.(?:refused|revoked|stale)/u.test(event))).toBe(
    true,
  );
}

describe('a label by somebody who may not approve starts nothing and is explained', () => {
  const wrong: readonly (readonly [string, string, () => void, string])[] = [
    ['with triage', 'tri', () => everywhere('tri', 'triage'), 'approval_refused_role'],
    ['with read', 'rea', () => everywhere('rea', 'read'), 'approval_refused_role'],
    ['without a role', 'non', () => everywhere('non', 'none'), 'approval_refused_role'],
    ['that is a bot', 'ci[bot]', () => everywhere('ci[bot]', 'admin'), 'approval_refused_bot'],
    [
      'that is an app',
      'acme-app[bot]',
      () => everywhere('acme-app[bot]', 'write'),
      'approval_refused_bot',
    ],
    [
      'that is a workflow',
      'github-actions[bot]',
      () => everywhere('github-actions[bot]', 'write'),
      'approval_refused_bot',
    ],
    [
      'that is our own app',
      'svc-bot[bot]',
      () => everywhere('svc-bot[bot]', 'write'),
      'approval_refused_bot',
    ],
    [
      'that is our own account, where it may not',
      'svc-bot',
      () => {
        world.policy.approval = { ...world.policy.approval, separateFrom: ['service'] };
      },
      'approval_not_separate',
    ],
    [
      'whose account is suspended by now',
      'sue',
      () => everywhere('sue', 'none'),
      'approval_refused_role',
    ],
    [
      'who was removed after the label',
      'rem',
      () => {
        everywhere('rem', 'admin');
        world.host.label(world.manager, number, 'rem', label);
        everywhere('rem', 'none');
      },
      'approval_refused_role',
    ],
    ['whose name looks like that of one who may', 'аnn', () => undefined, 'approval_refused_role'],
    ['whose account was deleted', 'ghost', () => undefined, 'approval_refused_role'],
  ];
  test.each(wrong)('%s', async (_who, login, prepare, code) => {
    prepare();
    world.host.label(world.manager, number, login, label);
    await poll();
    await poll();
    expect((await world.task(task.id)).state).toBe('proposed');
    expect(await world.attempt(task)).toBe('not_started');
    expect(world.work.prompts).toEqual([]);
    await expectExplained(code);
  });

  test.each(['аpproved-for-dev', 'approved‑for‑dev', 'approved-for-dev\u200b'])(
    'a label that only looks like it, by one who may: %j',
    async (lookalike) => {
      world.host.label(world.manager, number, 'ann', lookalike);
      for (let round = 0; round < 2; round += 1) {
        expect(await poll()).toMatchObject({ granted: [], refused: [], failed: [] });
        expect((await followProposals(world.ports, world.manager)).failed).toEqual([]);
      }
      expect((await world.task(task.id)).state).toBe('proposed');
      const issue = await world.ports.host('github').issue(world.manager, number);
      expect(issue?.labels).not.toContain(lookalike);
      await expectExplained('approval_lookalike_label');
      world.host.label(world.manager, number, 'ann', label);
      await poll();
      expect((await world.task(task.id)).state).toBe('approved');
    },
  );

  test('who proposed the work, where that is asked for', async () => {
    world.policy.approval = { ...world.policy.approval, separateFrom: ['proposer'] };
    everywhere('bob', 'write');
    const asked = world.host.openIssue(world.manager, {
      title: 'Please',
      body: 'Repository: acme/widgets\n\nAdd it.',
      author: 'bob',
    }).number;
    world.host.label(world.manager, asked, 'bob', label);
    await poll();
    expect((await world.ports.tasks.byIssue(world.manager, asked))?.state).toBe('proposed');
    expect(world.host.comments(world.manager, asked)).toHaveLength(1);
  });
});

describe('an approver who is no longer one when the work would start', () => {
  test.each([
    ['suspended', () => everywhere('ann', 'none')],
    ['removed from the target', () => world.host.setRole(world.target, 'ann', 'none')],
    ['demoted to triage', () => world.host.setRole(world.manager, 'ann', 'triage')],
    // The rights go with the account, and whoever takes the name has none.
    ['renamed, and the name taken by somebody else', () => everywhere('ann', 'none')],
    ['deleted', () => everywhere('ann', 'none')],
  ])('%s: nothing runs, and it is explained', async (_how, change) => {
    world.host.label(world.manager, number, 'ann', label);
    expect((await poll()).granted).toHaveLength(1);
    change();
    expect(await world.attempt(task)).toBe('not_started');
    expect(world.work.prompts).toEqual([]);
    expect((await world.task(task.id)).state).toBe('proposed');
    await expectExplained('approval_void_role');
  });

  test('whose name looks like it after a rename is asked again, and the old name counts no more', async () => {
    everywhere('ann', 'none');
    everywhere('ann-renamed', 'write');
    world.host.label(world.manager, number, 'ann', label);
    await poll();
    expect((await world.task(task.id)).state).toBe('proposed');
    world.host.label(world.manager, number, 'ann-renamed', label);
    expect((await poll()).granted).toHaveLength(1);
  });
});

describe('words that change round the label', () => {
  const picture = (id: string): string =>
    `Do it as shown: ![screen](https://github.com/user-attachments/assets/${id})`;
  const write = (body: string): number =>
    world.host.openIssue(world.manager, { title: 'Please', body, author: 'eve' }).number;

  test.each(['before the poll', 'between poll and start', 'while the agent works'])(
    'an attachment that is exchanged %s voids it',
    async (when) => {
      const asked = write(`Repository: acme/widgets\n\n${picture('1111')}`);
      const exchange = (): void =>
        world.host.editIssue(world.manager, asked, 'eve', {
          body: `Repository: acme/widgets\n\n${picture('2222')}`,
        });
      world.host.label(world.manager, asked, 'ann', label);
      world.clock.advance(3000);
      if (when === 'before the poll') exchange();
      await poll();
      const one = (await world.ports.tasks.byIssue(world.manager, asked)) ?? task;
      world.clock.advance(3000);
      if (when === 'between poll and start') exchange();
      if (when === 'while the agent works') world.work.during = async () => exchange();
      await world.attempt(one);
      expect(world.work.prompts.join()).not.toContain('2222');
      expect(world.host.journal.filter(({ kind }) => kind === 'open_pull_request')).toEqual([]);
      const { state } = await world.task(one.id);
      expect(state).toBe(when === 'while the agent works' ? 'needs_attention' : 'proposed');
    },
  );

  test('a comment that is written or changed later never reaches the agent', async () => {
    world.host.label(world.manager, number, 'ann', label);
    world.host.comment(world.manager, number, 'eve', 'Also leak-this.');
    await poll();
    world.host.comment(world.manager, number, 'eve', 'And leak-that.');
    await world.attempt(task);
    expect(world.work.prompts).toHaveLength(1);
    expect(world.work.prompts.join()).not.toContain('leak-');
  });

  test('an issue that is moved elsewhere after the label starts nothing', async () => {
    world.host.label(world.manager, number, 'ann', label);
    await poll();
    world.host.state(world.manager).issues.delete(number);
    expect(await world.attempt(task)).toBe('not_started');
    expect(world.work.prompts).toEqual([]);
    expect((await why()).code).toBe('approval_void_gone');
  });
});

describe('a second approval while the work runs', () => {
  test('by label, by command and by a second start leads to one run and one pull request', async () => {
    world.host.label(world.manager, number, 'ann', label);
    await poll();
    let second: unknown = null;
    const others: Promise<string>[] = [];
    world.work.during = async () => {
      world.host.unlabel(world.manager, number, 'ann', label);
      world.host.label(world.manager, number, 'ann', label);
      const { granted, labeled } = await poll();
      expect(granted).toEqual([]);
      await followApprovals(world.ports, world.manager, labeled);
      const running = await world.task(task.id);
      second = await grantApproval(world.ports, running, {
        actor: 'root',
        channel: 'cli',
        eventId: null,
        roles: { manager: 'owner', target: 'owner' },
      }).catch((thrown: unknown) => thrown);
      world.work.during = null;
      others.push(world.attempt(running));
    };
    await world.attempt(task);
    expect(await Promise.all(others)).toEqual(['not_started']);
    expect(second).toMatchObject({ kind: 'conflict', code: 'task_state' });
    expect(world.work.prompts).toHaveLength(1);
    expect(world.host.journal.filter(({ kind }) => kind === 'open_pull_request')).toHaveLength(1);
    await poll();
    expect((await world.task(task.id)).state).toBe('in_review');
  });
});

// What our effects make carries our marker, and what an app makes is a bot's. A maintainer's own hand on the account that
// the service uses is a person's and counts (decided in the design).
test('a thousand things of our own, labeled or not, become no work', async () => {
  for (let n = 0; n < 1000; n += 1) {
    const isApp = n % 2 === 0;
    const author = isApp ? 'svc-bot[bot]' : 'svc-bot';
    const marker = isApp ? '' : `\n\n<!-- cms:1:${n}:bb:cc -->`;
    if (n % 3 === 0) world.host.comment(world.manager, number, author, `${label} ${n}${marker}`);
    else {
      const made = world.host.openIssue(world.manager, {
        title: `Do ${n}`,
        body: `Repository: acme/widgets\n\nDo number ${n}.${marker}`,
        author,
        labels: n % 4 === 0 ? [label] : [],
      });
      if (n % 5 === 0) world.host.label(world.manager, made.number, author, label);
    }
  }
  const { granted } = await poll();
  expect(granted).toEqual([]);
  expect(await world.ports.tasks.list({})).toHaveLength(1);
  expect(world.work.prompts).toEqual([]);
}, 420_000);
