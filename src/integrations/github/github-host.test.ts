import { expect, test } from 'vitest';
import { createGitWork } from '../../../test/support/git-work.ts';
import { oneToken } from '../../../test/support/github-access.ts';
import {
  createGithubEmulator,
  type GithubEmulator,
} from '../../../test/support/github-emulator/emulator.ts';
import { createSkippingClock } from '../../../test/support/skipping-clock.ts';
import { systemRandom } from '../../lib/random.ts';
import { describeCodeHost, type HostSubject, suiteMarkers } from '../code-host.suite.ts';
import { createGit } from '../git/git.ts';
import { createGitPush } from '../git/push.ts';
import { createMemoryEtagStore } from './etag-store.ts';
import { createGithubHost } from './github-host.ts';
import { createGovernor } from './governor/governor.ts';
import { createMemoryGovernorState } from './governor/governor-state.ts';

async function openGithub(
  username: string | null = null,
): Promise<HostSubject & { emulator: GithubEmulator }> {
  const emulator = await createGithubEmulator();
  const token = emulator.addUser('svc-bot');
  await emulator.addRepository({
    fullName: 'acme/widgets',
    files: { 'a.txt': 'a\n' },
    labels: ['approved'],
    roles: { 'svc-bot': 'write', ann: 'write' },
  });
  const clock = createSkippingClock();
  const random = systemRandom;
  const state = createMemoryGovernorState();
  const work = createGitWork(emulator.gitFolder('acme/widgets'));
  const host = createGithubHost({
    apiUrl: emulator.apiUrl,
    serverUrl: emulator.serverUrl,
    username,
    access: oneToken(
      createGovernor({ credential: 'test', state, clock, random }),
      async () => token,
    ),
    etags: createMemoryEtagStore(),
    clock,
    random,
    markers: suiteMarkers,
    git: createGitPush({ git: createGit({ environment: process.env }) }),
  });
  return {
    emulator,
    host,
    repository: { host: 'github', name: 'acme/widgets' },
    someone: { login: 'ann', role: 'write' },
    commit: async () => ({ gitDir: work.gitDir, sha: work.commit() }),
    label: async (number, label) => emulator.as('ann').label('acme/widgets', number, label),
    merge: async (number) => {
      await emulator.as('ann').merge('acme/widgets', number);
    },
    close: async () => {
      work.remove();
      await emulator.close();
      expect(emulator.contractViolations).toEqual([]);
      expect(emulator.journal.duplicates()).toEqual([]);
    },
  };
}

describeCodeHost('github', () => openGithub());

test.each([403, 404])(
  'where GitHub answers %i to whose token it is, the login of the configuration counts; without one a person is told to name it',
  async (status) => {
    for (const username of ['named-bot', null]) {
      const { emulator, host, close } = await openGithub(username);
      try {
        emulator.faults.add({ kind: 'status', status, match: { path: /\/user$/u, times: 1 } });
        await (username === null
          ? expect(host.self()).rejects.toMatchObject({
              code: 'github_login_unknown',
              next: 'Write the login that the token works as into github.username.',
            })
          : expect(host.self()).resolves.toBe('named-bot'));
        expect(emulator.faults.pending()).toBe(0);
        expect(await host.self()).toBe('svc-bot');
      } finally {
        await close();
      }
    }
  },
);

test('on a server without reviews and checks nobody is waited for', async () => {
  const { emulator, host, repository, close } = await openGithub();
  try {
    const path = /\/(?:reviews|comments|check-runs|status)(?:\?|$)/u;
    emulator.faults.add({ kind: 'status', status: 404, match: { path, times: 4 } });
    expect(await host.remarks(repository, 1)).toEqual([]);
    expect(await host.checks(repository, 'a'.repeat(40))).toEqual([]);
    expect(emulator.faults.pending()).toBe(0);
  } finally {
    await close();
  }
});
