import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../test/support/test-database.ts';
import type { Approval } from '../domain/approval.ts';
import type { KnownFinding } from '../domain/ports/stores.ts';
import type { RepositoryRef } from '../domain/repository.ts';
import type { Run } from '../domain/run.ts';
import type { Task, TaskState } from '../domain/task.ts';
import { migrate } from '../platform/database/migrate.ts';
import { createFindingStore } from './finding-store.ts';
import { storageMigrations } from './migrations.ts';
import { createPauseStore } from './pause-store.ts';
import { createRunStore } from './run-store.ts';
import { createTaskStore } from './task-store.ts';

let database: Awaited<ReturnType<typeof createTestDatabase>>;

beforeAll(async () => {
  database = await createTestDatabase();
  await migrate(database, storageMigrations);
});

afterAll(async () => {
  await database.close();
});

const manager: RepositoryRef = { host: 'github', name: 'Acme/Manager' };
let counter = 0;

function repository(): RepositoryRef {
  counter += 1;
  return { host: 'github', name: `Acme/Widgets-${counter}` };
}

function task(change: Partial<Task> & { rank?: number; state?: TaskState } = {}): Task {
  counter += 1;
  const { rank = 50, ...rest } = change;
  return {
    id: `task-${counter}`,
    state: 'proposed',
    attention: null,
    origin: { kind: 'finding', rule: 'todo', findingId: `finding-${counter}`, fingerprint: 'f' },
    target: { host: 'github', name: 'Acme/Widgets' },
    proposal: {
      title: 'Close the file',
      body: 'It leaks.\u0000 And \ud800 too.',
      rank,
      rankReasons: [{ factor: 'age', points: 3, because: 'old' }],
      kind: 'todo',
      evidence: 'src/a.ts:3',
    },
    agent: 'claude-code',
    baseBranch: 'main',
    contentHash: 'abc',
    issueNumber: null,
    publishedTitle: null,
    publishedBody: null,
    pullRequest: null,
    attempt: 0,
    note: null,
    createdAt: new Date('2026-01-02T03:04:05.678Z'),
    updatedAt: new Date('2026-01-02T03:04:05.678Z'),
    version: 1,
    ...rest,
  };
}

function approval(taskId: string, change: Partial<Approval> = {}): Approval {
  return {
    taskId,
    actor: 'maria',
    person: 'github:maria',
    channel: 'label',
    contentHash: 'abc',
    decidedAt: new Date('2026-02-03T00:00:00Z'),
    roles: { manager: 'write', target: 'admin' },
    eventId: 'event-1',
    baseCommit: 'c'.repeat(40),
    voidedAt: null,
    voidReason: null,
    correlationId: 'k',
    ...change,
  };
}

async function saved(change: Parameters<typeof task>[0] = {}): Promise<Task> {
  const tasks = createTaskStore(database);
  return await tasks.transact(async (open) => await tasks.insert(open, task(change)));
}

