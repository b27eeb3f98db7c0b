import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { GithubLoop, TaskLine } from '../support/github-loop.ts';
import { createGithubLoop, manager } from '../support/github-loop.ts';
import { startService } from '../support/running-service.ts';
import type { Finished } from '../support/service-process.ts';

const approved = 'approved-for-dev';

/** A configuration, a tracker and an issue as the first generation left them. */
const firstGeneration = {
  analyzer: { scanForTodos: true, scanOpenIssues: true, cleanupTasksOlderThanDays: 90 },
  executor: { terragonUsername: '@terragon-labs' },
};
const tracker = {
  '8d1e0f00a99bd954': {
    repo: 'acme/widgets',
    file: 'list.js',
    line: 1,
    content: '// TODO: handle the empty list',
    created_at: '2025-07-24T13:51:21.181530+00:00',
    issue_number: null,
  },
};

let loop: GithubLoop;
/** A service of its own, so that its scan does not come before the migration. */
let other: GithubLoop;
beforeAll(async () => {
  other = await createGithubLoop({ targets: {}, config: firstGeneration });
  loop = await createGithubLoop({
    targets: {
      widgets: {
        'list.js': '// TODO: handle the empty list\nexport const first = (list) => list[0];\n',
        'sum.js': '// TODO: add up decimals without rounding errors\nexport const sum = 1;\n',
      },
    },
    config: firstGeneration,
  });
  await mkdir(join(loop.service.folder, '.claude_manager'));
  await writeFile(
    join(loop.service.folder, '.claude_manager', 'task_tracker.json'),
    JSON.stringify(tracker),
  );
}, 420_000);
afterAll(async () => {
  await loop.close();
  await other.close();
});

async function good(...words: readonly string[]): Promise<Finished> {
  const ended = await loop.service.run(words);
  expect(`${ended.exitCode} ${ended.stderr}`).toMatch(/^0 /u);
  return ended;
}

test('a first generation is migrated, keeps what it proposed, and runs what is labeled as it did, with the new checks', async () => {
  const file = join(loop.service.folder, 'config.json');
  const old = await readFile(file, 'utf8');
  expect((await good('migrate', '--dry-run')).json).toMatchObject({
    configuration: { written: false, backup: null },
    tracker: { entries: 1, skipped: [] },
  });
  expect(await readFile(file, 'utf8')).toBe(old);
  const { configuration, tracker: taken } = (await good('migrate')).json as {
    configuration: { backup: string; changes: { path: string }[] };
    tracker: object;
  };
  expect(await readFile(configuration.backup, 'utf8')).toBe(old);
  expect(configuration.changes.map(({ path }) => path)).toContain('security.rate_limiting');
  expect(taken).toMatchObject({ added: 1, known: 0 });
  expect((await good('migrate')).json).toMatchObject({
    configuration: { changes: [], written: false, backup: null },
    tracker: { added: 0, known: 1 },
  });

  await good('start', '--mode', 'legacy', '--once');
  const [issue, ...others] = loop.proposals();
  expect(others).toEqual([]);
  expect(issue?.title).toContain('add up decimals without rounding errors');

  const number = issue?.number ?? 0;
  loop.emulator.as('tina').label(manager, number, approved);
  await good('start', '--mode', 'legacy', '--once');
  const [refused] = await loop.tasks<readonly TaskLine[]>('list');
  expect(refused?.state).toBe('proposed');
  loop.emulator.as('wendy').label(manager, number, approved);
  const asked = (): number =>
    issue?.comments.filter(({ body }) => body.includes('@terragon-labs')).length ?? 0;
  // It would wait for the pull request, which nobody opens here.
  await loop.service.run(['start', '--mode', 'legacy', '--once'], { killWhen: () => asked() > 0 });
  expect(asked()).toBe(1);
}, 420_000);

test('legacy drops sessions and rate limits, says so in the audit log, and --security keeps them', async () => {
  const tasks = (address: string): Promise<Response> => fetch(`${address}/api/v1/tasks`);
  const open = await startService(other.service, { words: ['--mode', 'legacy'] });
  try {
    expect(open.said()).toContain('no sessions and no rate limits unless --security is said');
    const answers = await Promise.all(Array.from({ length: 100 }, () => tasks(open.address)));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 100 }, () => 200));
  } finally {
    await open.stop();
  }
  const audit = (await other.service.run(['audit', 'list', '--event', 'security.switched_off']))
    .json;
  expect(JSON.stringify(audit)).toContain('rate limits');

  const closed = await startService(other.service, { words: ['--mode', 'legacy', '--security'] });
  try {
    expect((await tasks(closed.address)).status).toBeGreaterThanOrEqual(401);
  } finally {
    await closed.stop();
  }
}, 420_000);
