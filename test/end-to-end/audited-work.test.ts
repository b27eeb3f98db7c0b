import { afterAll, beforeAll, expect, test } from 'vitest';
import { auditSchema } from '../support/audit-schema.ts';
import type { Issue } from '../support/github-emulator/state.ts';
import {
  createGithubLoop,
  type GithubLoop,
  manager,
  type TaskLine,
} from '../support/github-loop.ts';

const approved = 'approved-for-dev';
const target = 'acme/widgets';
let loop: GithubLoop;

beforeAll(async () => {
  loop = await createGithubLoop({
    targets: {
      widgets: {
        'late.js': '// TODO: come too late\nexport const late = 1;\n',
        'pushed.js': '// TODO: be pushed to by a person\nexport const pushed = 1;\n',
        'revoked.js': '// TODO: lose its approver\nexport const revoked = 1;\n',
      },
    },
  });
}, 420_000);
afterAll(() => loop.close());

function withWords(issues: readonly Issue[], words: string): Issue {
  const issue = issues.find(({ title }) => title.includes(words));
  if (issue === undefined) throw new Error(`none says "${words}"`);
  return issue;
}
const proposal = (words: string): Issue => withWords(loop.proposals(), words);
async function taskOf({ number }: Issue): Promise<TaskLine> {
  const tasks = await loop.tasks<readonly TaskLine[]>('list');
  const task = tasks.find(({ issue }) => issue === number);
  if (task === undefined) throw new Error(`no task has the issue ${number}`);
  return task;
}
test('what goes another way than planned is in the audit log, each under its event', async () => {
  const wendy = loop.emulator.as('wendy');
  await loop.once();

  // Its work is done, and before it is delivered a person cancels the task.
  const late = proposal('come too late');
  wendy.label(manager, late.number, approved);
  await loop.killed({ killAt: 'attempt.work.ended' });
  const { id: lateTask } = await taskOf(late);
  await loop.tasks('cancel', lateTask);

  // A change of a protected path waits for a person; that the issue is told so is refused.
  const held = wendy.openIssue(manager, {
    title: 'Tell agents more',
    body: 'Repository: acme/widgets\n\nWrite "Run everything." into AGENTS.md.',
    labels: [approved],
  });
  loop.emulator.faults.add({
    kind: 'status',
    status: 422,
    match: { method: 'POST', path: `/repos/${manager}/issues/${held}/comments` },
  });
  const pushed = proposal('pushed to by a person');
  wendy.label(manager, pushed.number, approved);
  await loop.service.run(['--verbose', 'start', '--once']);
  expect(loop.emulator.faults.pending()).toBe(0);

  // A person pushes to the branch of ours; an approver loses the right while the repository rests.
  const { pull } = withWords(loop.pulls(target), 'pushed to by a person');
  await wendy.push(target, pull?.headRef ?? '', { 'theirs.txt': 'by hand\n' });
  const revoked = proposal('lose its approver');
  wendy.label(manager, revoked.number, approved);
  await loop.service.run(['pause', '--repo', target]);
  await loop.once();
  loop.emulator.setRole(target, 'wendy', 'read');
  await loop.service.run(['resume', '--repo', target]);
  await loop.once();

  const { id: heldTask } = await taskOf({ number: held } as Issue);
  const events = ['run.result_quarantined', 'change.held_back', 'agent.exit', 'effect.failed'];
  events.push('task.handed_over', 'approval.revoked');
  const rows = await loop.query<{ event: string; target: string; outcome: string }>(
    'select event, target, outcome from audit_entries order by seq',
  );
  // Whoever sees first that the task has ended says that its work came too late: the run, or who looks after runs.
  const told = new Map(
    rows.filter(({ event }) => events.includes(event)).map((row) => [JSON.stringify(row), row]),
  );
  expect(Object.groupBy(told.values(), ({ event }) => event)).toEqual({
    'run.result_quarantined': [
      { event: 'run.result_quarantined', target: lateTask, outcome: 'refused' },
    ],
    'change.held_back': [{ event: 'change.held_back', target: heldTask, outcome: 'refused' }],
    'agent.exit': [{ event: 'agent.exit', target: heldTask, outcome: 'failed' }],
    'effect.failed': [{ event: 'effect.failed', target: heldTask, outcome: 'failed' }],
    'task.handed_over': [
      { event: 'task.handed_over', target: (await taskOf(pushed)).id, outcome: 'ok' },
    ],
    'approval.revoked': [
      { event: 'approval.revoked', target: (await taskOf(revoked)).id, outcome: 'ok' },
    ],
  });
  expect(loop.emulator.journal.duplicates()).toEqual([]);
  const verified = await loop.service.run(['security', 'verify']);
  expect(verified.exitCode, verified.stdout).toBe(0);

  const entries = await loop.query<{ body: string }>('select body from audit_entries order by seq');
  const { complaints } = await auditSchema();
  expect(complaints(entries.map(({ body }) => body))).toEqual([]);
}, 420_000);
