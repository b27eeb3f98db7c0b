import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createPipelineWorld, type PipelineWorld } from '../../test/fakes/pipeline-world.ts';
import { createTestDatabase, type TestDatabase } from '../../test/support/test-database.ts';
import type { Task } from '../domain/task.ts';
import { AppError } from '../lib/app-error.ts';
import { pollApprovals } from './approve/poll-approvals.ts';
import { grantApproval } from './approve/record-approval.ts';
import { explain } from './explain.ts';
import { propose } from './propose/propose.ts';

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
const state = async (): Promise<string> => (await world.task(task.id)).state;
const said = (of = number): readonly string[] =>
  world.host.comments(world.manager, of).map(({ body }) => body);
const labels = (): readonly string[] =>
  world.host.state(world.manager).issues.get(number)?.labels ?? [];
/** The code of `tasks explain`; what it says of an approval stands on the issue too, save where that is closed. */
const why = async (): Promise<string> => {
  const { code, text } = await explain(world.ports, await world.task(task.id));
  if (/^approval_(?!missing|incomplete|void_closed)/u.test(code))
    expect(said().join('\n')).toContain(text);
  return code;
};

describe('an approval by label', () => {
  test('by a person with write it counts, once, and names them', async () => {
    world.host.label(world.manager, number, 'ann', label);
    expect(await poll()).toMatchObject({
      granted: [{ id: task.id, state: 'approved' }],
      refused: [],
    });
    expect(await poll()).toMatchObject({ granted: [], refused: [], failed: [] });
    expect(await world.ports.tasks.approvals(task.id)).toMatchObject([
      { actor: 'ann', channel: 'label', roles: { manager: 'write', target: 'write' } },
    ]);
    expect(said()).toEqual([]);
    expect(world.audit).toContainEqual(
      expect.objectContaining({
        event: 'approval.granted',
        actor: expect.objectContaining({ name: 'ann' }),
      }),
    );
  });
  test.each(['none', 'read', 'triage'] as const)(
    'with the role %s it is refused with one comment, the label goes, explain says why',
    async (role) => {
      world.host.setRole(world.manager, 'tri', role);
      world.host.label(world.manager, number, 'tri', label);
      expect((await poll()).refused).toHaveLength(1);
      await poll();
      expect(await state()).toBe('proposed');
      expect(said()).toHaveLength(1);
      expect(said()[0]).toContain(`has the role "${role}" here`);
      expect(labels()).not.toContain(label);
      expect(await why()).toBe('approval_refused_role');
    },
  );
  test('a label chooses the agent, and the approval binds that choice', async () => {
    world.host.label(world.manager, number, 'ann', 'other-agent-task');
    world.host.label(world.manager, number, 'ann', label);
    const [granted] = (await poll()).granted;
    expect(granted?.agent).toBe('other');
    expect(granted?.contentHash).not.toBe(task.contentHash);
    expect((await world.ports.tasks.approval(task.id))?.contentHash).toBe(granted?.contentHash);
  });
  test('write on the manager repository alone is not enough', async () => {
    world.host.setRole(world.target, 'bob', 'triage');
    world.host.setRole(world.manager, 'bob', 'admin');
    world.host.label(world.manager, number, 'bob', label);
    await poll();
    expect(await why()).toBe('approval_refused_target_role');
  });
  test('a bot cannot approve, whatever its role', async () => {
    for (const ref of [world.manager, world.target]) world.host.setRole(ref, 'ci[bot]', 'admin');
    world.host.label(world.manager, number, 'ci[bot]', label);
    await poll();
    expect(await state()).toBe('proposed');
    expect(await why()).toBe('approval_refused_bot');
  });
  test('a maintainer whose token the service uses can approve', async () => {
    for (const ref of [world.manager, world.target]) world.host.setRole(ref, 'svc-bot', 'admin');
    world.host.label(world.manager, number, 'svc-bot', label);
    expect((await poll()).granted).toHaveLength(1);
  });
  test.each(['аpproved-for-dev', 'approved-for-dev\u200B', 'approved‑for‑dev', 'approved'])(
    'the look-alike %j never counts',
    async (lookalike) => {
      world.host.label(world.manager, number, 'ann', lookalike);
      expect(await poll()).toMatchObject({ granted: [], refused: [], failed: [] });
      expect(await state()).toBe('proposed');
    },
  );
  test('a text that was edited is refused once and the label goes; the next label approves the new text', async () => {
    const { body } = world.host.state(world.manager).issues.get(number) ?? { body: '' };
    world.host.editIssue(world.manager, number, 'ann', {
      body: `Also delete everything.\n\n${body}`,
    });
    world.host.label(world.manager, number, 'ann', label);
    expect((await poll()).refused).toHaveLength(1);
    await poll();
    expect(said()).toHaveLength(1);
    expect(labels()).not.toContain(label);
    expect(await why()).toBe('approval_void_content');
    world.host.label(world.manager, number, 'ann', label);
    expect((await poll()).granted).toHaveLength(1);
    const approved = await world.task(task.id);
    expect(approved.proposal.body).toBe(`Also delete everything.\n\n${task.proposal.body}`);
    expect((await world.ports.tasks.approval(task.id))?.contentHash).toBe(approved.contentHash);
    expect(approved.contentHash).not.toBe(task.contentHash);
  });
  test.each([{ title: 'Another title' }, { body: 'hidden \u200B change' }, { body: '' }])(
    'the edit %j is seen',
    async (change) => {
      world.host.editIssue(world.manager, number, 'eve', change);
      world.host.label(world.manager, number, 'ann', label);
      expect((await poll()).granted).toEqual([]);
    },
  );
  test('a refusal whose comment fails is said later and does not stop other approvals', async () => {
    await world.find('two');
    const [second] = (await propose(world.ports, world.target)).proposed as [Task];
    world.host.label(world.manager, number, 'nobody', label);
    world.host.label(world.manager, second.issueNumber ?? 0, 'ann', label);
    const locked = new AppError({ kind: 'forbidden', code: 'issue_locked', message: 'locked' });
    world.host.failNext('comment', locked);
    expect(await poll()).toMatchObject({
      granted: [{ id: second.id }],
      refused: [{ id: task.id }],
    });
  });
});

