import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createPipelineWorld, type PipelineWorld } from '../../test/fakes/pipeline-world.ts';
import { createTestDatabase, type TestDatabase } from '../../test/support/test-database.ts';
import type { Task } from '../domain/task.ts';
import { AppError } from '../lib/app-error.ts';
import { followProposals } from './follow/follow-proposals.ts';
import { followFindings } from './propose/follow-findings.ts';
import { finishProposals, propose } from './propose/propose.ts';

let database: TestDatabase;
let world: PipelineWorld;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(async () => database.drop());
beforeEach(async () => {
  world = await createPipelineWorld(database);
});

async function proposeOne(): Promise<Task> {
  await world.find('one');
  const { proposed } = await propose(world.ports, world.target);
  const [task] = proposed;
  if (task === undefined) throw new Error('nothing proposed');
  return task;
}

const issues = (): readonly { title: string; body: string; state: string; number: number }[] => [
  ...world.host.state(world.manager).issues.values(),
];

describe('proposing', () => {
  test('a finding is proposed once, however often it is looked at', async () => {
    const task = await proposeOne();
    const nothing = { proposed: [], unpublished: 0, held: 0, failed: [] };
    expect(await propose(world.ports, world.target)).toEqual(nothing);
    expect(await finishProposals(world.ports, [world.target])).toEqual(nothing);
    expect(issues()).toHaveLength(1);
    expect(issues()[0]).toMatchObject({ number: task.issueNumber, title: task.publishedTitle });
  });
  test('a lost answer leads to one issue', async () => {
    world.host.loseNextAnswer('create_issue');
    const task = await proposeOne();
    expect(issues().map(({ number }) => number)).toEqual([task.issueNumber]);
  });
  test('a lost request holds up no other proposal, and is made after its second look', async () => {
    const away = new AppError({ kind: 'unknown_outcome', code: 'lost', message: 'lost' });
    world.host.failNext('create_issue', away);
    for (const id of ['one', 'two', 'three']) await world.find(id);
    const first = await propose(world.ports, world.target);
    expect([first.proposed.length, first.unpublished, first.failed]).toEqual([2, 1, []]);
    // Leases renew themselves on this clock; nobody waits for the second look.
    expect(Math.max(...world.clock.slept)).toBeLessThan(60_000);
    await sql`update effect_intents set first_empty_look_at = first_empty_look_at - interval '1 minute'`.execute(
      database.kysely(),
    );
    const second = await finishProposals(world.ports, [world.target]);
    expect([second.proposed.length, second.unpublished]).toEqual([1, 0]);
    expect(issues()).toHaveLength(3);
  });
  test('the cap of open proposals holds the rest back, best ranked first', async () => {
    world.policy.proposalsOpen = 2;
    await world.find('low', { tag: 'TODO', text: 'tidy' });
    await world.find('high', { tag: 'BUG', text: 'a crash in the password check of users' });
    await world.find('middle', { tag: 'FIXME', text: 'wrong total of the sum' });
    const { proposed, held } = await propose(world.ports, world.target);
    expect(proposed.map(({ origin }) => 'findingId' in origin && origin.findingId)).toEqual([
      'high',
      'middle',
    ]);
    expect(held).toBe(1);
    expect((await propose(world.ports, world.target)).proposed).toEqual([]);
  });
  test('an issue that a refusal kept from being made is reported and made later, others go on', async () => {
    await world.find('one', { tag: 'BUG' });
    await world.find('two');
    const error = new AppError({ kind: 'not_well', code: 'host_away', message: 'away' });
    world.host.failNext('create_issue', error);
    const first = await propose(world.ports, world.target);
    const second = await finishProposals(world.ports, [world.target]);
    expect([...first.proposed, ...second.proposed, ...first.failed]).toHaveLength(
      2 + first.failed.length,
    );
    expect(issues()).toHaveLength(2);
  });
  test('secrets near a comment do not reach the issue', async () => {
    await world.find('one', { context: ['const key = "s3cr3t";'] });
    await propose(world.ports, world.target);
    expect(issues()[0]?.body).toContain('const key = "***"');
  });
  test('code of a private repository stays out of a public manager repository', async () => {
    const secret = world.host.addRepository('acme/secret', { private: true });
    const hidden = await world.find('one', { context: ['const inner = 1;'] });
    await world.ports.tasks.transact((transaction) =>
      world.ports.findings.save(transaction, secret, [
        { ...hidden, id: 'hidden', repository: secret, oid: null, missedScans: 0 },
      ]),
    );
    await propose(world.ports, secret);
    expect(issues()[0]?.body).not.toContain('const inner');
  });
});

