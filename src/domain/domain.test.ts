import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalBody, contentHash, hostRoles, mayApprove } from './approval.ts';
import { type EffectRequest, intentIdOf } from './effect.ts';
import { fingerprintOf, normalizeText } from './finding.ts';
import { parseRepositoryKey, repositoryKey } from './repository.ts';
import { isLive, type TaskEvent, type TaskState, taskStates, transition } from './task.ts';

const events: readonly TaskEvent[] = [
  { type: 'approve' },
  { type: 'reject' },
  { type: 'expire' },
  { type: 'finding_gone' },
  { type: 'finding_back' },
  { type: 'void_approval' },
  { type: 'start' },
  { type: 'pull_request_opened' },
  { type: 'no_change' },
  { type: 'fail', reason: 'agent', retry: true },
  { type: 'fail', reason: 'agent', retry: false },
  { type: 'interrupt' },
  { type: 'need_attention', reason: 'conflict' },
  { type: 'merged' },
  { type: 'closed_unmerged' },
  { type: 'changes_wanted', roundsLeft: true },
  { type: 'changes_wanted', roundsLeft: false },
  { type: 'retry' },
  { type: 'resume' },
  { type: 'cancel' },
];
const anyState = fc.constantFrom(...taskStates);
const anyEvent = fc.constantFrom(...events);

describe('transition', () => {
  test('it is total: every state answers every event with a state or a reason', () => {
    fc.assert(
      fc.property(anyState, anyEvent, (state, event) => {
        const next = transition(state, event);
        if (next.ok) expect(taskStates).toContain(next.state);
        else
          expect(next.why).toBe(
            `a task that is ${state} cannot ${event.type.replaceAll('_', ' ')}`,
          );
      }),
    );
  });
  test('a reason for attention is given exactly when a person is needed', () => {
    fc.assert(
      fc.property(anyState, anyEvent, (state, event) => {
        const next = transition(state, event);
        if (next.ok) expect(next.attention !== null).toBe(next.state === 'needs_attention');
        expect(next).toEqual(transition(state, event));
      }),
    );
  });
  test('done, rejected and canceled are left by nothing: a no is remembered', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<TaskState>('done', 'rejected', 'canceled'),
        anyEvent,
        (state, event) => {
          expect(transition(state, event).ok).toBe(false);
        },
      ),
    );
  });
  test('any history that holds a reject ends rejected, any history with a cancel canceled', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 30 }), (history) => {
        let state: TaskState = 'proposed';
        let end: TaskState | null = null;
        for (const event of history) {
          const next = transition(state, event);
          if (next.ok) state = next.state;
          if (next.ok && (event.type === 'reject' || event.type === 'cancel')) end = state;
          if (end !== null) expect(state).toBe(end);
        }
        expect([null, 'rejected', 'canceled']).toContain(end);
      }),
    );
  });
  test('nothing runs without an approval before it', () => {
    const before = taskStates.filter((state) => transition(state, { type: 'start' }).ok);
    expect(before).toEqual(['approved']);
    const approving = events.filter(({ type }) => {
      const next = transition('proposed', { type } as TaskEvent);
      return next.ok && next.state === 'approved';
    });
    expect(approving.map(({ type }) => type)).toEqual(['approve']);
  });
  test.each(taskStates.filter(isLive))('a task that is %s can be canceled', (state) => {
    expect(transition(state, { type: 'cancel' })).toMatchObject({ ok: true, state: 'canceled' });
  });
  test('a finding that goes away resolves what has not started and leaves what runs', () => {
    const gone = { type: 'finding_gone' } as const;
    expect(transition('approved', gone)).toMatchObject({ ok: true, state: 'resolved' });
    expect(transition('running', gone)).toMatchObject({ ok: true, state: 'running' });
    expect(transition('in_review', gone)).toMatchObject({ ok: true, state: 'in_review' });
    expect(transition('resolved', { type: 'finding_back' })).toMatchObject({ state: 'proposed' });
  });
});

describe('contentHash', () => {
  const content = {
    title: 'T',
    body: 'a\nb',
    target: 'github:acme/widgets',
    baseBranch: 'main',
    agent: 'claude-code',
    policyVersion: '1',
  };
  test('any word that changes makes another hash', () => {
    for (const key of Object.keys(content)) {
      expect(contentHash({ ...content, [key]: 'other' })).not.toBe(contentHash(content));
    }
    expect(contentHash(content)).toMatch(/^[0-9a-f]{64}$/u);
  });
  test('what a code host changes by itself makes none', () => {
    expect(contentHash({ ...content, body: 'a  \r\nb\r\n\n' })).toBe(contentHash(content));
    expect(contentHash({ ...content, body: 'a\u200B\nb' })).not.toBe(contentHash(content));
  });
  test('the canonical body is its own canonical body, also for very long lines of spaces', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(' ', '\t', '\n', '\r', 'a') }), (text) => {
        expect(canonicalBody(canonicalBody(text))).toBe(canonicalBody(text));
      }),
    );
    expect(canonicalBody(`a${' '.repeat(200_000)}b`)).toHaveLength(200_002);
  });
});

test('write, maintain and admin may approve; none, read and triage may not', () => {
  expect(hostRoles.filter(mayApprove)).toEqual(['write', 'maintain', 'admin']);
});

describe('names and ids', () => {
  const github = { host: 'github', name: 'Acme/Widgets' } as const;
  test('a repository of GitHub is one whatever its case, a folder is not', () => {
    expect(repositoryKey(github)).toBe('github:acme/widgets');
    expect(repositoryKey({ host: 'local', name: '/A:b' })).toBe('local:/A:b');
    expect(parseRepositoryKey('local:/A:b')).toEqual({ host: 'local', name: '/A:b' });
    expect(repositoryKey(parseRepositoryKey(repositoryKey(github)))).toBe(repositoryKey(github));
  });
  test('a fingerprint ignores indentation and Unicode form, not words, rule or occurrence', () => {
    const one = fingerprintOf(github, 'todo', 'fix\n   the é', 1);
    expect(fingerprintOf(github, 'todo', '  fix the e\u0301 ', 1)).toBe(one);
    expect(fingerprintOf(github, 'todo', 'Fix the é', 1)).not.toBe(one);
    expect(fingerprintOf(github, 'stale-issue', 'fix the é', 1)).not.toBe(one);
    expect(fingerprintOf(github, 'todo', 'fix the é', 2)).not.toBe(one);
    expect(normalizeText(' a \n b ')).toBe('a b');
  });
  test('an intent has one id for one write and another for each other write', () => {
    const request: EffectRequest = {
      kind: 'comment',
      repository: github,
      taskId: 't',
      attempt: 1,
      ordinal: 0,
      payload: { number: 1, body: 'x' },
    };
    const id = intentIdOf('manager', request);
    expect(intentIdOf('manager', { ...request, payload: {} })).toBe(id);
    const others = [
      { kind: 'add_label' },
      { taskId: 'u' },
      { attempt: 2 },
      { ordinal: 1 },
    ] as const;
    for (const other of others)
      expect(intentIdOf('manager', { ...request, ...other })).not.toBe(id);
    expect(intentIdOf('other', request)).not.toBe(id);
  });
});