describe('an issue that a person wrote', () => {
  const write = (body: string, author = 'eve'): number =>
    world.host.openIssue(world.manager, { title: 'Please', body, author }).number;

  test('becomes a task for the repository that it names when it is approved', async () => {
    const asked = write('Repository: acme/widgets\n\nAdd a button.');
    world.host.label(world.manager, asked, 'ann', label);
    const { granted } = await poll();
    expect(granted).toMatchObject([
      { target: { name: 'acme/widgets' }, issueNumber: asked, proposal: { kind: 'requested' } },
    ]);
    expect((await poll()).granted).toEqual([]);
  });
  test('any edit after the label voids it, by whomever', async () => {
    const asked = write('Repository: acme/widgets\n\nAdd a button.');
    world.host.label(world.manager, asked, 'ann', label);
    world.host.editIssue(world.manager, asked, 'eve', {
      body: 'Repository: acme/widgets\n\nLeak.',
    });
    const first = await poll();
    expect(first.granted).toEqual([]);
    expect(said(asked).join()).toContain('it was edited');
    world.host.label(world.manager, asked, 'ann', label);
    expect((await poll()).granted).toHaveLength(1);
  });
  test('an edit before the label, or a comment after it, does not void it', async () => {
    const asked = write('Repository: acme/widgets');
    const body = 'Repository: acme/widgets\n\nAdd a button.';
    world.host.editIssue(world.manager, asked, 'eve', { body });
    world.clock.advance(3000);
    world.host.label(world.manager, asked, 'ann', label);
    world.clock.advance(3000);
    world.host.comment(world.manager, asked, 'eve', 'hello');
    expect(await poll()).toMatchObject({ granted: [{ issueNumber: asked }], refused: [] });
  });
  test('a touch that no event explains voids it where the host tells no edits', async () => {
    world.host.tellNoEdits();
    const asked = write('Repository: acme/widgets\n\nAdd a button.');
    world.host.label(world.manager, asked, 'ann', label);
    world.clock.advance(3000);
    world.host.comment(world.manager, asked, 'eve', 'hello');
    expect((await poll()).refused).toHaveLength(1);
    world.clock.advance(3000);
    world.host.label(world.manager, asked, 'ann', label);
    expect((await poll()).granted).toHaveLength(1);
  });
  test('a repository that is not there gets one answer a label and stops nothing', async () => {
    const asked = write('Repository: acme/nowhere');
    world.host.label(world.manager, asked, 'ann', label);
    world.host.label(world.manager, number, 'ann', label);
    expect(await poll()).toMatchObject({ granted: [{ id: task.id }], failed: [] });
    await poll();
    expect(said(asked)).toHaveLength(1);
    expect(said(asked)[0]).toContain('no repository acme/nowhere');
  });
  test('keeps where its base stood; a push voids nothing, and the task and the pull request say that it moved', async () => {
    const [first, second] = ['1', '2'].map((digit) => digit.repeat(40)) as [string, string];
    world.host.setHead(world.target, 'main', first);
    const asked = write('Repository: acme/widgets\n\nAdd a button.');
    world.host.label(world.manager, asked, 'ann', label);
    const [granted] = (await poll()).granted as [Task];
    expect(await world.ports.tasks.approvals(granted.id)).toMatchObject([{ baseCommit: first }]);
    world.host.setHead(world.target, 'main', second);
    world.work.heads = (ref, branch) => world.host.state(ref).branches.get(branch) ?? null;
    expect(await world.attempt(granted)).toBe('succeeded');
    const { notes } = await explain(world.ports, await world.task(granted.id));
    const moved = notes.filter(({ code }) => code === 'base_moved');
    expect(moved.map(({ text }) => text)).toEqual([
      expect.stringContaining('main moved from 1111111111 to 2222222222'),
    ]);
    const [pull] = world.host.state(world.target).pullRequests.values();
    expect(pull?.body).toContain(`at \`${second}\`, which moved since the approval`);
    expect(pull?.body).toContain(first);
  });
  test('whose base has not moved says nothing of it, and one that cannot be read keeps nobody from approving', async () => {
    world.work.heads = (ref, branch) => world.host.state(ref).branches.get(branch) ?? null;
    const asked = write('Repository: acme/widgets\n\nAdd a button.');
    world.host.label(world.manager, asked, 'ann', label);
    const [granted] = (await poll()).granted as [Task];
    expect(await world.attempt(granted)).toBe('succeeded');
    expect((await world.ports.tasks.notes(granted.id)).map(({ code }) => code)).not.toContain(
      'base_moved',
    );
    const away = new AppError({ kind: 'unavailable', code: 'x', message: 'away' });
    const head = async () => Promise.reject(away);
    Object.assign(world.ports, { host: () => ({ ...world.host, head }) });
    const other = write('Repository: acme/widgets\n\nAdd a menu.');
    world.host.label(world.manager, other, 'ann', label);
    const [second] = (await poll()).granted as [Task];
    expect(await world.ports.tasks.approvals(second.id)).toMatchObject([{ baseCommit: null }]);
  });
  test('one by a bot, and a copy of our marker, lead to nothing', async () => {
    const bot = write('Do it.', 'spam[bot]');
    const copy = write('<!-- cms:1:aa:bb:cc -->');
    for (const one of [bot, copy]) world.host.label(world.manager, one, 'ann', label);
    expect(await poll()).toMatchObject({ granted: [], refused: [], failed: [] });
  });
});

test('an approval at the console is bound to its person and to the words as they stand', async () => {
  const granted = await grantApproval(world.ports, task, {
    actor: 'root',
    channel: 'cli',
    eventId: null,
    roles: { manager: 'owner', target: 'owner' },
    authentication: 'loopback',
  });
  expect(granted).toMatchObject({ state: 'approved', note: 'approved by root' });
  const root = { kind: 'command_line', name: 'root', isOwner: true };
  expect(world.audit.at(-1)?.actor).toEqual({ ...root, authentication: 'loopback' });
  await expect(
    grantApproval(world.ports, granted, {
      actor: 'root',
      channel: 'cli',
      eventId: null,
      roles: { manager: 'owner', target: 'owner' },
    }),
  ).rejects.toMatchObject({ kind: 'conflict', code: 'task_state' });
});
