import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { HealthReport } from '../src/operations/health/contract.ts';
import { healthCategories } from '../src/operations/health/contract.ts';
import type { MetricsExport } from '../src/operations/metrics/contract.ts';
import {
  addWork,
  auditCount,
  type Effect,
  everyCheck,
  executes,
  healthOf,
  lineWith,
  one,
  type Place,
  scans,
  starts,
  stood,
  tasksAbout,
} from './support/specification-world.ts';

const exported = async (place: Place, file: string): Promise<MetricsExport> =>
  JSON.parse(await readFile(join(place.folder, file), 'utf8')) as MetricsExport;

/** A figure that a service would have left, as nobody runs here. */
const leaveGauge = async (place: Place): Promise<void> => {
  await place.query(`insert into performance_gauges (minute, process, values, address) values
    (date_trunc('minute', now()), 'left', '{"claude_manager_tasks{state=\\"done\\"}": 7}', null)
    on conflict do nothing`);
};
const gauge = 'claude_manager_tasks{state="done"} 7';

const callsOf = (place: Place, area: string, name: string): Promise<number> =>
  one(
    place,
    `select sum(calls)::int as value from performance_minutes where area = '${area}' and name = '${name}'`,
  );

const planted = `insert into performance_minutes
  (minute, process, area, name, calls, refused, failed, total_ms, max_ms, bins)
  select date_trunc('minute', now()), 'left', 'upstream', 'GET /repos/{owner}', 4, 0, 1, 80, 50, '{"200": 4}'
  where not exists (select from performance_minutes where process = 'left')`;

const statesOf = async (place: Place): Promise<Readonly<Record<string, number>>> =>
  Object.fromEntries(
    (
      await place.query<{ state: string; count: number }>(
        'select state, count(*)::int as count from tasks group by state',
      )
    ).map(({ state, count }) => [state, count]),
  );