describe('tasks', () => {
  it('come back as they were written, save for what PostgreSQL cannot store', async () => {
    const tasks = createTaskStore(database);
    const given = task({
      pullRequest: { repository: manager, number: 7, branch: 'b', headSha: 's', url: 'u' },
    });
    await tasks.transact(async (open) => await tasks.insert(open, given));
    const expected = {
      ...given,
      proposal: { ...given.proposal, body: 'It leaks.\uFFFD And \uFFFD too.' },
    };
    expect(await tasks.get(given.id)).toEqual(expected);
  });

  it('are not there when unknown', async () => {
    const tasks = createTaskStore(database);
    expect(await tasks.get('nobody')).toBeNull();
    expect(await tasks.byFinding('nobody')).toBeNull();
    expect(await tasks.byIssue(manager, 999_999)).toBeNull();
  });

  it('keep the row that stands when the same id is inserted again', async () => {
    const tasks = createTaskStore(database);
    const first = await saved({ note: 'first' });
    const second = await tasks.transact(
      async (open) => await tasks.insert(open, { ...first, note: 'second' }),
    );
    expect(second.note).toBe('first');
  });

  it('refuse the slower of two writers with task_changed', async () => {
    const tasks = createTaskStore(database);
    const before = await saved();
    const write = async (note: string) =>
      await tasks.transact(async (open) => await tasks.update(open, before, { note }));
    const results = await Promise.allSettled([write('a'), write('b'), write('c')]);
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused.map((result) => result.reason)).toEqual([
      expect.objectContaining({ kind: 'conflict', code: 'task_changed' }),
      expect.objectContaining({ kind: 'conflict', code: 'task_changed' }),
    ]);
    expect((await tasks.get(before.id))?.version).toBe(before.version + 1);
  });

  it('keep nothing of a transaction that failed', async () => {
    const tasks = createTaskStore(database);
    const given = task();
    const work = tasks.transact(async (open) => {
      await tasks.insert(open, given);
      throw new Error('no');
    });
    await expect(work).rejects.toThrow('no');
    expect(await tasks.get(given.id)).toBeNull();
  });

  it('are found by the published issue, by the issue they came from and by their finding', async () => {
    const tasks = createTaskStore(database);
    const published = await saved({ issueNumber: 41 });
    const written = await saved({ origin: { kind: 'issue', repository: manager, number: 42 } });
    expect((await tasks.byIssue(manager, 41))?.id).toBe(published.id);
    expect((await tasks.byIssue({ ...manager, name: 'acme/manager' }, 42))?.id).toBe(written.id);
    const { origin } = published;
    expect(origin.kind === 'finding' && (await tasks.byFinding(origin.findingId))?.id).toBe(
      published.id,
    );
  });

  it('are listed by rank, then age, in the states, target and number asked for', async () => {
    const tasks = createTaskStore(database);
    const target = repository();
    const low = await saved({ target, rank: 10 });
    const high = await saved({ target, rank: 90, state: 'approved' });
    const older = await saved({ target, rank: 10, createdAt: new Date('2025-01-01') });
    await saved({ target, rank: 99, state: 'done' });
    const ids = async (query: Parameters<typeof tasks.list>[0]) =>
      (await tasks.list(query)).map(({ id }) => id);
    expect(await ids({ target, states: ['approved', 'proposed'] })).toEqual([
      high.id,
      older.id,
      low.id,
    ]);
    expect(await ids({ target, states: ['proposed', 'approved'], limit: 2 })).toEqual([
      high.id,
      older.id,
    ]);
    expect(await ids({ target })).toHaveLength(4);
    expect(await ids({ states: [] })).toEqual([]);
  });

  it('are listed by where their issues stand, by an approval that stands, and without their words', async () => {
    const tasks = createTaskStore(database);
    const target = repository();
    const folder: RepositoryRef = { host: 'local', name: '/srv/code.git' };
    const [here, approved, voided] = [
      await saved({ target, issueNumber: 71 }),
      await saved({ target, issueNumber: 72 }),
      await saved({ target, issueNumber: 73 }),
    ];
    const pullRequest = { repository: target, number: 7, branch: 'b', headSha: 's', url: 'u' };
    const bare = await saved({ target, pullRequest });
    const local = await saved({ target: folder, issueNumber: 74 });
    const at = new Date('2026-02-04T00:00:00Z');
    await tasks.transact(async (open) => {
      await tasks.addApproval(open, approval(approved.id));
      await tasks.addApproval(open, approval(voided.id));
      await tasks.voidApproval(open, voided.id, at, 'edited');
    });
    const ids = async (query: Parameters<typeof tasks.list>[0]) =>
      (await tasks.list(query)).map(({ id }) => id);
    expect(await ids({ target, approved: true })).toEqual([approved.id]);
    expect(await ids({ target, manager })).toEqual([here.id, approved.id, voided.id, bare.id]);
    expect(await ids({ target, delivered: true })).toEqual([bare.id]);
    expect(await ids({ target, manager: folder })).toEqual([]);
    expect(await ids({ manager: folder })).toEqual([local.id]);
    expect(await tasks.published({ manager: folder, states: ['proposed'] })).toEqual([
      { id: local.id, target: folder, issueNumber: 74 },
    ]);
    expect((await tasks.published({ target, manager })).map(({ id }) => id)).toEqual([
      here.id,
      approved.id,
      voided.id,
    ]);
    expect(await tasks.published({ manager: folder, states: ['done'] })).toEqual([]);
  });

  it('are counted by state', async () => {
    const tasks = createTaskStore(database);
    const before = await tasks.countByState();
    await saved({ state: 'expired' });
    await saved({ state: 'expired' });
    expect(await tasks.countByState()).toEqual({
      ...before,
      expired: (before.expired ?? 0) + 2,
    });
  });
});

