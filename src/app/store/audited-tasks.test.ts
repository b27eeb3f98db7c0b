import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestAudit, type TestAudit } from '../../../test/support/test-audit.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.ts';
import type { Task, TaskEvent, TaskState } from '../../domain/task.ts';
import { taskStates, transition } from '../../domain/task.ts';
import { auditMigrations } from '../../platform/audit/audit.ts';
import { migrate } from '../../platform/database/migrate.ts';
import { storageMigrations } from '../../storage/migrations.ts';
import { createTaskStore } from '../../storage/task-store.ts';
import { auditedTasks } from './audited-tasks.ts';

let database: TestDatabase;
let log: TestAudit;

beforeAll(async () => {
  database = await createTestDatabase();
  await migrate(database, [...storageMigrations, ...auditMigrations]);
  log = await createTestAudit(database);
});

afterAll(async () => {
  await log.remove();
  await database.drop();
});

/** One of each kind; the compiler refuses a list that lacks one. */
const events: { readonly [type in TaskEvent['type']]: Extract<TaskEvent, { type: type }> } = {
  approve: { type: 'approve' },
  reject: { type: 'reject' },
  expire: { type: 'expire' },
  finding_gone: { type: 'finding_gone' },
  finding_back: { type: 'finding_back' },
  void_approval: { type: 'void_approval' },
  start: { type: 'start' },
  pull_request_opened: { type: 'pull_request_opened' },
  no_change: { type: 'no_change' },
  fail: { type: 'fail', reason: 'agent', retry: false },
  interrupt: { type: 'interrupt' },
  need_attention: { type: 'need_attention', reason: 'conflict' },
  merged: { type: 'merged' },
  closed_unmerged: { type: 'closed_unmerged' },
  changes_wanted: { type: 'changes_wanted', roundsLeft: true },
  retry: { type: 'retry' },
  resume: { type: 'resume' },
  cancel: { type: 'cancel' },
};

function task(id: string, state: TaskState): Task {
  const now = new Date('2026-01-02T03:04:05.678Z');
  return {
    id,
    state,
    attention: null,
    origin: { kind: 'finding', rule: 'todo', findingId: `finding-${id}`, fingerprint: 'f' },
    target: { host: 'github', name: 'acme/widgets' },
    proposal: { title: 't', body: 'b', rank: 1, rankReasons: [], kind: 'todo', evidence: 'e' },
    agent: 'a',
    baseBranch: 'main',
    contentHash: 'h',
    issueNumber: null,
    publishedTitle: null,
    publishedBody: null,
    pullRequest: null,
    attempt: 0,
    note: null,
    createdAt: now,
    updatedAt: now,
    version: 1,
  };
}

describe('the life of a task is in the audit log', () => {
  it('every transition of the state machine leaves exactly one entry, committed with it', async () => {
    const tasks = auditedTasks(createTaskStore(database), {
      audit: log.audit,
      correlationId: () => 'k',
    });
    const expected: string[] = [];
    for (const state of taskStates)
      for (const event of Object.values(events)) {
        const next = transition(state, event);
        if (!next.ok) continue;
        const id = `${state}-${event.type}`;
        const born = await tasks.transact(
          async (transaction) => await tasks.insert(transaction, task(id, state)),
        );
        const change = { state: next.state, attention: next.attention };
        await tasks.transact(async (transaction) => await tasks.update(transaction, born, change));
        const undone = tasks.transact(async (transaction) => {
          const row = await tasks.get(id);
          if (row === null) throw new Error(`${id} is gone`);
          await tasks.update(transaction, row, { state: 'canceled', attention: null });
          throw new Error('undone');
        });
        await expect(undone).rejects.toThrow('undone');
        expected.push(`${id} task.born ${state}`);
        const isMoved = next.state !== state || next.attention !== null;
        if (isMoved) expected.push(`${id} task.moved ${next.state}`);
      }
    const told = (await log.audit.list({ limit: 1000 }))
      .filter(({ target }) => target !== 'twice')
      .map(({ target, event, facts }) => `${target} ${event} ${String(facts['to'])}`);
    expect(told.toReversed()).toEqual(expected);
    expect(expected.length).toBeGreaterThan(60);
  });

  it('a task that is there already is not born again, and a change of words moves nothing', async () => {
    const tasks = auditedTasks(createTaskStore(database), {
      audit: log.audit,
      correlationId: () => 'k',
    });
    await tasks.transact(async (transaction) => {
      const born = await tasks.insert(transaction, task('twice', 'proposed'));
      await tasks.update(transaction, born, { note: 'n' });
      const later = { ...task('twice', 'proposed'), createdAt: new Date() };
      await tasks.insert(transaction, later);
    });
    expect(await log.audit.list({ target: 'twice' })).toMatchObject([{ event: 'task.born' }]);
  });
});
