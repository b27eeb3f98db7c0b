import { describe, expect, it } from 'vitest';
import type { HostPullRequest } from '../../domain/ports/code-host.ts';
import type { DelegatedWork } from '../../domain/ports/delegate.ts';
import { createTerragon } from './terragon.ts';

const terragon = createTerragon({ username: '@terragon-labs' });
const work: DelegatedWork = {
  issue: { repository: 'acme/manager', number: 12 },
  target: 'acme/widgets',
  title: 'Reject negative amounts',
  askedAt: new Date('2026-01-02T00:00:00Z'),
  ownLogins: ['svc-bot'],
};
const pull = (more: Partial<HostPullRequest>): HostPullRequest => ({
  number: 3,
  title: 'Fix it',
  body: 'For acme/manager#12.',
  author: 'terragon-labs[bot]',
  state: 'open',
  draft: false,
  headBranch: 'terragon/x',
  headSha: 'a'.repeat(40),
  baseBranch: 'main',
  mergeCommit: null,
  url: 'https://github.com/acme/widgets/pull/3',
  updatedAt: new Date('2026-01-02T01:00:00Z'),
  ...more,
});

describe('the delegate Terragon', () => {
  it('is asked by a mention that names the issue and the target', () => {
    const text = terragon.request(work);
    expect(text).toMatch(/^@terragon-labs /);
    expect(text).toContain('acme/manager#12');
    expect(text).toContain('acme/widgets');
  });

  it.each([
    ['a full reference', {}],
    ['the address of the issue', { body: 'https://github.com/acme/manager/issues/12' }],
    ['a reference in the title', { body: '', title: 'Fix (ACME/manager#12)' }],
  ])('is recognised by %s', (_, more) => {
    expect(terragon.isAnswer(pull(more), work)).toBe(true);
  });

  it.each([
    ['another issue', { body: 'acme/manager#123' }],
    ['no reference', { body: 'hello' }],
    ['a short number of another repository', { body: 'Fixes #12' }],
    ['an older pull request', { updatedAt: new Date('2026-01-01T00:00:00Z') }],
    ['our own pull request', { author: 'svc-bot' }],
  ])('is not mistaken for %s', (_, more) => {
    expect(terragon.isAnswer(pull(more), work)).toBe(false);
  });

  it('takes a short number where issue and target are one repository', () => {
    const same = { ...work, target: 'acme/manager' };
    expect(terragon.isAnswer(pull({ body: 'Fixes #12' }), same)).toBe(true);
  });
});
