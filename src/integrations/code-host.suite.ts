import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EffectKind } from '../domain/effect.ts';
import type { CodeHost, HostWrite } from '../domain/ports/code-host.ts';
import { type RepositoryRef, repositoryKey } from '../domain/repository.ts';
import type { Json } from '../lib/json.ts';
import { createMarkers } from '../platform/effects/markers.ts';

/** What the suite needs of an implementation. */
export interface HostSubject {
  readonly host: CodeHost;
  /** Has the branch `main` with a commit; we may write. */
  readonly repository: RepositoryRef;
  /** A login with the role that is named. */
  readonly someone: { readonly login: string; readonly role: 'write' | 'admin' };
  /** A commit on top of `main` that is not pushed yet, another one each time. */
  commit(): Promise<{ readonly gitDir: string; readonly sha: string }>;
  /** What a person does. */
  readonly label: (number: number, label: string) => Promise<void>;
  readonly merge: (number: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Signs the markers of the suite; the subject's host is built with it. */
export const suiteMarkers = createMarkers(Buffer.alloc(32, 7));

/** What every code host does alike. */
export function describeCodeHost(name: string, open: () => Promise<HostSubject>): void {
  describe(`code host ${name}`, () => {
    let subject: HostSubject;
    let intents = 0;
    const began = new Date();

    beforeAll(async () => {
      subject = await open();
    });
    afterAll(async () => subject.close());

    const write = (kind: EffectKind, payload: { readonly [key: string]: Json }): HostWrite => {
      intents += 1;
      const repositoryName = repositoryKey(subject.repository);
      const mark = {
        intentId: `intent-${intents}`,
        fingerprint: `f-${intents}`,
        repositoryKey: repositoryName,
      };
      const { repository } = subject;
      return { kind, repository, payload, marker: suiteMarkers.make(mark), since: began };
    };
    const send = async (kind: EffectKind, payload: { readonly [key: string]: Json }) =>
      subject.host.send(write(kind, payload));
    const newIssue = async (labels: readonly string[] = []): Promise<number> => {
      const made = await send('create_issue', { title: 'A title', body: 'A body', labels });
      return made.number ?? 0;
    };
    const issue = async (number: number) => {
      const found = await subject.host.issue(subject.repository, number);
      if (found === null) throw new Error(`issue ${number} is missing`);
      return found;
    };

    issueTests();
    branchTests();
    readTests();

    function issueTests(): void {
      test('an issue is made once and found again by its marker', async () => {
        const wanted = write('create_issue', { title: 'Once', body: 'Words', labels: ['a label'] });
        expect(await subject.host.find(wanted)).toBeNull();
        const made = await subject.host.send(wanted);
        expect(made).toMatchObject({ number: expect.any(Number), adopted: false });
        expect(await subject.host.find(wanted)).toMatchObject({
          number: made.number,
          adopted: true,
        });
        expect(await issue(made.number ?? 0)).toMatchObject({
          title: 'Once',
          body: `Words\n\n${wanted.marker}`,
          state: 'open',
          author: await subject.host.self(),
          labels: ['a label'],
        });
      });

      test('an issue that carries another marker is not found', async () => {
        await newIssue();
        expect(
          await subject.host.find(write('create_issue', { title: 'T', body: 'B' })),
        ).toBeNull();
      });

      test('a new body keeps the marker by which the issue is found', async () => {
        const wanted = write('create_issue', { title: 'Before', body: 'Old', labels: [] });
        const { number } = await subject.host.send(wanted);
        const change = write('update_issue', { number, title: 'After', body: 'New' });
        expect(await subject.host.find(change)).toBeNull();
        await subject.host.send(change);
        expect(await subject.host.find(change)).toMatchObject({ number, adopted: true });
        expect(await subject.host.find(wanted)).toMatchObject({ number });
        const body = `New\n\n${wanted.marker}`;
        expect(await issue(number ?? 0)).toMatchObject({ title: 'After', body });
      });

      test('closing and reopening can be repeated', async () => {
        const number = await newIssue();
        const close = write('set_issue_state', { number, state: 'closed', reason: 'not_planned' });
        expect(await subject.host.find(close)).toBeNull();
        await subject.host.send(close);
        await subject.host.send(close);
        expect(await issue(number)).toMatchObject({ state: 'closed', stateReason: 'not_planned' });
        expect(await subject.host.find(close)).toMatchObject({ number });
        await send('set_issue_state', { number, state: 'open' });
        expect(await issue(number)).toMatchObject({ state: 'open' });
      });

      test('labels are added and taken away, and both can be repeated', async () => {
        const number = await newIssue(['one']);
        const add = write('add_label', { number, labels: ['two'] });
        expect(await subject.host.find(add)).toBeNull();
        await subject.host.send(add);
        await subject.host.send(add);
        expect(await subject.host.find(add)).not.toBeNull();
        expect([...(await issue(number)).labels].sort()).toEqual(['one', 'two']);
        const remove = write('remove_label', { number, label: 'one' });
        expect(await subject.host.find(remove)).toBeNull();
        await subject.host.send(remove);
        await subject.host.send(remove);
        expect(await subject.host.find(remove)).not.toBeNull();
        expect((await issue(number)).labels).toEqual(['two']);
      });

      test('a comment is found by its marker, each on its own', async () => {
        const number = await newIssue();
        const first = write('comment', { number, body: 'Hello' });
        const second = write('comment', { number, body: 'Hello' });
        await subject.host.send(first);
        expect(await subject.host.find(first)).toMatchObject({ number, adopted: true });
        expect(await subject.host.find(second)).toBeNull();
      });

      test('what was lately said is told, newest first', async () => {
        const number = await newIssue();
        await send('comment', { number, body: 'Earlier' });
        await send('comment', { number, body: 'Later' });
        const texts = await subject.host.latestTexts(subject.repository);
        expect(texts[0]?.body).toContain('Later');
        expect(texts[1]?.body).toContain('Earlier');
        const issue = await subject.host.issue(subject.repository, number);
        expect(texts.slice(2).map(({ body }) => body)).toContain(`${issue?.title}\n${issue?.body}`);
      });

      test('a comment on what is not there is refused', async () => {
        await expect(send('comment', { number: 99_999, body: 'Hello' })).rejects.toMatchObject({
          kind: 'not_found',
        });
      });

      test('the event of a label tells who set it', async () => {
        const number = await newIssue();
        await subject.label(number, 'approved');
        const { events } = await subject.host.issueEvents(subject.repository, number);
        expect(events.filter((event) => event.type === 'labeled')).toMatchObject([
          { actor: subject.someone.login, label: 'approved', id: expect.any(String) },
        ]);
      });

      test('an edit of the body after the label is told behind it', async () => {
        const number = await newIssue();
        await subject.label(number, 'approved');
        await send('update_issue', { number, body: 'Other words' });
        const { events, editsKnown } = await subject.host.issueEvents(subject.repository, number);
        expect(editsKnown).toBe(true);
        expect(events.at(-1)).toMatchObject({
          type: 'edited',
          actor: await subject.host.self(),
          label: null,
        });
        const labeled = events.find(({ type }) => type === 'labeled');
        expect(events.at(-1)?.at.getTime()).toBeGreaterThanOrEqual(labeled?.at.getTime() ?? NaN);
      });

      test('a list takes any of the labels, and closed ones only when asked', async () => {
        const [red, blue, gone] = [
          await newIssue(['red']),
          await newIssue(['blue']),
          await newIssue(['red']),
        ];
        await send('set_issue_state', { number: gone, state: 'closed' });
        const numbers = async (state: 'open' | 'all') => {
          const query = { state, labels: ['red', 'blue'] };
          const found = await subject.host.issues(subject.repository, query);
          return found.map((one) => one.number).sort((a, b) => a - b);
        };
        expect(await numbers('open')).toEqual([red, blue]);
        expect(await numbers('all')).toEqual([red, blue, gone]);
      });
    }

    function branchTests(): void {
      const push = async (branch: string, expected: string | null = null) => {
        const { gitDir, sha } = await subject.commit();
        const wanted = write('push_branch', { branch, sha, expected, gitDir });
        return { wanted, sha, sent: await subject.host.send(wanted) };
      };

      test('a branch is pushed once, found by its commit, and adopted when pushed again', async () => {
        const { gitDir, sha } = await subject.commit();
        const wanted = write('push_branch', { branch: 'once', sha, expected: null, gitDir });
        expect(await subject.host.find(wanted)).toBeNull();
        expect(await subject.host.send(wanted)).toMatchObject({ sha, adopted: false });
        expect(await subject.host.find(wanted)).toMatchObject({ sha, adopted: true });
        expect(await subject.host.send(wanted)).toMatchObject({ sha, adopted: true });
        expect(await subject.host.head(subject.repository, 'once', null)).toEqual({
          changed: true,
          sha,
        });
      });

      test('a branch that somebody else moved is not overwritten', async () => {
        const { sha } = await push('moved');
        await expect(push('moved')).rejects.toMatchObject({
          kind: 'conflict',
          code: 'branch_moved',
        });
        const { sha: next } = await push('moved', sha);
        const head = await subject.host.head(subject.repository, 'moved', sha);
        expect(head).toEqual({ changed: true, sha: next });
      });

      test('a pull request is opened once for a branch, and a second one is adopted', async () => {
        const { sha } = await push('work/one');
        const payload = { title: 'PR', body: 'Why', head: 'work/one', base: 'main', draft: true };
        const wanted = write('open_pull_request', payload);
        expect(await subject.host.find(wanted)).toBeNull();
        const made = await subject.host.send(wanted);
        expect(made).toMatchObject({ adopted: false, sha });
        expect(await subject.host.find(wanted)).toMatchObject({
          number: made.number,
          adopted: true,
        });
        expect(await subject.host.send(wanted)).toMatchObject({
          number: made.number,
          adopted: true,
        });
        const pull = await subject.host.pullRequest(subject.repository, made.number ?? 0);
        expect(pull).toMatchObject({
          title: 'PR',
          body: `Why\n\n${wanted.marker}`,
          state: 'open',
          draft: true,
          headBranch: 'work/one',
          headSha: sha,
          baseBranch: 'main',
          mergeCommit: null,
        });
      });

      test('a pull request is never an issue', async () => {
        await push('work/two');
        const payload = { title: 'PR', body: 'Why', head: 'work/two', base: 'main', draft: false };
        const { number } = await send('open_pull_request', payload);
        expect(await subject.host.issue(subject.repository, number ?? 0)).toBeNull();
        const issues = await subject.host.issues(subject.repository, { state: 'all' });
        expect(issues.map((one) => one.number)).not.toContain(number);
        await send('comment', { number, body: 'On a pull request' });
        const open = { state: 'open', headBranch: 'work/two' } as const;
        const pulls = await subject.host.pullRequests(subject.repository, open);
        expect(pulls.map((pull) => pull.number)).toEqual([number]);
      });

      test('a pull request takes labels and comments like an issue, and they are found again', async () => {
        await push('work/labeled');
        const payload = { title: 'PR', body: 'Why', head: 'work/labeled', base: 'main' };
        const number = (await send('open_pull_request', payload)).number ?? 0;
        const writes = [
          write('add_label', { number, labels: ['for a person'] }),
          write('comment', { number, body: 'Look at it.' }),
        ];
        for (const wanted of writes) {
          expect(await subject.host.find(wanted)).toBeNull();
          await subject.host.send(wanted);
          expect(await subject.host.find(wanted)).toMatchObject({ number, adopted: true });
        }
      });

      test('a pull request without a branch is refused', async () => {
        const payload = { title: 'PR', body: 'Why', head: 'nowhere', base: 'main', draft: true };
        await expect(send('open_pull_request', payload)).rejects.toMatchObject({
          kind: expect.stringMatching(/^(invalid_input|not_found)$/u),
        });
      });

      test('a merged pull request says so, with its commit', async () => {
        await push('work/merged');
        const payload = {
          title: 'PR',
          body: 'Why',
          head: 'work/merged',
          base: 'main',
          draft: false,
        };
        const { number } = await send('open_pull_request', payload);
        await subject.merge(number ?? 0);
        const pull = await subject.host.pullRequest(subject.repository, number ?? 0);
        expect(pull).toMatchObject({ state: 'merged' });
        const main = await subject.host.head(subject.repository, 'main', pull?.mergeCommit ?? null);
        expect(main).toEqual({ changed: false });
        const query = { state: 'open', headBranch: 'work/merged' } as const;
        expect(await subject.host.pullRequests(subject.repository, query)).toEqual([]);
      });
    }

    function readTests(): void {
      test('a repository tells its default branch', async () => {
        expect(await subject.host.repository(subject.repository)).toMatchObject({
          ref: subject.repository,
          defaultBranch: 'main',
          archived: false,
        });
      });

      test('what is not there is not found', async () => {
        const nowhere = { ...subject.repository, name: `${subject.repository.name}-nowhere` };
        await expect(subject.host.repository(nowhere)).rejects.toMatchObject({ kind: 'not_found' });
        await expect(
          subject.host.head(subject.repository, 'no-such-branch', null),
        ).rejects.toMatchObject({ kind: 'not_found', code: 'branch_not_found' });
        expect(await subject.host.issue(subject.repository, 99_999)).toBeNull();
        expect(await subject.host.pullRequest(subject.repository, 99_999)).toBeNull();
      });

      test('roles are told, and a stranger has none', async () => {
        const { login, role } = subject.someone;
        expect(await subject.host.roleOf(subject.repository, login)).toBe(role);
        expect(await subject.host.roleOf(subject.repository, 'no-such-person')).toBe('none');
      });

      test('a plain name stands for itself', async () => {
        expect(await subject.host.expand(subject.repository.name)).toEqual([subject.repository]);
      });
    }
  });
}
