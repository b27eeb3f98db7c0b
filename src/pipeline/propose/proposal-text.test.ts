import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Finding } from '../../domain/finding.ts';
import { proposalFor, publishedBody, quotes, wordsOf } from './proposal-text.ts';
import { rank } from './rank.ts';

function finding(change: Partial<Finding> = {}): Finding {
  return {
    id: 'f1',
    repository: { host: 'github', name: 'acme/widgets' },
    rule: 'todo',
    path: 'src/a.ts',
    line: 3,
    endLine: 3,
    tag: 'TODO',
    text: 'handle the empty list of items',
    owner: null,
    issue: null,
    confidence: 0.9,
    url: 'https://github.example/acme/widgets/blob/abc/src/a.ts#L3',
    context: ['const a = 1;', '// TODO: handle the empty list of items'],
    contextStart: 2,
    fingerprint: 'fp',
    commit: 'abc',
    firstSeen: new Date(0),
    status: 'open',
    ...change,
  };
}

/** The content of the first fence as CommonMark reads it. */
function firstFence(body: string): string | null {
  const lines = body.split('\n');
  const start = lines.findIndex((line) => /^`{3,}/u.test(line));
  const marks = /^`+/u.exec(lines[start] ?? '')?.[0] ?? '';
  const end = lines.findIndex((line, index) => index > start && line.trim() === marks);
  return start === -1 || end === -1 ? null : lines.slice(start + 1, end).join('\n');
}

describe('the words of a proposal', () => {
  test('the text stands whole in a fence that it cannot close', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('`', '```', '\n', 'a', '~~~', ' ')), (parts) => {
        const text = parts.join('');
        const { body } = proposalFor(finding({ text, context: [] }), { withCode: false });
        expect(firstFence(body)).toBe(text === '' ? '(the comment says nothing more)' : text);
      }),
    );
  });
  test('a title is one line of at most 120 characters, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (text, path) => {
        const { title } = proposalFor(finding({ text, path }), { withCode: true });
        expect(title).not.toMatch(/[\p{Cc}\u2028\u2029\u202E]/u);
        expect([...title].length).toBeLessThanOrEqual(120);
        expect(title.trim()).toBe(title);
      }),
    );
  });
  test('a path mentions nobody and opens no paragraph', () => {
    const { body, evidence } = proposalFor(finding({ path: 'packages/@types/x\n\n# Approved' }), {
      withCode: false,
    });
    expect(body).toContain('File: `packages/@types/x # Approved`');
    expect(evidence).toContain('[`packages/@types/x # Approved:3`]');
  });
  test('code stays out where more people can read the issue than the target', () => {
    expect(proposalFor(finding(), { withCode: true }).body).toContain('const a = 1;');
    expect(proposalFor(finding(), { withCode: false }).body).not.toContain('const a = 1;');
  });
  test('line numbers and permalinks stand in the evidence, not in the words', () => {
    const here = proposalFor(finding(), { withCode: true });
    const moved = proposalFor(finding({ line: 9, url: 'https://x/9' }), { withCode: true });
    expect(moved.body).toBe(here.body);
    expect(moved.evidence).not.toBe(here.evidence);
  });
  test('a very long text and a very long line are cut', () => {
    const long = finding({ text: 'x'.repeat(100_000), context: ['`'.repeat(70_000)] });
    const proposal = proposalFor(long, { withCode: true });
    expect(publishedBody(proposal, 'go').length).toBeLessThan(40_000);
    expect(proposal.body).toContain('(cut here)');
  });
  test('a stale issue is named by its number and quoted', () => {
    const stale = finding({
      rule: 'stale-issue',
      path: 'issues/7',
      tag: null,
      text: 'Crash\n```\nx',
    });
    const { title, body, kind } = proposalFor(stale, { withCode: true });
    expect(title).toBe('Stale issue #7 in acme/widgets: Crash');
    expect(firstFence(body)).toBe('Crash\n```\nx');
    expect(kind).toBe('stale-issue');
  });
});

describe('what is published', () => {
  const proposal = proposalFor(finding(), { withCode: true });
  test('our own lines below are set aside when the words above were edited', () => {
    const body = publishedBody(proposal, 'go');
    expect(wordsOf(body, proposal, 'go')).toBe(proposal.body);
    expect(wordsOf(`Please hurry.\n\n${body}\n`, proposal, 'go')).toBe(
      `Please hurry.\n\n${proposal.body}`,
    );
    expect(wordsOf('all new', proposal, 'go')).toBe('all new');
  });
  test('a proposal quotes its comment until the comment says something else', () => {
    expect(quotes(proposal, finding({ line: 99, path: 'other.ts' }))).toBe(true);
    expect(quotes(proposal, finding({ text: 'handle  the empty\nlist of items' }))).toBe(true);
    expect(quotes(proposal, finding({ text: 'handle the empty list' }))).toBe(false);
    expect(quotes(proposal, finding({ text: '' }))).toBe(false);
  });
});

describe('rank', () => {
  test('it lies between 0 and 100 and is the sum of its reasons', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.constantFrom('TODO', 'BUG', 'FIXME', 'constructor', null),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (text, tag, confidence) => {
          const ranked = rank(finding({ text, tag, confidence }));
          const sum = ranked.reasons.reduce((total, { points }) => total + points, 0);
          expect(ranked.rank).toBe(Math.max(0, Math.min(100, sum)));
        },
      ),
    );
  });
  test('a bug about security stands before a note without words', () => {
    const bug = rank(finding({ tag: 'BUG', text: 'SQL injection in the login form' })).rank;
    expect(bug).toBeGreaterThan(rank(finding({ text: '' })).rank);
    expect(bug).toBeGreaterThan(rank(finding({ path: 'test/a.ts' })).rank);
  });
});
