import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createTestAudit, type TestAudit } from '../../../test/support/test-audit.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.ts';
import { auditMigrations } from '../../platform/audit/audit.ts';
import type { AuditEntry } from '../../platform/audit/audit-entry.ts';
import { leafHash, provesInclusion } from '../../platform/audit/merkle.ts';
import { migrate } from '../../platform/database/migrate.ts';
import { auditHandlers } from '../audit/handlers.ts';
import { ocsfEvent, ocsfVersion } from '../audit/ocsf.ts';
import { catalogue } from '../catalogue.ts';
import type { CallContext, Served } from '../gate.ts';
import { permissionsOf, roles } from '../permissions.ts';
import type { AuditReview, EvidenceReport, VerifyReport } from './contract.ts';
import { controls } from './controls.ts';
import { reportHandlers } from './report-handler.ts';
import { auditReviewHandlers } from './review-handler.ts';
import { verifyHandlers } from './verify-handler.ts';

let database: TestDatabase;
let log: TestAudit;
let served: readonly Served[];
let now = Date.UTC(2026, 5, 1);

beforeAll(async () => {
  database = await createTestDatabase();
  await migrate(database, auditMigrations);
});

beforeEach(async () => {
  for (const statement of [
    'alter table audit_entries disable trigger all',
    'alter table audit_checkpoints disable trigger all',
    'truncate audit_entries, audit_checkpoints',
  ])
    await sql.raw(statement).execute(database.kysely());
  const clock = { now: () => new Date(now) };
  log = await createTestAudit(database, clock);
  const ports = { audit: log.audit, clock, version: '1.2.3' };
  served = [
    ...verifyHandlers(ports),
    ...auditHandlers(ports),
    ...auditReviewHandlers(ports),
    ...reportHandlers(ports),
  ];
});

afterEach(async () => await log.remove());

afterAll(async () => {
  await database.drop();
});

const context = {
  actor: { kind: 'command_line', name: 'jo', isOwner: true },
  door: 'cli',
  clientId: 'local',
  correlationId: 'this call',
  signal: new AbortController().signal,
  progress: () => undefined,
  reveal: () => undefined,
} satisfies CallContext;

async function ask<T>(name: string, input: object, change: Partial<CallContext> = {}): Promise<T> {
  now += 1;
  const one = served.find(({ contract }) => contract.name === name);
  if (one === undefined) throw new Error(`${name} is not served`);
  const answer = await one.handler(z.parse(one.contract.input, input), { ...context, ...change });
  return z.parse(one.contract.output, answer) as T;
}

function entry(change: Partial<AuditEntry>): AuditEntry {
  return {
    event: 'tasks.approve',
    outcome: 'ok',
    actor: { kind: 'user', name: 'maria' },
    source: '192.0.2.1',
    target: 'task-1',
    correlationId: 'k',
    facts: {},
    ...change,
  };
}

async function put(...changes: readonly Partial<AuditEntry>[]): Promise<void> {
  for (const change of changes) await log.audit.record(null, entry(change));
}

describe('an empty period', () => {
  it('says that there is no data, never zeros', async () => {
    await put({ correlationId: 'this call' });
    const review = await ask<AuditReview>('security.audit', {});
    expect(review).toMatchObject({ entries: 0, events: [], issues: [] });
    expect(review.areas.length).toBeGreaterThan(5);
    for (const area of review.areas)
      expect(area).toMatchObject({ entries: null, refused: null, failed: null });
    const report = await ask<EvidenceReport>('security.report', {});
    expect(report.entries).toBeNull();
    for (const { count } of report.controls) expect(count).toBeNull();
  });
});

describe('audit.list', () => {
  it.each([
    ['maria task-7', [2, 1]],
    ['MARIA  TASK-8', [3]],
    ['100%', [4]],
    ['a_b', [4]],
    ['axb', []],
    ['maria nobody', []],
  ])('finds the entries in which every word of "%s" stands, newest first', async (q, seqs) => {
    await put(
      { target: 'task-7' },
      { target: 'task-7', reason: 'again' },
      { target: 'task-8' },
      { actor: { kind: 'user', name: 'jo' }, reason: 'did 100% of a_b' },
    );
    const { entries } = await ask<{ entries: { seq: number }[] }>('audit.list', { q });
    expect(entries.map(({ seq }) => seq)).toEqual(seqs);
  });
});

describe('security.verify', () => {
  it('tells of each anchor how far its newest note reaches, and when it was signed', async () => {
    await put({}, { target: 'task-2' });
    await log.audit.checkpoint();
    const { anchors, signedUntil } = await ask<VerifyReport>('security.verify', {});
    expect(anchors.length).toBeGreaterThan(0);
    for (const { lines, last } of anchors) {
      expect(lines).toBeGreaterThan(0);
      expect(last).toEqual({ size: signedUntil, at: expect.stringMatching(/^2026-/u) });
    }
  });
});

