import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type FleetProcess, startRole } from '../support/fleet.ts';
import {
  agentIsAtWork,
  createGithubLoop,
  type GithubLoop,
  manager,
  type TaskLine,
} from '../support/github-loop.ts';

const patience = { timeout: 180_000, interval: 50 };

let loop: GithubLoop;
const running: FleetProcess[] = [];

async function start(role: Parameters<typeof startRole>[1], port = false): Promise<FleetProcess> {
  const process = await startRole(loop.service, role, { port });
  running.push(process);
  return process;
}

beforeAll(async () => {
  loop = await createGithubLoop({
    targets: {
      widgets: { 'list.js': '// TODO: handle the empty list\nexport const a = 1;\n' },
      gadgets: { 'main.py': '# TODO: read the port from the environment\nprint(8080)\n' },
      gizmos: {
        'sum.js': '// TODO: add up decimals without rounding errors\nexport const b = 1;\n',
      },
    },
    agentMs: 4000,
    config: {
      github: {
        managerRepo: manager,
        reposToScan: ['acme/widgets', 'acme/gadgets', 'acme/gizmos'],
        // So that nothing happens because of a poll while a test waits for what happens at once.
        pollSeconds: 3600,
      },
    },
  });
}, 420_000);
afterEach(async () => {
  await Promise.all(running.splice(0).map((process) => process.end('SIGKILL')));
});
afterAll(() => loop.close());

// As root the only sandbox that is wanted here does not work: the command would keep its capabilities.
test.runIf(process.getuid?.() === 0)(
  'a worker on a machine without a sandbox is not given the same task again and again',
  async () => {
    const agent = { kind: 'command', command: ['node', '-e', '0'] };
    await using own = await createGithubLoop({
      targets: { widgets: { 'list.js': '// TODO: handle the empty list\nexport const a = 1;\n' } },
      config: {
        executor: { default: 'idle', sandbox: 'sandbox-runtime', agents: { idle: agent } },
      },
    });
    await own.once();
    const [task] = await own.tasks<readonly TaskLine[]>('list');
    const id = task?.id ?? '';
    running.push(await startRole(own.service, 'scheduler'));
    running.push(await startRole(own.service, 'worker'));
    await own.tasks('approve', id);
    await vi.waitFor(async () => {
      const said = await own.tasks<{ code: string }>('explain', id);
      expect(said.code).toBe('dependency_missing');
    }, patience);
    for (let n = 0; n < 5; n += 1) {
      await own.query("select pg_notify('claude_manager_work', 'dispatch')");
      await own.tasks('list');
    }
    const [starts] = await own.query<{ count: number }>(
      `select count(*)::int as count from dbos.workflow_status where workflow_uuid like 'task-${id}-%'`,
    );
    expect(starts?.count).toBeLessThanOrEqual(3);
  },
  420_000,
);

