import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test, vi } from 'vitest';
import { createClient } from '../../src/operations/api-client/client.ts';
import { approveTask, listTasks } from '../../src/operations/tasks/contract.ts';
import { browserFetch } from '../support/browser-fetch.ts';
import { startService } from '../support/running-service.ts';
import { createServiceProcess } from '../support/service-process.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

const run = promisify(execFile);
/** Only when asked for: `JOINED_JOBS=1000` for the number of the figures, some seconds each. */
const jobs = Number(process.env['JOINED_JOBS'] ?? '0');
/** One in so many is approved at the command line, the others over HTTP. */
const perCommand = 50;
const repositories = 4;

let folder = '';
let database: TestDatabase | null = null;
afterAll(async () => {
  await database?.drop();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** Leaves a file that is named by the unit of work it was started for, and says that it is done. */
const agent = [
  'mkdir -p notes',
  'echo done > "notes/unit-$CMS_RUN_ID.txt"',
  `echo '{"type":"result","message":"done"}'`,
].join('; ');

async function makeRepository(name: string, files: number): Promise<string> {
  const path = join(folder, name);
  const git = async (...args: readonly string[]): Promise<void> => {
    await run('git', ['-C', path, '-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args]);
  };
  await run('git', ['init', '--quiet', '--initial-branch=main', path]);
  const script = `for n in $(seq ${files}); do echo "// TODO: handle case $n of ${name}" > "part-$n.js"; done`;
  await run('sh', ['-c', script], { cwd: path });
  await git('add', '.');
  await git('commit', '--quiet', '-m', 'first');
  return path;
}

interface Pull {
  readonly repository: string;
  readonly body: string;
  readonly branch: string;
}

test.runIf(jobs > 0)(
  `each of ${jobs} jobs has one id from its approval to its run, the environment of its agent, its pull request, the audit log and the log`,
  async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'cms-units-')));
    database = await createTestDatabase();
    const { pool } = database;
    const paths = await Promise.all(
      Array.from({ length: repositories }, (_, n) =>
        makeRepository(`code-${n}`, Math.ceil(jobs / repositories)),
      ),
    );
    const place = await createServiceProcess({
      folder,
      config: {
        repositories: paths.map((match) => ({
          match,
          maxConcurrent: 2,
          caps: { proposalsOpen: jobs },
        })),
        github: { pollSeconds: 3600 },
        executor: {
          default: 'noting',
          maxConcurrent: 4,
          sandbox: 'none',
          allowUnsandboxed: true,
          agents: { noting: { kind: 'command', command: ['sh', '-c', agent] } },
        },
        logging: { maxFileMb: 1000 },
      },
      env: { DATABASE_URL: database.url },
    });
    const service = await startService(place, { words: ['--no-security'] });
    const said = (): string => service.said().slice(-3000);
    const count = async (what: string): Promise<number> =>
      (await pool.query<{ count: number }>(`select count(*)::int as count from ${what}`)).rows[0]
        ?.count ?? 0;
    try {
      const fetch = browserFetch(service.address);
      const patience = { timeout: 3_600_000, interval: 1000 };
      await vi.waitFor(async () => {
        expect(await count('tasks where issue_number is not null'), said()).toBeGreaterThanOrEqual(
          jobs,
        );
      }, patience);
      const ids: string[] = [];
      const client = createClient({ baseUrl: service.address, fetch });
      for (let after: string | undefined; ids.length < jobs; ) {
        const page = await client.call(listTasks, {
          state: ['proposed'],
          limit: 200,
          ...(after === undefined ? {} : { after }),
        });
        ids.push(...page.items.map(({ id }) => id));
        after = page.next ?? undefined;
        if (after === undefined) break;
      }
      const chosen = ids.slice(0, jobs);
      expect(new Set(chosen).size).toBe(jobs);

      /** Task → the id that its approval was asked under; null where the command line made one. */
      const units = new Map<string, string | null>();
      for (const [n, id] of chosen.entries()) {
        if (n % perCommand === 0) {
          const { exitCode, stderr } = await place.run(['tasks', 'approve', id]);
          expect(exitCode, stderr).toBe(0);
          units.set(id, null);
          continue;
        }
        const unit = randomUUID();
        const own = createClient({
          baseUrl: service.address,
          fetch: browserFetch(service.address, { 'x-correlation-id': unit }),
        });
        await own.call(approveTask, { id });
        units.set(id, unit);
      }
      await vi.waitFor(async () => {
        expect(
          await count("tasks where state not in ('proposed', 'approved', 'running')"),
          said(),
        ).toBeGreaterThanOrEqual(jobs);
      }, patience);
      expect(await count("tasks where state = 'in_review'")).toBe(jobs);

      // The audit log tells the ids of the command line: as its own entry of the approval has them.
      const granted = await pool.query<{ task: string; unit: string }>(
        `select target as task, correlation_id as unit from audit_entries where event = 'approval.granted'`,
      );
      for (const { task, unit } of granted.rows) units.set(task, units.get(task) ?? unit);
      const runs = await pool.query<{ task: string; unit: string }>(
        'select task_id as task, correlation_id as unit from runs',
      );
      expect(runs.rows).toHaveLength(jobs);
      const pulls = await pool.query<Pull>(
        `select repository, body, head_branch as branch from local_items where kind = 'pull'`,
      );
      expect(pulls.rows).toHaveLength(jobs);
      const events = await pool.query<{ unit: string; events: string[] }>(
        `select correlation_id as unit, array_agg(distinct event) as events from audit_entries group by correlation_id`,
      );
      const audited = new Map(events.rows.map((row) => [row.unit, row.events]));
      const logged = await operationsByUnit(join(folder, 'logs'));

      const foot = new Map<string, Pull & { readonly unit: string }>();
      for (const pull of pulls.rows) {
        const [, task = ''] = /Task \| `([^`]+)`/u.exec(pull.body) ?? [];
        const [, unit = ''] = /Correlation \| `([^`]+)`/u.exec(pull.body) ?? [];
        foot.set(task, { ...pull, unit });
      }
      const broken: string[] = [];
      for (const { task, unit } of runs.rows) {
        const pull = foot.get(task);
        const wanted = ['approval.granted', 'agent.start', 'git.push', 'pr.open'];
        const links = {
          approval: unit === units.get(task),
          foot: pull?.unit === unit,
          agent: pull !== undefined && (await notesOf(pull)).includes(`notes/unit-${unit}.txt`),
          audit: wanted.every((event) => audited.get(unit)?.includes(event)),
          log: logged.get(unit)?.has('attempt') === true,
        };
        const missing = Object.entries(links).filter(([, isThere]) => !isThere);
        if (missing.length > 0)
          broken.push(`${task} under ${unit}: no ${missing.map(([name]) => name).join(', ')}`);
      }
      process.stdout.write(`${runs.rows.length - broken.length} of ${jobs} chains are whole\n`);
      expect(broken).toEqual([]);
      expect(new Set(runs.rows.map(({ unit }) => unit)).size).toBe(jobs);
    } finally {
      await service.stop();
    }
  },
  7_200_000,
);

async function notesOf({ repository, branch }: Pull): Promise<readonly string[]> {
  const names = ['ls-tree', '--name-only', `refs/heads/${branch}`, 'notes/'];
  return (await run('git', ['-C', repository, ...names])).stdout.split('\n');
}

/** Which operations the lines of the log files name for each id. */
async function operationsByUnit(logs: string): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const found = new Map<string, Set<string>>();
  for (const name of await readdir(logs)) {
    for (const line of (await readFile(join(logs, name), 'utf8')).split('\n')) {
      if (line === '') continue;
      const record = JSON.parse(line) as { correlation_id?: string; operation?: string };
      const unit = record.correlation_id ?? '';
      found.set(unit, (found.get(unit) ?? new Set()).add(record.operation ?? ''));
    }
  }
  return found;
}