/** Each row of the table by what is typed here; one without an effect fails the test. */
export const effects: Readonly<Record<string, Effect>> = {
  'start --mode robust': starts({ isUnsecured: false }),
  'validate --environment production': {
    after: async (place, printed) => {
      expect(printed).toContain('config.json');
      // The example for a workplace lacks what production asks for.
      const other = await place.run([
        '--config',
        'config.json.example',
        'validate',
        '--environment',
        'production',
      ]);
      expect(other.code).toBe(1);
      expect(other.text).toContain('require_2fa');
    },
  },
  'health --detailed': healthOf(healthCategories, { isDetailed: true }),
  'security audit --hours 24': {
    before: async (place) => {
      stood.set('entries', await one(place, 'select count(*)::int as value from audit_entries'));
    },
    after: async (place, printed) => {
      const [, entries = '0'] = /: (\d+) entries/u.exec(printed) ?? [];
      expect(Number(entries)).toBeGreaterThanOrEqual(stood.get('entries') ?? Infinity);
      expect(Number(entries)).toBeLessThanOrEqual(
        await one(place, 'select count(*)::int as value from audit_entries'),
      );
      expect(lineWith(printed, 'approval.granted', 'ok')[2]).toBe(
        String(await auditCount(place, 'approval.granted')),
      );
      await place.query(`insert into audit_queue (at, entry) values (now(), '{
        "event": "security.blocked", "outcome": "ok", "actor": {"kind": "system", "name": "test"},
        "target": "address:192.0.2.9", "correlationId": "c", "facts": {}}')`);
      const again = await place.run(['security', 'audit', '--hours', '24']);
      expect(again.code).toBe(1);
      expect(again.text).toContain(
        'HIGH  client_blocked\n  address:192.0.2.9 was blocked 1 times.',
      );
    },
  },
  'metrics --output production_metrics': {
    before: leaveGauge,
    after: async (place) => {
      const { samples, history } = await exported(place, 'production_metrics.json');
      expect(samples).toContainEqual({
        name: 'claude_manager_tasks',
        labels: { state: 'done' },
        value: 7,
      });
      expect(await readFile(join(place.folder, 'production_metrics.prom'), 'utf8')).toContain(
        gauge,
      );
      const approvals = history?.series.find(({ name }) => name === 'tasks.approve');
      expect(approvals?.calls).toBe(await callsOf(place, 'operation', 'tasks.approve'));
    },
  },
  'health --category resources --category security': healthOf(['resources', 'security']),
  'health --continuous --every 1': {
    after: async (_place, printed) => {
      expect(printed.match(/score \d+ of 100/gu)?.length).toBeGreaterThan(1);
    },
  },
  'health --export health_report.json': {
    after: async (place) => {
      const file = join(place.folder, 'health_report.json');
      const report = JSON.parse(await readFile(file, 'utf8')) as HealthReport;
      const names = (checks: HealthReport['checks']) => checks.map(({ name }) => name).toSorted();
      expect(names(report.checks)).toEqual(names(await everyCheck(place)));
      expect(report.checks.every(({ evidence }) => evidence !== '')).toBe(true);
      expect(['healthy', 'degraded', 'unhealthy']).toContain(report.overallStatus);
      expect(report.score).toBeGreaterThan(0);
      expect((await stat(file)).mode & 0o777).toBe(0o600);
    },
  },
  'validate --environment development': {
    after: async (_place, printed) => {
      expect(printed).toMatch(/^security issues:\n[\s\S]*executor\.allowUnsandboxed/mu);
      expect(printed).not.toMatch(/^errors:/mu);
    },
  },
  'validate --environment production --report': {
    after: async (_place, printed) => {
      expect(printed.match(/^ +\[?(?:pass|fail|not measured)\b/gmu)?.length).toBe(9);
    },
  },
  'start --mode legacy': starts({ isUnsecured: true }),
  'start --mode interactive --security': {
    after: async (_place, printed) => {
      expect(printed).toMatch(/terminal/u);
    },
  },
  validate: {
    after: async (_place, printed) => {
      expect(printed).toMatch(/^suggestions:/mu);
      expect(printed).not.toContain('checklist');
    },
  },
  'security status': {
    before: async (place) => {
      await place.query(`insert into client_blocks (id, subject, reason, evidence, since, until)
        values ('stands', 'address:192.0.2.7', 'probing', '{}', now(), now() + interval '1 hour')
        on conflict do nothing`);
    },
    after: async (place, printed) => {
      expect(lineWith(printed, 'requests a minute')[1]).toContain('60 a client, 600 an address');
      const blocks = await one<number>(
        place,
        'select count(*)::int as value from client_blocks where until > now() and lifted_at is null',
      );
      expect(lineWith(printed, 'blocked')[1]).toContain(`${blocks} now`);
    },
  },
  'start --mode robust --port PORT': starts({ isUnsecured: false }),
  'health --category resources': healthOf(['resources']),
  '--debug start --mode robust': {
    after: async ({ folder }) => {
      const lines = await readFile(join(folder, 'logs', 'application.json'), 'utf8');
      expect(lines).toContain('"level":"DEBUG"');
    },
  },
  '--config config.json.example validate': {
    after: async (_place, printed) => {
      expect(printed).not.toContain('errors:');
    },
  },
  '--config other.json config get github.managerRepo': {
    after: async (place) => {
      const own = await place.run(['config', 'get', 'github.managerRepo']);
      expect(own.text).toContain('owner/repo');
    },
  },
  '--verbose scan --repo ./r --dry-run': {
    before: async (place) => {
      await addWork(place, 'dry.js', 'only look at this');
    },
    after: async (place, printed) => {
      expect(printed).toContain('only look at this');
      expect(await tasksAbout(place, 'only look at this')).toBe(0);
    },
  },
  '--no-validate-config --config unsound.json start': {
    after: async (place) => {
      const refused = await place.run(['--config', 'unsound.json', 'start']);
      expect(refused.code).toBe(2);
      expect(refused.text).toContain('there is no agent "nobody"');
    },
  },
  'start --mode daemon --once': {
    after: async ({ folder }) => {
      await expect(stat(join(folder, 'data', 'service.pid'))).rejects.toThrow('ENOENT');
    },
  },
  'start --no-security': starts({ isUnsecured: true }),
  'validate --environment staging --no-report': {
    after: async (_place, printed) => {
      expect(printed.trim().split('\n')).toHaveLength(1);
    },
  },
  'security cleanup': {
    before: async (place) => {
      await place.query(`insert into identity_users (id, name, name_key, grants, created_at, created_by)
        values ('u', 'u', 'u', '[]', now(), 'test')`);
      const past = "now() - interval '3 days'";
      for (const [id, ends] of [
        ['over', past],
        ['lasts', "now() + interval '1 hour'"],
      ] as const) {
        await place.query(`insert into identity_sessions
          (id, secret_hash, user_id, awaits_factor, created_at, seen_at, proven_at, ends_at, client, method)
          values ('${id}', '${id}', 'u', false, now(), now(), now(), ${ends}, 'c', 'password')`);
        await place.query(`insert into identity_tokens
          (id, secret_hash, user_id, name, scopes, created_at, created_by, expires_at)
          values ('${id}', '${id}', 'u', 'n', '[]', ${past}, 'u', ${ends})`);
        await place.query(`insert into client_blocks (id, subject, reason, evidence, since, until)
          values ('${id}', 'address:192.0.2.8', 'probing', '{}', ${past}, ${ends})`);
      }
      stood.set(
        'entries kept',
        await one(place, 'select max(seq)::int as value from audit_entries'),
      );
    },
    after: async (place, printed) => {
      expect(printed).toMatch(/Removed 1 sessions, 1 tokens and 1 blocks/u);
      for (const table of ['identity_sessions', 'identity_tokens', 'client_blocks']) {
        const left = await place.query<{ id: string }>(
          `select id from ${table} where id in ('over', 'lasts')`,
        );
        expect(left.map(({ id }) => id)).toEqual(['lasts']);
      }
      const kept = stood.get('entries kept') ?? 0;
      expect(kept).toBeGreaterThan(0);
      expect(
        await one(place, `select count(*)::int as value from audit_entries where seq <= ${kept}`),
      ).toBe(kept);
    },
  },
  'metrics --output now --no-history': {
    before: leaveGauge,
    after: async (place) => {
      const { samples, history } = await exported(place, 'now.json');
      expect(history).toBeNull();
      expect(samples).not.toEqual([]);
      expect(await readFile(join(place.folder, 'now.prom'), 'utf8')).toContain(gauge);
    },
  },
  'status --format table': {
    after: async (place, printed) => {
      for (const [state, count] of Object.entries(await statesOf(place)))
        expect(printed).toContain(`${count} ${state}`);
    },
  },
  'status --format json': {
    after: async (place, printed) => {
      const { states } = JSON.parse(printed) as { states: Record<string, number> };
      const counted = Object.entries(states).filter(([, count]) => count > 0);
      expect(Object.fromEntries(counted)).toEqual(await statesOf(place));
    },
  },
  'status --format summary': {
    after: async (_place, printed) => {
      expect(printed).toContain('not running');
    },
  },
  'scan --repo ./r --secure': scans('count what is sealed', { isUnsecured: false }),
  'scan --no-secure': scans('count what is loose', { isUnsecured: true }),
  'execute --task-id ID': executes(({ words }) => `id = '${words['ID']}'`),
  'execute --issue N --repo ./r --no-secure': executes(
    ({ words }) => `issue_number = ${words['N']}`,
    { isUnsecured: true },
  ),
  'performance report': {
    before: async (place) => void (await place.query(planted)),
    after: async (place, printed) => {
      expect(lineWith(printed, 'operation', 'tasks.approve')[2]).toBe(
        String(await callsOf(place, 'operation', 'tasks.approve')),
      );
      expect(lineWith(printed, 'upstream', 'GET /repos/{owner}').slice(2, 7)).toEqual([
        '4',
        '0.003',
        '0',
        '1',
        '25.00 %',
      ]);
    },
  },
  'performance function tasks.approve': {
    after: async (place, printed) => {
      const lines = printed.split('\n').filter((line) => /^\w+ {2,}\S/u.test(line));
      expect(lines).toHaveLength(2);
      const calls = await callsOf(place, 'operation', 'tasks.approve');
      expect(calls).toBeGreaterThan(1);
      expect(lineWith(printed, 'operation', 'tasks.approve')[2]).toBe(String(calls));
    },
  },
  'performance api-calls': {
    before: async (place) => void (await place.query(planted)),
    after: async (_place, printed) => {
      expect(lineWith(printed, 'upstream', 'GET /repos/{owner}')[2]).toBe('4');
      expect(printed).not.toMatch(/^(?:operation|job|scanner|function|objective) /mu);
    },
  },
};
