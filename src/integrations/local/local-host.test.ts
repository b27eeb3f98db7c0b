import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createGitWork, initRepository } from '../../../test/support/git-work.ts';
import { createTestDatabase } from '../../../test/support/test-database.ts';
import { systemClock } from '../../lib/clock.ts';
import { migrate } from '../../platform/database/migrate.ts';
import { describeCodeHost, type HostSubject, suiteMarkers } from '../code-host.suite.ts';
import { createGit } from '../git/git.ts';
import { createGitPush } from '../git/push.ts';
import { createLocalHost, type LocalHost } from './local-host.ts';
import { localMigrations } from './migrations.ts';

interface LocalSubject extends HostSubject {
  readonly host: LocalHost;
  readonly folder: string;
}

async function openLocal(kind: {
  bare: boolean;
  asked?: (folder: string) => void;
}): Promise<LocalSubject> {
  const database = await createTestDatabase();
  await migrate(database, localMigrations);
  const parent = mkdtempSync(join(tmpdir(), 'local-host-'));
  const folder = join(parent, 'widgets');
  initRepository(folder, kind);
  const work = createGitWork(folder);
  const push = createGitPush({ git: createGit({ environment: process.env }) });
  const host = createLocalHost({
    database,
    push: {
      ...push,
      containedBy: async (request) => {
        kind.asked?.(request.folder);
        return await push.containedBy(request);
      },
    },
    clock: systemClock,
    markers: suiteMarkers,
    owner: 'ann',
  });
  const repository = { host: 'local', name: folder } as const;
  return {
    host,
    folder,
    repository,
    someone: { login: 'ann', role: 'admin' },
    commit: async () => ({ gitDir: work.gitDir, sha: work.commit() }),
    label: async (number, label) => host.label(repository, number, 'ann', label),
    merge: async (number) => {
      await host.merge(repository, number, 'ann');
    },
    close: async () => {
      work.remove();
      rmSync(parent, { recursive: true, force: true, maxRetries: 5 });
      await database.drop();
    },
  };
}

describeCodeHost('local', async () => openLocal({ bare: true }));

const pullRequest = async (subject: LocalSubject): Promise<{ number: number; sha: string }> => {
  const { host, repository } = subject;
  const { gitDir, sha } = await subject.commit();
  const mark = { intentId: 'i', fingerprint: 'f', repositoryKey: `local:${repository.name}` };
  const more = { repository, marker: suiteMarkers.make(mark), since: new Date() };
  const branch = 'claude-manager/t1';
  await host.send({
    kind: 'push_branch',
    payload: { branch, sha, expected: null, gitDir },
    ...more,
  });
  const payload = { title: 'PR', body: 'Why', head: branch, base: 'main', draft: true };
  const { number } = await host.send({ kind: 'open_pull_request', payload, ...more });
  return { number: number ?? 0, sha };
};

test('a checked-out branch is not moved, and a merge by hand is seen', async () => {
  const subject = await openLocal({ bare: false });
  try {
    const { host, repository, folder } = subject;
    const { number, sha } = await pullRequest(subject);
    await expect(host.merge(repository, number, 'ann')).rejects.toMatchObject({
      code: 'branch_checked_out',
    });
    expect(await host.pullRequest(repository, number)).toMatchObject({ state: 'open' });
    execFileSync('git', ['merge', '--quiet', '--ff-only', sha], { cwd: folder });
    const merged = { state: 'merged', mergeCommit: sha };
    expect(await host.pullRequest(repository, number)).toMatchObject(merged);
    expect(await host.merge(repository, number, 'ann')).toBe(sha);
  } finally {
    await subject.close();
  }
});

test('git is asked whether a pull request was merged when one of its two branches moved, and else only once', async () => {
  let asked = 0;
  const subject = await openLocal({ bare: true, asked: () => (asked += 1) });
  try {
    const { host, repository, folder } = subject;
    const { number, sha } = await pullRequest(subject);
    asked = 0;
    const look = async () => [(await host.pullRequest(repository, number))?.state, asked];
    expect([await look(), await look()]).toEqual([
      ['open', 1],
      ['open', 1],
    ]);
    const git = (...args: string[]) => execFileSync('git', args, { cwd: folder }).toString().trim();
    const tree = git('rev-parse', 'refs/heads/main^{tree}');
    const person = ['-c', 'user.name=p', '-c', 'user.email=p@x'];
    const next = git(...person, 'commit-tree', tree, '-p', 'refs/heads/main', '-m', 'aside');
    git('update-ref', 'refs/heads/main', next);
    expect([await look(), await look()]).toEqual([
      ['open', 2],
      ['open', 2],
    ]);
    git('update-ref', 'refs/heads/main', sha);
    expect(await look()).toEqual(['merged', 3]);
  } finally {
    await subject.close();
  }
});

test('a pull request that was closed is not merged any more', async () => {
  const subject = await openLocal({ bare: true });
  try {
    const { host, repository } = subject;
    const { number } = await pullRequest(subject);
    await host.close(repository, number, 'ann');
    expect(await host.pullRequest(repository, number)).toMatchObject({ state: 'closed' });
    await expect(host.merge(repository, number, 'ann')).rejects.toMatchObject({
      code: 'pull_request_closed',
    });
  } finally {
    await subject.close();
  }
});

test('equal intents sent at the same time make one issue', async () => {
  const subject = await openLocal({ bare: true });
  try {
    const { host, repository } = subject;
    const mark = { intentId: 'i', fingerprint: 'f', repositoryKey: `local:${repository.name}` };
    const payload = { title: 'T', body: 'B', labels: [] };
    const marker = suiteMarkers.make(mark);
    const write = { kind: 'create_issue', repository, payload, marker, since: new Date() } as const;
    const results = await Promise.all(Array.from({ length: 8 }, async () => host.send(write)));
    expect(new Set(results.map((result) => result.number))).toEqual(new Set([1]));
    expect(results.filter((result) => !result.adopted)).toHaveLength(1);
  } finally {
    await subject.close();
  }
});
