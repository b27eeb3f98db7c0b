import { expect, test } from 'vitest';
import { describeCodeHost, type HostSubject } from '../../src/integrations/code-host.suite.ts';
import { createFakeCodeHost } from './fake-code-host.ts';
import { fakeCommit } from './fake-repository.ts';

async function openFake(): Promise<HostSubject> {
  const host = createFakeCodeHost();
  const repository = host.addRepository('acme/widgets');
  host.setRole(repository, 'ann', 'write');
  let commits = 0;
  return {
    host,
    repository,
    someone: { login: 'ann', role: 'write' },
    commit: async () => ({ gitDir: '/nowhere', sha: fakeCommit('work', String((commits += 1))) }),
    label: async (number, label) => host.label(repository, number, 'ann', label),
    merge: async (number) => void host.mergePullRequest(repository, number),
    close: async () => undefined,
  };
}

describeCodeHost('fake', openFake);

test('a lost answer leaves what was made, and the journal tells it', async () => {
  const host = createFakeCodeHost();
  const repository = host.addRepository('acme/widgets');
  const marker = '<!-- cms:1:a:b:c -->';
  const payload = { title: 'T', body: 'B', labels: [] };
  const write = { kind: 'create_issue', repository, payload, marker, since: new Date() } as const;
  host.loseNextAnswer('create_issue');
  await expect(host.send(write)).rejects.toMatchObject({ kind: 'unknown_outcome' });
  expect(await host.find(write)).toMatchObject({ number: 1, adopted: true });
  expect(host.journal).toMatchObject([{ kind: 'create_issue', outcome: 'made', answerLost: true }]);
});
