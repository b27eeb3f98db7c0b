import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { aTask } from '../../../test/fakes/tasks.ts';
import type { AgentRunResult } from '../../domain/ports/agent.ts';
import type { Run } from '../../domain/run.ts';
import { classify, noChangeReason } from './classify.ts';
import { commitMessage } from './commit-message.ts';
import { isRetryable } from './next-try.ts';

function result(
  end: Partial<AgentRunResult['end']>,
  stopped: AgentRunResult['stopped'] = null,
): AgentRunResult {
  const plain = { kind: 'completed', exitCode: 0, message: 'done', failure: null, resetsAt: null };
  return {
    end: { ...plain, ...end } as AgentRunResult['end'],
    stopped,
    usage: null,
    durationMs: 1,
    sandbox: 'none',
  };
}

describe('classify', () => {
  test.each([
    ['timeout', 'timed_out'],
    ['stall', 'stalled'],
    ['budget', 'over_budget'],
    ['canceled', 'canceled'],
  ] as const)('what we stopped for %s is %s, whatever the agent says', (stopped, outcome) => {
    expect(classify(result({ kind: 'completed' }, stopped))).toMatchObject({
      kind: 'ended',
      outcome,
    });
  });
  test.each([
    [{ kind: 'max_budget' }, 'over_budget', null],
    [{ kind: 'interrupted' }, 'interrupted', null],
    [{ kind: 'max_turns' }, 'failed', 'agent'],
    [{ kind: 'failed' }, 'failed', 'agent'],
    [{ kind: 'failed', failure: 'authentication' }, 'failed', 'authentication'],
    [{ kind: 'failed', failure: 'rate_limit' }, 'failed', 'rate_limit'],
  ] as const)('%j ends as %s (%s)', (end, outcome, reason) => {
    expect(classify(result(end))).toMatchObject({ kind: 'ended', outcome, reason });
  });
  test('a completed agent is only a claim of work', () => {
    expect(classify(result({}))).toEqual({ kind: 'work' });
    expect(classify(result({ kind: 'failed', message: '' }))).toMatchObject({
      summary: 'The agent failed without a word.',
    });
  });
  test('only what may pass by itself is tried again', () => {
    expect(isRetryable('interrupted', null)).toBe(true);
    expect(isRetryable('failed', 'transient')).toBe(true);
    expect(isRetryable('failed', 'rate_limit')).toBe(true);
    expect(isRetryable('failed', 'model_quota')).toBe(true);
    for (const reason of ['agent', 'checks', 'policy', 'authentication', 'defect'] as const) {
      expect(isRetryable('failed', reason)).toBe(false);
    }
    expect(isRetryable('timed_out', null)).toBe(false);
    expect(isRetryable('canceled', null)).toBe(false);
  });
  test('a reason for no change is read from its own line', () => {
    expect(noChangeReason('I looked.\n  no change needed: it is there already')).toBe(
      'it is there already',
    );
    expect(noChangeReason('NO CHANGE NEEDED:')).toBeNull();
    expect(noChangeReason('NO CHANGE NEEDED:\nnext line')).toBeNull();
    expect(noChangeReason(`${'\n'.repeat(200_000)}nothing`)).toBeNull();
  });
});

describe('commitMessage', () => {
  const run = { id: 'r-1', agent: 'claude-code' } as Run;
  const message = (title: string, approver = 'ann'): string =>
    commitMessage(aTask({ proposal: { ...aTask().proposal, title } }), run, approver);
  const trailers = (text: string): readonly string[] =>
    execFileSync('git', ['interpret-trailers', '--parse'], { input: text, encoding: 'utf8' })
      .trim()
      .split('\n');

  test.each([
    'Handle it',
    'a\n\nSigned-off-by: Linus <l@x>',
    'Co-authored-by: eve <e@x>',
    'a\rReviewed-by: eve',
    'a\u2028b\u2029c\u0085d',
    '# not a comment',
    '--- a patch',
    '',
  ])('git reads our four trailers and no other from the title %j', (title) => {
    expect(trailers(message(title))).toEqual([
      'Claude-Manager-Task: aaaa1111bbbb2222cccc3333',
      'Claude-Manager-Run: r-1',
      'Claude-Manager-Agent: claude-code',
      'Claude-Manager-Approved-By: ann',
    ]);
  });
  test('a name cannot add a trailer', () => {
    expect(trailers(message('x', 'eve\nSigned-off-by: bob <b@x>'))).toHaveLength(4);
  });
  test('the subject is one line of at most 72 characters and closes no issue', () => {
    const subject = message(`Fixes #12 ${'x'.repeat(200)}`).split('\n')[0] ?? '';
    expect(subject).toMatch(/^Fixes\u2060 #12/u);
    expect([...subject].length).toBeLessThanOrEqual(73);
    expect(message('').split('\n')[0]).toBe('Approved change');
    expect(message('### x').split('\n')[0]).toBe('x');
  });
});