describe('approvals and notes', () => {
  it('count the same event once, and stay on record when voided', async () => {
    const tasks = createTaskStore(database);
    const { id } = await saved();
    await tasks.transact(async (open) => {
      await tasks.addApproval(open, approval(id));
      await tasks.addApproval(open, approval(id));
    });
    expect(await tasks.approval(id)).toEqual(approval(id));
    const at = new Date('2026-02-04T00:00:00Z');
    await tasks.transact(async (open) => await tasks.voidApproval(open, id, at, 'edited'));
    await tasks.transact(async (open) => await tasks.addApproval(open, approval(id)));
    expect(await tasks.approval(id)).toBeNull();
    expect(await tasks.approvals(id)).toEqual([
      approval(id, { voidedAt: at, voidReason: 'edited' }),
    ]);
  });

  it('say a thing once per key, newest first', async () => {
    const tasks = createTaskStore(database);
    const { id } = await saved();
    const note = (key: string, day: number, text: string) => ({
      taskId: id,
      key,
      at: new Date(Date.UTC(2026, 0, day)),
      code: 'approval_refused_role',
      text,
    });
    await tasks.transact(async (open) => {
      await tasks.addNote(open, note('one', 1, 'first'));
      await tasks.addNote(open, note('two', 2, 'second'));
      await tasks.addNote(open, note('one', 3, 'again'));
    });
    expect((await tasks.notes(id)).map(({ text }) => text)).toEqual(['second', 'first']);
  });
});

describe('findings', () => {
  function finding(where: RepositoryRef, change: Partial<KnownFinding> = {}): KnownFinding {
    counter += 1;
    return {
      id: `finding-${counter}`,
      repository: where,
      rule: 'todo',
      path: 'src/a.ts',
      line: 3,
      endLine: 4,
      tag: 'TODO',
      text: 'close the file',
      owner: null,
      issue: null,
      confidence: 0.9,
      url: null,
      context: ['a', 'b'],
      contextStart: 2,
      fingerprint: 'f',
      commit: 'c0ffee',
      firstSeen: new Date('2026-01-01T00:00:00Z'),
      status: 'open',
      oid: 'blob',
      missedScans: 0,
      ...change,
    };
  }

  it('are saved by the thousand, again with their latest state, and keep their first sight', async () => {
    const findings = createFindingStore(database);
    const tasks = createTaskStore(database);
    const where = repository();
    const first = Array.from({ length: 2500 }, (_, index) => finding(where, { line: index + 1 }));
    await tasks.transact(async (open) => await findings.save(open, where, first));
    const moved = first.map((one) => ({
      ...one,
      path: 'src/b.ts',
      firstSeen: new Date('2026-05-05T00:00:00Z'),
    }));
    await tasks.transact(async (open) => await findings.save(open, where, moved));
    const expected = first.map((one) => ({ ...one, path: 'src/b.ts' }));
    expect(await findings.known(where, 'todo')).toEqual(expected);
    expect(await findings.get(expected[0]?.id ?? '')).toEqual(expected[0]);
  });

  it('are remembered for some scans after they vanished, and forgotten for matching after that', async () => {
    const findings = createFindingStore(database);
    const tasks = createTaskStore(database);
    const where = repository();
    const gone = finding(where, { status: 'fixed', missedScans: 5 });
    const longGone = finding(where, { status: 'fixed', missedScans: 500, line: 9 });
    await tasks.transact(async (open) => await findings.save(open, where, [gone, longGone]));
    expect((await findings.known(where, 'todo')).map(({ id }) => id)).toEqual([gone.id]);
    expect(await findings.known(where, 'stale-issue')).toEqual([]);
    expect(await findings.list({ repository: where, status: 'fixed' })).toHaveLength(2);
    expect(await findings.list({ repository: where, status: 'open' })).toEqual([]);
  });

  it('remember the last commit per repository and rule', async () => {
    const findings = createFindingStore(database);
    const tasks = createTaskStore(database);
    const where = repository();
    const mark = async (rule: string, commit: string) =>
      await tasks.transact(
        async (open) => await findings.markScanned(open, where, rule, commit, new Date()),
      );
    expect(await findings.scanned(where, 'todo')).toBeNull();
    await mark('todo', 'one');
    await mark('todo', 'two');
    await mark('stale-issue', 'three');
    expect(await findings.scanned(where, 'todo')).toBe('two');
  });
});