describe('a scheduler, workers and an API as processes of their own on one database', () => {
  test('an approval in another process is started at once, a killed worker is replaced, nothing is made twice', async () => {
    const [scheduler, api] = await Promise.all([start('scheduler', true), start('api', true)]);
    const first = await start('worker');
    await vi.waitFor(() => expect(loop.proposals()).toHaveLength(3), patience);

    const status = await loop.service.run(['status']);
    const { processes } = status.json as {
      processes: readonly { role: string; isUnsealed: boolean }[];
    };
    expect(processes.map(({ role }) => role).toSorted()).toEqual(['api', 'scheduler', 'worker']);
    expect(processes.some(({ isUnsealed }) => isUnsealed)).toBe(false);

    const [one] = await proposed();
    const before = pulls().length;
    await loop.tasks('approve', one?.id ?? '');
    await vi.waitFor(async () => expect(await agentIsAtWork(loop.service)).toBe(true), patience);
    await first.end('SIGKILL');
    const second = await start('worker');
    // A write that the killed one may have begun is looked for twice, a minute apart, before it is sent again.
    await vi.waitFor(() => expect(pulls()).toHaveLength(before + 1), {
      ...patience,
      timeout: 150_000,
    });
    expect(second.isOver()).toBe(false);

    // Nobody serves the dashboard where only probes are.
    const at = scheduler.address() ?? '';
    expect((await fetch(`${at}/livez`)).status).toBe(200);
    expect((await fetch(`${at}/api/v1/tasks`)).status).toBe(404);
    const asked = await fetch(`${api.address()}/api/v1/tasks`);
    expect([401, 503]).toContain(asked.status);
    expect(loop.emulator.journal.duplicates()).toEqual([]);
    expect(loop.emulator.journal.violations()).toEqual([]);
  }, 420_000);

  test('with the worker drained, the work of its agent is delivered first and what is new waits', async () => {
    await start('scheduler');
    const worker = await start('worker');
    await vi.waitFor(() => expect(loop.proposals()).toHaveLength(3), patience);
    const [two, three] = await proposed();
    const before = pulls().length;
    await loop.tasks('approve', two?.id ?? '');
    await vi.waitFor(async () => expect(await liveRuns()).toBe(1), patience);
    worker.signal('SIGTERM');
    await loop.tasks('approve', three?.id ?? '');
    await vi.waitFor(() => expect(worker.isOver()).toBe(true), patience);
    expect(worker.exitCode()).toBe(0);
    expect(worker.said()).toContain('waiting for agents at work to end');
    expect(pulls()).toHaveLength(before + 1);
    expect(await loop.tasks<{ state: string }>('show', three?.id ?? '')).toMatchObject({
      state: 'approved',
    });
    const next = await start('worker');
    await vi.waitFor(() => expect(pulls()).toHaveLength(before + 2), patience);
    expect(next.isOver()).toBe(false);
    expect(loop.emulator.journal.duplicates()).toEqual([]);
    const left = (): Promise<string[]> =>
      readdir(join(loop.service.folder, 'data', 'workspaces')).catch(() => []);
    await vi.waitFor(async () => expect(await left()).toEqual([]), patience);
  }, 420_000);

  test('of two schedulers one leads, and the other goes on when it is killed', async () => {
    const first = await start('scheduler');
    // The next round of one that takes over is an hour away here, so nothing may be left half done.
    await vi.waitFor(() => expect(loop.proposals()).toHaveLength(3), patience);
    const leads = async (): Promise<readonly string[]> => {
      const rows = await loop.query<{ label: string }>(
        `select application_name as label from pg_stat_activity
          where application_name like 'cms-lead %' and datname = current_database()
            and pid in (select pid from pg_locks where locktype = 'advisory' and granted)`,
      );
      return rows.map(({ label }) => label.split(' ')[1] ?? '');
    };
    await vi.waitFor(async () => expect(await leads()).toEqual([String(first.pid)]), patience);
    const second = await start('scheduler');
    expect(await leads()).toEqual([String(first.pid)]);
    await first.end('SIGKILL');
    await vi.waitFor(async () => expect(await leads()).toEqual([String(second.pid)]), patience);
    const once = await loop.service.run(['start', '--once']);
    expect(once).toMatchObject({
      exitCode: 4,
      json: { error: { code: 'service_already_running' } },
    });
  }, 420_000);

  test('a role on the embedded database is refused with what to do', async () => {
    const refused = await loop.service.run(['start', '--role', 'worker'], {
      env: { DATABASE_URL: '' },
    });
    expect(refused).toMatchObject({
      exitCode: 2,
      json: { error: { code: 'role_needs_database' } },
    });
  }, 420_000);
});

function pulls(): readonly unknown[] {
  return ['widgets', 'gadgets', 'gizmos'].flatMap((name) => loop.pulls(`acme/${name}`));
}

async function proposed(): Promise<readonly { readonly id: string }[]> {
  const tasks = await loop.tasks<readonly { id: string; state: string }[]>('list');
  return tasks.filter(({ state }) => state === 'proposed');
}

async function liveRuns(): Promise<number> {
  const [row] = await loop.query<{ count: string }>(
    'select count(*) from runs where ended_at is null',
  );
  return Number(row?.count);
}
