import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import type { FreshDatabase } from '../support/fresh-database.ts';
import type { TaskLine } from '../support/github-loop.ts';
import { agentIsAtWork, createGithubLoop, manager, token } from '../support/github-loop.ts';
import type { RunOptions } from '../support/service-process.ts';
import { createTestDatabase } from '../support/test-database.ts';
import { withoutBubblewrap } from '../support/without-bubblewrap.ts';

const approved = 'approved-for-dev';
const files = { 'list.js': '// TODO: handle the empty list\nexport const a = 1;\n' };

describe.concurrent('a database that is lost', () => {
  test('leaves what is ours on GitHub to be found, not made again', async ({ expect }) => {
    const targets = {
      widgets: {
        ...files,
        'sum.js': '// TODO: add up decimals without rounding errors\nexport const sum = 1;\n',
        'port.js': '// TODO: read the port from the environment\nexport const port = 1;\n',
      },
    };
    await using loop = await createGithubLoop({ targets });
    const wendy = loop.emulator.as('wendy');
    await loop.once();
    const [rejected = 0, inReview = 0, waiting = 0] = loop.proposals().map(({ number }) => number);
    wendy.close(manager, rejected, 'not_planned');
    wendy.label(manager, inReview, approved);
    await loop.once();
    expect(loop.pulls('acme/widgets')).toHaveLength(1);
    const before = loop.emulator.journal.effects.length;
    const moved = await loop.query<{ outcome: string }>(
      "select outcome from audit_entries where event = 'proposal.moved'",
    );
    expect(moved).toEqual([{ outcome: 'ok' }]);

    await loop.loseDatabase();
    await loop.once();
    const tasks = await loop.tasks<readonly TaskLine[]>('list');
    const states = new Map(tasks.map(({ issue, state }) => [issue, state]));
    expect(Object.fromEntries(states)).toEqual({
      [rejected]: 'rejected',
      [inReview]: 'in_review',
      [waiting]: 'proposed',
    });
    await loop.once();
    expect(loop.proposals()).toHaveLength(3);
    expect(loop.pulls('acme/widgets')).toHaveLength(1);
    expect(loop.emulator.journal.effects).toHaveLength(before);
    expect(loop.emulator.journal.duplicates()).toEqual([]);
  }, 420_000);

  test('is restored from a backup that holds one task at work and one in review: the audit log verifies, and every task goes on to one pull request', async ({
    expect,
  }) => {
    const targets = {
      widgets: {
        ...files,
        'sum.js': '// TODO: add up decimals without rounding errors\nexport const sum = 1;\n',
        'port.js': '// TODO: read the port from the environment\nexport const port = 1;\n',
      },
    };
    // A restore is refused while anybody is connected, so nobody stays.
    const database = async (): Promise<FreshDatabase> => {
      const made = await createTestDatabase();
      await made.close();
      return made;
    };
    await using loop = await createGithubLoop({ targets, agentMs: 3000, database });
    const good = async (...words: readonly string[]): Promise<unknown> => {
      const ended = await loop.service.run(words);
      expect(`${ended.exitCode} ${ended.stderr}`).toMatch(/^0 /u);
      return ended.json;
    };
    const wendy = loop.emulator.as('wendy');
    await loop.once();
    const [merged = 0, atWork = 0, waiting = 0] = loop.proposals().map(({ number }) => number);
    wendy.label(manager, merged, approved);
    await loop.once();
    wendy.label(manager, atWork, approved);
    await loop.killed({ killWhen: () => agentIsAtWork(loop.service) });
    // Outside of the data folder, which is lost with the database.
    const file = join(loop.service.folder, 'work.backup');
    await good('backup', file);

    await loop.loseDatabase();
    expect(await good('restore', file)).toMatchObject({ auditVerifies: true });
    await good('security', 'verify');
    const [pull] = loop.pulls('acme/widgets');
    await wendy.merge('acme/widgets', pull?.number ?? 0);
    wendy.label(manager, waiting, approved);
    await loop.once();
    const states = (await loop.tasks<readonly TaskLine[]>('list')).map(
      ({ issue, state }) => [issue, state] as const,
    );
    expect(Object.fromEntries(states)).toEqual({
      [merged]: 'done',
      [atWork]: 'in_review',
      [waiting]: 'in_review',
    });
    expect(loop.pulls('acme/widgets')).toHaveLength(3);
    expect(loop.proposals()).toHaveLength(3);
    expect(loop.emulator.journal.duplicates()).toEqual([]);
    expect(loop.emulator.journal.violations()).toEqual([]);
  }, 420_000);
});

