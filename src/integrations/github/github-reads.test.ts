import { expect, test } from 'vitest';
import type { GithubClient, ReadOptions } from './github-client.ts';
import { createGithubReads } from './github-reads.ts';
import type { IssueEdits } from './issue-edits.ts';

test('what the start of approved work reads stands in line with what persons wait for, a look for new work behind all', async () => {
  const asked: string[] = [];
  const answer = { full_name: 'acme/widgets', default_branch: 'main' };
  const client = {
    get: async (path: string, _schema: unknown, { lane }: ReadOptions) => {
      asked.push(lane);
      return path.includes('/commits/') ? 'f00d' : answer;
    },
  } as unknown as GithubClient;
  const reads = createGithubReads(client, {} as IssueEdits);
  const widgets = { host: 'github', name: 'acme/widgets' } as const;
  await reads.repository(widgets, 'start');
  expect(await reads.head(widgets, 'main', 'f00d', 'start')).toEqual({ changed: false });
  expect(asked).toEqual(['person', 'person']);
  asked.length = 0;
  await reads.repository(widgets);
  expect(await reads.head(widgets, 'main', null)).toEqual({ changed: true, sha: 'f00d' });
  expect(asked).toEqual(['follow', 'propose']);
});