describe('a finding that changes', () => {
  test('gone: the proposal closes itself and names the commit', async () => {
    const task = await proposeOne();
    await world.find('one', { status: 'fixed' });
    await followFindings(world.ports, world.target, 'abc123');
    expect(await world.task(task.id)).toMatchObject({ state: 'resolved' });
    expect(world.audit.map(({ event }) => event)).toEqual(['proposal.created', 'proposal.moved']);
    expect(issues()[0]?.state).toBe('closed');
    const comments = world.host.comments(world.manager, task.issueNumber ?? 0);
    expect(comments.map(({ body }) => body).join()).toContain(
      'gone from the base branch at commit abc123',
    );
  });
  test('back again: the same issue is reopened, as often as it happens', async () => {
    const task = await proposeOne();
    for (const status of ['fixed', 'open', 'fixed', 'open'] as const) {
      await world.find('one', { status });
      await followFindings(world.ports, world.target, 'abc');
    }
    expect(await world.task(task.id)).toMatchObject({ state: 'proposed' });
    expect(issues()).toEqual([expect.objectContaining({ state: 'open' })]);
    expect(world.host.comments(world.manager, task.issueNumber ?? 0)).toHaveLength(4);
    expect((await propose(world.ports, world.target)).proposed).toEqual([]);
  });
  test('other words: the proposal and its issue say them', async () => {
    const task = await proposeOne();
    await world.find('one', { text: 'handle the full list' });
    await followFindings(world.ports, world.target, 'abc');
    await followFindings(world.ports, world.target, 'abc');
    const fresh = await world.task(task.id);
    expect(world.audit.map(({ event }) => event)).toEqual(['proposal.created', 'proposal.edited']);
    expect(fresh.proposal.body).toContain('handle the full list');
    expect(fresh.contentHash).not.toBe(task.contentHash);
    expect(issues()).toHaveLength(1);
    expect(issues()[0]?.body).toContain('handle the full list');
  });
  test('moved: nothing is written', async () => {
    const task = await proposeOne();
    const before = world.host.journal.length;
    await world.find('one', { line: 99, path: 'src/b.ts' });
    expect(await followFindings(world.ports, world.target, 'abc')).toEqual([]);
    expect(world.host.journal).toHaveLength(before);
    expect(await world.task(task.id)).toEqual(task);
  });
});

describe('a no', () => {
  test('closing as not planned is remembered, also when the comment goes and comes back, or its code moves', async () => {
    const task = await proposeOne();
    world.host.close(world.manager, task.issueNumber ?? 0, 'ann', 'not_planned');
    await followProposals(world.ports, world.manager);
    const changes = [
      { status: 'fixed' },
      { status: 'open' },
      { line: 503, endLine: 503 },
      { path: 'lib/renamed.ts' },
      { context: ['\t\tother white space\r'], commit: 'd'.repeat(40) },
    ] as const;
    for (const change of changes) {
      await world.find('one', change);
      await followFindings(world.ports, world.target, 'abc');
      await propose(world.ports, world.target);
    }
    expect(await world.task(task.id)).toMatchObject({ state: 'rejected' });
    expect(issues()).toEqual([expect.objectContaining({ state: 'closed' })]);
  });
  test('it holds until the comment says something else', async () => {
    const task = await proposeOne();
    world.host.close(world.manager, task.issueNumber ?? 0, 'ann', 'not_planned');
    await followProposals(world.ports, world.manager);
    await world.find('one', { text: 'do something quite different here' });
    const { proposed } = await propose(world.ports, world.target);
    expect(proposed).toHaveLength(1);
    expect(proposed[0]?.id).not.toBe(task.id);
    expect((await world.task(task.id)).state).toBe('rejected');
    expect((await propose(world.ports, world.target)).proposed).toEqual([]);
  });
  test('closing as completed ends the wait and is not proposed again', async () => {
    const task = await proposeOne();
    world.host.close(world.manager, task.issueNumber ?? 0, 'ann', 'completed');
    const { moved } = await followProposals(world.ports, world.manager);
    expect(moved).toMatchObject([{ id: task.id, state: 'expired' }]);
    expect((await propose(world.ports, world.target)).proposed).toEqual([]);
  });
  test('an open issue without its label is no decision', async () => {
    const task = await proposeOne();
    world.host.unlabel(world.manager, task.issueNumber ?? 0, 'ann', 'task-proposal');
    expect((await followProposals(world.ports, world.manager)).moved).toEqual([]);
    expect((await world.task(task.id)).state).toBe('proposed');
  });
  test('a lost database takes over the no of its own issue instead of asking again', async () => {
    const task = await proposeOne();
    world.host.close(world.manager, task.issueNumber ?? 0, 'ann', 'not_planned');
    const again = await createPipelineWorld(database, world);
    await again.find('one');
    await propose(again.ports, again.target);
    expect(await again.task(task.id)).toMatchObject({ state: 'rejected' });
    expect(issues()).toHaveLength(1);
  });
});
