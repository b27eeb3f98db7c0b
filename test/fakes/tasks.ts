import type { Task } from '../../src/domain/task.ts';

/** A proposed task with plain words; name what matters to the test. */
export function aTask(change: Partial<Task> = {}): Task {
  return {
    id: 'aaaa1111bbbb2222cccc3333',
    state: 'proposed',
    attention: null,
    origin: { kind: 'finding', rule: 'todo', findingId: 'f1', fingerprint: 'fp' },
    target: { host: 'github', name: 'acme/widgets' },
    proposal: {
      title: 'Handle the empty list',
      body: 'Do it.',
      rank: 10,
      rankReasons: [],
      kind: 'todo',
      evidence: 'Seen.',
    },
    agent: 'scripted',
    baseBranch: 'main',
    contentHash: 'hash',
    issueNumber: null,
    publishedTitle: 'Handle the empty list',
    publishedBody: 'Do it.',
    pullRequest: null,
    attempt: 0,
    note: null,
    createdAt: new Date('2026-01-01T00:00:00Z'),
    updatedAt: new Date('2026-01-01T00:00:00Z'),
    version: 1,
    ...change,
  };
}
