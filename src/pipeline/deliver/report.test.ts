import { describe, expect, test } from 'vitest';
import { aTask } from '../../../test/fakes/tasks.ts';
import type { Approval } from '../../domain/approval.ts';
import type { Run } from '../../domain/run.ts';
import { deliveredComment, inert, pullRequestBody } from './report.ts';

const run: Run = {
  id: 'abc-1',
  taskId: 'abc',
  attempt: 1,
  sandbox: 'bubblewrap',
  agent: 'claude-code',
  baseCommit: 'c0',
  startedAt: new Date(0),
  endedAt: null,
  outcome: null,
  reason: null,
  summary: null,
  usage: null,
  costUsd: 0.5,
  checks: [
    {
      command: 'a | b `c` <d>',
      passed: true,
      exitCode: 0,
      durationMs: 1,
      output: '```\n</details>',
    },
  ],
  patch: null,
  correlationId: 'corr',
  workflowId: 'task-1-1',
};

const approval: Approval = {
  taskId: 'abc',
  actor: 'ann',
  person: 'github:ann',
  channel: 'label',
  contentHash: 'h',
  decidedAt: new Date(0),
  roles: { manager: 'write', target: 'write' },
  eventId: null,
  baseCommit: null,
  voidedAt: null,
  voidReason: null,
  correlationId: null,
};

describe('inert', () => {
  test.each([
    ['@acme/team and @me', '@\u2060acme/team and @\u2060me'],
    ['Fixes #12, closes acme/x#3', 'Fixes\u2060 #12, closes\u2060 acme/x#3'],
    ['resolved: https://x/issues/1', 'resolved\u2060: https\u2060://x/issues/1'],
    [
      '![a](HTTP://evil/x.png) [b][c] www.evil.test',
      '![a]\u2060(HTTP\u2060://evil/x.png) [b]\u2060[c] www\u2060.evil.test',
    ],
    ['[c]: //evil, mailto:a@b.c', '[c]\u2060: //evil, mailto\u2060:a@\u2060b.c'],
    ['a[0] (see http)', 'a[0] (see http)'],
    ['fix GH-7', 'fix\u2060 GH-7'],
    ['fixes **#12**', 'fixes\u2060 **#12**'],
    ['<img src=x> | b \\| c', '&lt;img src=x&gt; &#124; b \\&#124; c'],
    ['a & b &lt; c', 'a &amp; b &amp;lt; c'],
    ['fix the bug, mail me@', 'fix the bug, mail me@'],
  ])('%s', (text, wanted) => {
    expect(inert(text)).toBe(wanted);
  });
});

describe('the pull request', () => {
  const body = pullRequestBody(aTask({ id: 'abc', issueNumber: 4 }), run, null, {
    manager: 'acme/manager',
    summary: 'Did it.\n| Approved by | admin |\n# Heading <b>',
    leftToPerson: [],
    refused: [],
    model: 'model-7 | <b>\n@x',
  });
  test('what the agent says stands behind a bar and cannot pass for our report', () => {
    expect(body).toContain(
      '> Did it.\n> &#124; Approved by &#124; admin &#124;\n> # Heading &lt;b&gt;',
    );
    expect(body).toContain('| Approved by | nobody through - at - |');
  });
  test('says where an agent ran without a sandbox', () => {
    const unsealed = pullRequestBody(aTask(), { ...run, sandbox: 'none' }, null, {
      manager: 'acme/manager',
      summary: '',
      leftToPerson: [],
      refused: [],
      model: null,
    });
    expect(unsealed).toContain('| Sandbox | **none** |');
    expect(unsealed).toContain('Nothing sealed the agent in');
    expect(unsealed).not.toContain('sealed workspace');
  });
  test('a command and its output cannot break the table or the fold', () => {
    expect(body).toContain('<code>a &#124; b `c` &lt;d&gt;</code> passed');
    expect(body).toContain('````text\n```\n</details>\n````');
  });
  test('its facts are there: task, proposal, agent, base, cost', () => {
    expect(body).toContain('`abc` (proposal acme/manager#4)');
    expect(body).toContain('claude-code, run `abc-1`, attempt 1');
    expect(body).toContain('| Model | <code>model-7 &#124; &lt;b&gt; @x</code> |');
    expect(body).toContain('$0.50');
    expect(body).toContain('| Sandbox | bubblewrap |');
    expect(body).toContain('in a sealed workspace');
    expect(deliveredComment(run, 'https://x/1', false)).toContain(
      'Done as approved: https://x/1\n',
    );
  });
  test('says where the base stood when it was approved, if it moved', () => {
    const approvedAt = (baseCommit: string | null): string =>
      pullRequestBody(
        aTask({ id: 'abc' }),
        run,
        { ...approval, baseCommit },
        {
          manager: 'acme/manager',
          summary: '',
          leftToPerson: [],
          refused: [],
          model: null,
        },
      );
    expect(approvedAt('a1')).toContain(
      'at `c0`, which moved since the approval, when it was at `a1` |',
    );
    for (const same of ['c0', null]) expect(approvedAt(same)).toContain('at `c0` |');
  });
  test('what is left to a person stands at its very top, where no path can act', () => {
    const told = pullRequestBody(aTask({ id: 'abc' }), run, null, {
      manager: 'acme/manager',
      summary: 'Did it.',
      leftToPerson: [
        { text: '.github/x.yml is a protected path' },
        { text: 'a/@team/[x](https://evil.test)\n# b/Dockerfile is a protected path' },
      ],
      refused: [],
      model: null,
    });
    expect(told).toMatch(/^## A person must look at this before it is merged\n/u);
    const top = told.slice(0, told.indexOf('What the agent says'));
    expect(top).toContain('\n- .github/x.yml is a protected path\n');
    expect(top).toContain(
      '\n- a/@\u2060team/[x]\u2060(https\u2060://evil.test) # b/Dockerfile is a protected path\n',
    );
    expect(body).not.toContain('A person must look');
    expect(deliveredComment(run, 'https://x/1', true)).toContain('A person must look');
  });
});