describe('security.audit', () => {
  it('names open issues with evidence and next step, the worst first', async () => {
    await put(
      ...Array.from(
        { length: 5 },
        () => ({ event: 'auth.login.fail', outcome: 'refused', target: 'eve' }) as const,
      ),
      { event: 'auth.login.locked', target: 'eve' },
      { event: 'security.blocked', target: '192.0.2.9' },
      { event: 'effect.unknown', correlationId: 'e1' },
      { event: 'effect.unknown', correlationId: 'e2' },
      { event: 'effect.failed', outcome: 'failed', correlationId: 'e2', target: 'task-2' },
      { event: 'approval.revoked', target: 'task-3' },
      { event: 'approval.granted', target: 'task-3' },
      { event: 'credential.rotated', outcome: 'failed', target: 'GITHUB_TOKEN' },
      { event: 'tasks.cancel', outcome: 'begun', correlationId: 'died', facts: { door: 'http' } },
      { event: 'agent.start', outcome: 'begun' },
    );
    now += 2 * 3_600_000;
    const { issues } = await ask<AuditReview>('security.audit', { hours: 3 });
    expect(issues.map(({ severity, code }) => `${severity} ${code}`)).toEqual([
      'high sign_in_failures',
      'high client_blocked',
      'high credential_trouble',
      'medium account_locked',
      'medium write_of_unknown_outcome',
      'medium write_failed',
      'low act_without_end',
    ]);
    for (const { evidence, next, entries } of issues) {
      expect(evidence).not.toBe('');
      expect(next).not.toBe('');
      expect(entries.length).toBeGreaterThan(0);
    }
    expect((await ask<AuditReview>('security.audit', { hours: 1 })).issues).toEqual([]);
  });
});

/** Entries of a report whose numbers are counted again; REPORT_ENTRIES=10000 for the whole figure. */
const recorded = Number(process.env['REPORT_ENTRIES'] ?? 2000);

describe('security.report', () => {
  it('counts what SQL counts, and proves its samples', async () => {
    await Promise.all(
      Array.from({ length: recorded }, async (_, n) => {
        const events = [
          ...catalogue().map(({ name }) => name),
          'audit.prune',
          'role.change',
          'effect.failed',
          'pr.open',
        ];
        const outcomes = ['ok', 'ok', 'refused', 'failed', 'begun'] as const;
        const event = events[(n * 7) % events.length] ?? '';
        await log.audit.record(
          null,
          entry({ event, outcome: outcomes[n % 5] ?? 'ok', target: `t${n}` }),
        );
      }),
    );
    const since = new Date(now - 3_600_000 + 1);
    const report = await ask<EvidenceReport>('security.report', { hours: 1 });
    expect(report).toMatchObject({ entries: recorded, log: { intact: true, firstBad: null } });
    for (const [index, control] of controls.entries()) {
      // A star is SQL's percent sign, and what SQL takes for one is none in a name of ours.
      const patterns = control.counted.map((name) => name.replaceAll('_', '\\_').replace('*', '%'));
      const { rows } = await sql<{ outcome: string; count: number }>`
        select outcome, count(*)::int as count from audit_entries
        where at >= ${since} and event like any (${patterns}::text[]) group by outcome`.execute(
        database.kysely(),
      );
      const found = report.controls[index];
      const sum = rows.reduce((total, { count }) => total + count, 0);
      expect(found?.count).toBe(sum === 0 ? null : sum);
      expect(found?.outcomes).toEqual(
        Object.fromEntries(rows.map(({ outcome, count }) => [outcome, count])),
      );
      if (sum >= 5) expect(found?.samples).toHaveLength(5);
      for (const { line, proof, seq } of found?.samples ?? []) {
        const [head = '', index = '', ...rest] = (proof ?? '').split('\n');
        const end = rest.indexOf('');
        const [, size, root = ''] = rest.slice(end + 1);
        expect([head, index]).toEqual(['c2sp.org/tlog-proof@v1', `index ${seq - 1}`]);
        const path = rest.slice(0, end).map((node) => Buffer.from(node, 'base64'));
        const told = { leaf: leafHash(line), index: seq - 1, size: Number(size), path };
        expect(provesInclusion({ ...told, root: Buffer.from(root, 'base64') })).toBe(true);
      }
      expect(found?.exceptions.length).toBe(Math.min(100, found?.exceptionCount ?? 0));
    }
    const { rows: unsuccessful } = await sql<{ count: number }>`
      select count(*)::int as count from audit_entries
      where at >= ${since} and outcome in ('refused', 'failed')
        and (event like 'auth.%' or event like 'sessions.%' or event like 'account.%' or event like 'credential%')`.execute(
      database.kysely(),
    );
    expect(report.controls.find(({ control }) => control === 'CC6.1')?.exceptionCount).toBe(
      unsuccessful[0]?.count,
    );
    expect(JSON.stringify(report)).not.toMatch(/compliant/iu);
  }, 120_000);

  it('is a page without scripts that holds what was recorded as text', async () => {
    await put({
      event: 'audit.prune',
      target: '<script>alert(1)</script>',
      outcome: 'refused',
      reason: '<b>',
    });
    const html = join(log.folder, 'report.html');
    await ask<EvidenceReport>('security.report', { hours: 1, html });
    const page = await readFile(html, 'utf8');
    expect(page).toContain('&#60;script&#62;');
    expect(page).not.toMatch(/<script|<b>|compliant|src=|href=/iu);
    await expect(ask('security.report', { html }, { door: 'http' })).rejects.toMatchObject({
      code: 'export_elsewhere',
      details: { field: 'html' },
    });
  });
});