interface Exposed {
  readonly target: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

const exposed =
  "select target, body::jsonb->'facts' as facts from audit_entries where event = 'incident.secret_exposed'";

describe.concurrent('a secret of ours that stands on GitHub', () => {
  test('is an incident with its way out, in a comment or a text: a token is suspended in that look, used no more, and what to do is said', async ({
    expect,
  }) => {
    const shop = 'kN0wn-Value_of.the+vault/42';
    await using loop = await createGithubLoop({
      targets: { widgets: files },
      env: { SHOP_DB_PASSWORD: shop },
    });
    const wendy = loop.emulator.as('wendy');
    const asked = wendy.openIssue(manager, { title: 'Who can sign in?' });
    wendy.comment(manager, asked, `Take ${shop}`);
    await loop.once();
    const [said, ...others] = await loop.query<Exposed>(exposed);
    expect(others).toEqual([]);
    expect(said?.target).toBe('SHOP_DB_PASSWORD');
    expect(said?.facts).toMatchObject({ suspended: false });
    expect(said?.facts['place']).toMatch(/\/issues\/1#issuecomment-\d+$/u);

    const proposal = loop.proposals().find(({ number }) => number !== asked);
    const body = `${proposal?.body}\n\nIt failed with\n> Authorization: token ${token}`;
    loop.emulator.as('wendy').editIssue(manager, proposal?.number ?? 0, { body });
    await loop.service.run(['start', '--once']);
    const incidents = await loop.query<Exposed>(exposed);
    const [incident, ...more] = incidents.filter(({ target }) => target !== said?.target);
    expect(more).toEqual([]);
    expect(incident?.target).toBe('GITHUB_TOKEN');
    expect(incident?.facts).toMatchObject({ suspended: true });
    const runbook = new URL(`../../${String(incident?.facts['runbook'])}`, import.meta.url);
    expect(await readFile(runbook, 'utf8')).toContain('Revoke');

    const before = loop.emulator.journal.entries.length;
    const next = await loop.service.run(['start', '--once']);
    const later = loop.emulator.journal.entries.slice(before).filter(({ user }) => user !== null);
    expect(later.map(({ method, path }) => `${method} ${path}`)).toEqual([]);
    expect(next.stdout).toContain('credential_suspended');
    const issues = await loop.service.run(['security', 'audit']);
    expect(issues.exitCode).toBe(1);
    expect(issues.stdout).toContain('secret_exposed');
  }, 420_000);
});

describe.concurrent('what is configured wrong', () => {
  test('a token that is wrong or missing is said with the next step, exit code 3', async ({
    expect,
  }) => {
    await using loop = await createGithubLoop({ targets: { widgets: files } });
    const wrong = await loop.once({ exitCode: 3, env: { GITHUB_TOKEN: 'ghp_wrong' } });
    expect(wrong.problems[0]).toMatchObject({
      where: 'github:acme/widgets',
      code: 'github_authentication',
      next: 'Set GITHUB_TOKEN to a valid token for this GitHub, or renew the stored one.',
    });
    const missing = await loop.once({ exitCode: 3, env: { GITHUB_TOKEN: '' } });
    expect(missing.problems[0]?.code).toBe('github_token_missing');
    expect((await loop.once()).proposed).toBe(1);
  }, 420_000);

  test('a repository that is not there is said and does not stop the others', async ({
    expect,
  }) => {
    const reposToScan = ['acme/nowhere', 'acme/widgets', 'acme/gizmos'];
    const config = { github: { managerRepo: manager, reposToScan } };
    await using loop = await createGithubLoop({ targets: { widgets: files }, config });
    const summary = await loop.once({ exitCode: 1 });
    expect(summary.problems.map(({ where, code }) => [where, code])).toEqual([
      ['github:acme/nowhere', 'github_not_found'],
      ['github:acme/gizmos', 'github_not_found'],
    ]);
    expect(summary.problems.every(({ next }) => next !== null)).toBe(true);
    expect(summary.proposed).toBe(1);
  }, 420_000);

  test('a token without rights on a repository is said, and nothing is lost', async ({
    expect,
  }) => {
    await using loop = await createGithubLoop({ targets: { widgets: files } });
    const { emulator } = loop;
    emulator.setRole(manager, 'svc-bot', 'none');
    emulator.updateRepository(manager, { private: true });
    const blind = await loop.once({ exitCode: 1 });
    expect(blind.problems.map(({ code }) => code)).toContain('github_not_found');
    emulator.setRole(manager, 'svc-bot', 'write');
    await loop.once();
    emulator.as('wendy').label(manager, 1, approved);
    emulator.setRole('acme/widgets', 'svc-bot', 'read');
    const powerless = await loop.once({ exitCode: 1 });
    expect(powerless.problems[0]).toMatchObject({ where: 'acme/manager#1', kind: 'forbidden' });
    expect(powerless.problems[0]?.next).toContain('Give the token write access');
    expect(loop.pulls('acme/widgets')).toEqual([]);
    emulator.setRole('acme/widgets', 'svc-bot', 'write');
    await loop.once();
    expect(loop.pulls('acme/widgets')).toHaveLength(1);
    expect(emulator.journal.duplicates()).toEqual([]);
  }, 420_000);

  test('an agent that is not installed is said after one attempt, on the issue too', async ({
    expect,
  }) => {
    const absent = { kind: 'command', command: ['no-such-program'] };
    const config = { executor: { default: 'absent', agents: { absent } } };
    await using loop = await createGithubLoop({ targets: { widgets: files }, config });
    await loop.once();
    loop.emulator.as('wendy').label(manager, 1, approved);
    const summary = await loop.once({ exitCode: 1 });
    expect(summary.started).toBe(1);
    expect(summary.problems).toHaveLength(1);
    expect(summary.problems[0]?.message).toContain('"no-such-program" is not on this machine');
    expect(summary.problems[0]?.next).toContain('tasks requeue');
    const [issue] = loop.proposals();
    expect(issue?.comments).toHaveLength(1);
    expect(issue?.comments[0]?.body).toContain('Install it');
    const again = await loop.once();
    expect(again).toMatchObject({ states: { failed: 1 }, started: 0, problems: [] });
  }, 420_000);

  test('a database that is down is said with the next step, exit code 4', async ({ expect }) => {
    await using loop = await createGithubLoop({ targets: { widgets: files } });
    const DATABASE_URL = 'postgres://nobody:secret-word@127.0.0.1:1/none';
    const ended = await loop.service.run(['start', '--once'], { env: { DATABASE_URL } });
    expect(ended.exitCode).toBe(4);
    const { error } = ended.json as { error: { message: string; next: string | null } };
    expect(error.next).not.toBeNull();
    expect(ended.stdout + ended.stderr).not.toContain('secret-word');
    expect((await loop.once()).proposed).toBe(1);
  }, 420_000);
});

interface DoctorLine {
  readonly name: string;
  readonly status: string;
  readonly evidence: string;
  readonly mend: string | null;
}

const idleProgram = 'console.log("I wrote proof.txt.");';

describe.concurrent('init', () => {
  test('makes the labels where the token may, once, and says where it may not', async ({
    expect,
  }) => {
    await using loop = await createGithubLoop({ targets: { widgets: files } });
    const { emulator, service } = loop;
    const init = async (
      name: string,
    ): Promise<{ readonly labels: readonly string[]; readonly remarks: readonly string[] }> => {
      const words = ['init', '--repo', 'acme/widgets', '--manager', manager];
      const ended = await service.run(['--config', join(service.folder, name), ...words]);
      expect(`${ended.exitCode} ${ended.stderr}`).toMatch(/^0 /u);
      return ended.json as Awaited<ReturnType<typeof init>>;
    };
    const made = (): number =>
      emulator.journal.entries.filter(
        ({ method, path, status }) =>
          method === 'POST' && path.endsWith('/labels') && status === 201,
      ).length;
    const labels = ['task-proposal', approved, 'task-in-review'];
    expect((await init('one.json')).labels).toEqual(labels);
    expect((await init('two.json')).labels).toEqual(labels);
    expect(made()).toBe(3);
    emulator.setRole(manager, 'svc-bot', 'read');
    const refused = await init('three.json');
    expect(refused.labels).toEqual([]);
    expect(refused.remarks).toContainEqual(
      expect.stringMatching(/^failed: the label task-proposal could not be made .*403/u),
    );
    expect(made()).toBe(3);
    expect(emulator.contractViolations).toEqual([]);
  }, 420_000);
});

describe.concurrent('doctor', () => {
  test('proves agents by a file that they write, and says of a token without rights, a wrong one and an agent that writes nothing what mends it, exit code 1', async ({
    expect,
  }) => {
    await using loop = await createGithubLoop({ targets: { widgets: files } });
    const { emulator, service } = loop;
    const place = join(service.folder, 'config.json');
    const config = JSON.parse(await readFile(place, 'utf8')) as {
      readonly executor: { readonly agents: { readonly honest: object } };
    };
    const { honest } = config.executor.agents;
    const idle = { kind: 'command', command: ['node', join(service.folder, 'idle.mjs')] };
    await writeFile(join(service.folder, 'idle.mjs'), idleProgram);
    const agents = { honest, idle, paid: { ...honest, secrets: ['PAID_KEY'] } };
    await writeFile(place, JSON.stringify({ ...config, executor: { default: 'honest', agents } }));
    const doctor = async (
      exitCode: number,
      words: readonly string[] = [],
      options: RunOptions = {},
    ): Promise<(start: string) => readonly DoctorLine[]> => {
      const ended = await service.run(['--verbose', 'doctor', ...words], options);
      expect(`${ended.exitCode} ${ended.stdout}`).toMatch(new RegExp(`^${exitCode} `, 'u'));
      expect(ended.stderr).toContain('honest works\n');
      const { checks } = ended.json as { readonly checks: readonly DoctorLine[] };
      return (start) => checks.filter(({ name }) => name.startsWith(start));
    };

    const env = { PAID_KEY: 'pk-0123456789' };
    const well = await doctor(0, [], { env });
    const proven = { status: 'ok', evidence: expect.stringContaining('It wrote proof.txt') };
    expect(well('agent honest')).toMatchObject([proven]);
    expect(well('agent paid')).toMatchObject([proven]);
    expect(well('agent idle')).toMatchObject([
      { status: 'warning', evidence: expect.stringContaining('It wrote no proof.txt.') },
    ]);
    expect(well('GitHub token').map(({ status, evidence }) => `${status} ${evidence}`)).toEqual([
      'ok the token belongs to svc-bot',
      `ok may write ${manager}`,
      'ok may write acme/widgets',
    ]);

    emulator.setRole('acme/widgets', 'svc-bot', 'read');
    emulator.setRole(manager, 'svc-bot', 'none');
    emulator.updateRepository(manager, { private: true });
    const powerless = await doctor(1, ['--free'], { env });
    expect(powerless('GitHub token')).toMatchObject([
      { status: 'ok' },
      { evidence: `/repos/${manager} answers 404`, mend: expect.stringContaining('hides it') },
      { evidence: 'may not write acme/widgets', mend: expect.stringContaining('Give the token') },
    ]);
    expect(powerless('agent paid')).toMatchObject([
      { status: 'not_measured', evidence: expect.stringContaining('--free') },
    ]);

    const refused = await doctor(1, [], { env: { GITHUB_TOKEN: 'ghp_wrong' } });
    expect(refused('GitHub token').map(({ status, mend }) => `${status} ${mend}`)).toEqual(
      Array.from(
        { length: 3 },
        () => 'failed GitHub does not know this token: make a new one and export GITHUB_TOKEN.',
      ),
    );
    expect(refused('agent paid')).toMatchObject([
      { status: 'not_measured', mend: expect.stringContaining('export PAID_KEY') },
    ]);

    emulator.setRole('acme/widgets', 'svc-bot', 'write');
    emulator.setRole(manager, 'svc-bot', 'write');
    await writeFile(place, JSON.stringify({ ...config, executor: { default: 'idle', agents } }));
    const [untrue] = (await doctor(1))('agent idle');
    expect(untrue).toMatchObject({
      status: 'failed',
      evidence: expect.stringContaining('It wrote no proof.txt.'),
      mend: expect.stringContaining('executor.agents'),
    });
  }, 420_000);

  test.skipIf(withoutBubblewrap === null)(
    'without a sandbox proves no agent and says how to get one, exit code 1; with consent it proves them and warns',
    async ({ expect }) => {
      await using loop = await createGithubLoop({ targets: { widgets: files } });
      const under = withoutBubblewrap ?? [];
      const refused = await loop.service.run(['doctor'], { under });
      expect(refused.exitCode).toBe(1);
      const install = expect.stringContaining('apt-get install bubblewrap');
      expect(refused.json).toMatchObject({
        healthy: false,
        checks: expect.arrayContaining([
          expect.objectContaining({ name: 'sandbox bubblewrap', status: 'failed', mend: install }),
          expect.objectContaining({
            name: 'agent honest',
            status: 'failed',
            evidence: expect.stringContaining('No sandbox for agents works'),
            mend: install,
          }),
        ]),
      });
      const env = { CLAUDE_MANAGER_EXECUTOR_ALLOW_UNSANDBOXED: 'true' };
      const consented = await loop.service.run(['doctor'], { under, env });
      expect(`${consented.exitCode} ${consented.stdout}`).toMatch(/^0 /u);
      expect(consented.json).toMatchObject({
        checks: expect.arrayContaining([
          expect.objectContaining({ name: 'sandbox none', status: 'warning' }),
          expect.objectContaining({
            name: 'agent honest',
            status: 'ok',
            evidence: expect.stringContaining('inside none'),
          }),
        ]),
      });
    },
    420_000,
  );
});