describe('runs', () => {
  async function startedRun(change: Partial<Run> = {}): Promise<Run> {
    const { id: taskId } = await saved();
    const run: Run = {
      id: `run-${taskId}`,
      taskId,
      attempt: 1,
      agent: 'claude-code',
      sandbox: 'bubblewrap',
      baseCommit: 'c0ffee',
      startedAt: new Date('2020-03-01T10:00:00Z'),
      endedAt: null,
      outcome: null,
      reason: null,
      summary: null,
      usage: null,
      costUsd: null,
      checks: [],
      patch: null,
      correlationId: 'k',
      workflowId: 'w',
      ...change,
    };
    const tasks = createTaskStore(database);
    await tasks.transact(async (open) => await createRunStore(database).insert(open, run));
    return run;
  }

  async function finish(id: string, change: Partial<Run>): Promise<void> {
    await createTaskStore(database).transact(
      async (open) => await createRunStore(database).finish(open, id, change),
    );
  }

  it('are live until they end, and end in one way', async () => {
    const runs = createRunStore(database);
    const run = await startedRun();
    expect((await runs.live()).map(({ id }) => id)).toContain(run.id);
    const end = {
      endedAt: new Date('2020-03-01T11:00:00Z'),
      outcome: 'succeeded',
      patch: 'diff --git a/a b/a\n',
      usage: { inputTokens: 1, outputTokens: 2, cachedTokens: 3, turns: 4, costUsd: 0.5 },
      checks: [{ command: 'test', passed: true, exitCode: 0, durationMs: 3, output: 'ok' }],
    } as const;
    await finish(run.id, end);
    await finish(run.id, end);
    expect(await runs.ofTask(run.taskId)).toEqual([{ ...run, ...end }]);
    await expect(finish(run.id, { outcome: 'failed' })).rejects.toMatchObject({
      code: 'run_has_ended',
    });
    expect((await runs.live()).map(({ id }) => id)).not.toContain(run.id);
    await expect(finish('nobody', {})).rejects.toMatchObject({ code: 'run_not_found' });
  });

  it('count what live ones reserve and what ended ones cost since then', async () => {
    const runs = createRunStore(database);
    const since = new Date('2100-01-01T00:00:00Z');
    const before = await runs.spentSince(since);
    await startedRun({ costUsd: 2.5 });
    const ended = await startedRun({ costUsd: 1.25 });
    await finish(ended.id, { outcome: 'failed', endedAt: new Date('2100-01-01T01:00:00Z') });
    const earlier = await startedRun({ costUsd: 100 });
    await finish(earlier.id, { outcome: 'failed', endedAt: new Date('2099-12-31T23:00:00Z') });
    expect((await runs.spentSince(since)) - before).toBeCloseTo(3.75);
  });

  it('keep their events in order, once each, with dates as dates', async () => {
    const runs = createRunStore(database);
    const run = await startedRun();
    const at = new Date('2026-03-01T10:00:01.234Z');
    const end = {
      kind: 'failed',
      exitCode: 1,
      message: 'quota\u0000',
      failure: 'model_quota',
      resetsAt: new Date('2026-03-02T00:00:00Z'),
    } as const;
    const events = [
      { seq: 1, at, event: { type: 'message', text: 'hello' } as const },
      { seq: 2, at, event: { type: 'ended', end } as const },
    ];
    await runs.addEvents(run.id, events);
    await runs.addEvents(run.id, events);
    await runs.addEvents(run.id, []);
    expect(await runs.events(run.id, 0, 10)).toEqual([
      events[0],
      { seq: 2, at, event: { type: 'ended', end: { ...end, message: 'quota\uFFFD' } } },
    ]);
    expect(await runs.events(run.id, 1, 10)).toHaveLength(1);
    expect(await runs.events(run.id, 0, 1)).toHaveLength(1);
  });
});

describe('pauses', () => {
  it('hold for one repository or for all, keep the first name, and lift', async () => {
    const pauses = createPauseStore(database);
    const where = repository();
    const at = new Date('2026-01-01T00:00:00Z');
    await pauses.pause(null, 'maria', at);
    await pauses.pause(where, 'jo', new Date(at.getTime() + 1));
    await pauses.pause({ ...where, name: where.name.toLowerCase() }, 'later', at);
    expect(await pauses.paused()).toEqual([
      { repository: null, by: 'maria', at },
      { repository: where, by: 'jo', at: new Date(at.getTime() + 1) },
    ]);
    await pauses.resume(null);
    await pauses.resume(where);
    expect(await pauses.paused()).toEqual([]);
  });
});