describe('audit.export', () => {
  it('gives the lines as they are hashed, and each as an event of OCSF', async () => {
    await put(...catalogue().map(({ name }) => ({ event: name })), {
      event: 'pr.open',
      source: null,
    });
    const { lines } = await ask<{ lines: string[] }>('audit.export', {});
    const { rows } = await sql<{
      body: string;
    }>`select body from audit_entries order by seq`.execute(database.kysely());
    expect(lines).toEqual(rows.map(({ body }) => body));
    const ocsf = await ask<{ schema: string; lines: string[] }>('audit.export', { format: 'ocsf' });
    expect(ocsf.schema).toBe(`OCSF ${ocsfVersion}`);
    for (const line of ocsf.lines)
      expect(JSON.parse(line)).toMatchObject({
        metadata: { version: ocsfVersion },
        unmapped: { facts: expect.anything() },
      });
    expect(ocsf.lines).toHaveLength(lines.length);
  });

  it('puts sign-ins, people, roles, credentials and calls where they belong', async () => {
    await put({});
    const [some] = await log.audit.list({ limit: 1 });
    const classOf = (event: string): unknown =>
      (
        ocsfEvent({ ...(some as NonNullable<typeof some>), event }, '', { version: '1' }) as {
          class_uid: number;
        }
      ).class_uid;
    expect(classOf('auth.login.fail')).toBe(3002);
    expect(classOf('token.create')).toBe(3003);
    expect(classOf('user.create')).toBe(3007);
    expect(classOf('role.change')).toBe(3008);
    expect(classOf('credential.changed')).toBe(3004);
    expect(classOf('security.blocked')).toBe(2004);
    expect(classOf('tasks.approve')).toBe(6003);
  });
});

describe('who may', () => {
  it('an auditor reads and verifies, and writes nothing', () => {
    const may = permissionsOf({ kind: 'user', name: 'a', roles: ['auditor'] });
    const allowed = catalogue().filter(
      ({ permission }) => permission !== 'public' && may.has(permission),
    );
    const names = allowed.map(({ name }) => name);
    for (const name of [
      'audit.list',
      'audit.show',
      'audit.export',
      'security.verify',
      'security.audit',
      'security.report',
    ])
      expect(names).toContain(name);
    expect(
      allowed.filter(
        ({ effect, permission }) => effect !== 'read' && !permission.startsWith('account:'),
      ),
    ).toEqual([]);
    expect(roles['auditor']).not.toContain('credentials:manage');
  });
});

describe('security.verify', () => {
  it('tells that the log is well, and names the first bad entry when it is not', async () => {
    await put(...Array.from({ length: 12 }, () => ({})));
    expect(await ask<VerifyReport>('security.verify', {})).toMatchObject({
      ok: true,
      firstBad: null,
    });
    await sql`update audit_entries set event = 'x' where seq = 9`.execute(database.kysely());
    expect(await ask<VerifyReport>('security.verify', {})).toMatchObject({
      ok: false,
      firstBad: 9,
    });
    const { issues } = await ask<AuditReview>('security.audit', {});
    expect(issues[0]).toMatchObject({
      code: 'audit_log_tampered',
      severity: 'critical',
      entries: [9],
    });
    await expect(ask('security.verify', { export: '/x' }, { door: 'http' })).rejects.toMatchObject({
      details: { field: 'export' },
    });
  });
});
