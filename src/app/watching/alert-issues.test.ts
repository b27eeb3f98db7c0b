import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createFakeCodeHost, type FakeCodeHost } from '../../../test/fakes/fake-code-host.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.ts';
import { type EffectRequest, intentIdOf } from '../../domain/effect.ts';
import type { Transaction } from '../../domain/ports/effects.ts';
import { type RepositoryRef, repositoryKey } from '../../domain/repository.ts';
import { systemClock } from '../../lib/clock.ts';
import { silentLog } from '../../lib/log.ts';
import { type Alerts, alertMigrations, createAlerts } from '../../platform/alerts/alerts.ts';
import type { Condition } from '../../platform/alerts/rules.ts';
import { migrate } from '../../platform/database/migrate.ts';
import { createEffects } from '../../platform/effects/create-effects.ts';
import { effectMigrations } from '../../platform/effects/migrations.ts';
import { storageMigrations } from '../../storage/migrations.ts';
import { createTaskStore } from '../../storage/task-store.ts';
import { kyselyOf } from '../../storage/transaction.ts';
import { issueSink } from './alert-issues.ts';

let database: TestDatabase;
let host: FakeCodeHost;
let manager: RepositoryRef;

beforeAll(async () => {
  database = await createTestDatabase();
  await migrate(database, [...storageMigrations, ...effectMigrations, ...alertMigrations]);
});
beforeEach(async () => {
  await sql`delete from effect_intents`.execute(database.kysely<unknown>());
  await sql`delete from alerts`.execute(database.kysely<unknown>());
  host = createFakeCodeHost();
  manager = host.addRepository('acme/manager');
});
afterAll(async () => await database.drop());

/** As a process that has just started: it knows only what the database and the host know. */
function started(): Alerts {
  const tasks = createTaskStore(database);
  const effects = createEffects<Transaction, EffectRequest>({
    database,
    open: kyselyOf,
    host: () => host,
    idOf: (request) => intentIdOf(repositoryKey(manager), request),
    keyOf: repositoryKey,
    markerKey: Buffer.alloc(32, 1),
    clock: systemClock,
    log: silentLog,
    allow: async () => ({ allowed: true }),
    audit: async () => undefined,
    options: { leaseMs: 30_000, lookDistanceMs: 30, pollMs: 10, maxSends: 5 },
  });
  const sinks = () => [issueSink({ tasks, effects }, manager)];
  return createAlerts(database, { clock: systemClock, log: silentLog, sinks });
}

const full: Condition = {
  kind: 'exhaustion',
  subject: 'disk',
  severity: 'critical',
  text: 'The disk has 1 % left; ask @ann, fixes #7.',
  next: 'Free some space.',
  forMs: 0,
};

/** Everything of the manager repository that people see of alerts. */
function seen() {
  const { issues, comments } = host.state(manager);
  return {
    issues: [...issues.values()].map(({ title, state, labels }) => ({ title, state, labels })),
    comments: comments.map(({ number, body }) => [number, body.split('\n')[0]]),
  };
}
const disk = { title: '[critical] exhaustion: disk', labels: ['claude-manager-alert'] };

test('an alert is one issue, over restarts and a lost answer, and it is closed with a comment when it is over', async () => {
  host.loseNextAnswer('create_issue');
  for (let look = 0; look < 3; look += 1) {
    const alerts = started();
    await alerts.observe([full]);
    await alerts.deliver();
  }
  expect(seen()).toEqual({ issues: [{ ...disk, state: 'open' }], comments: [] });
  const [issue] = host.state(manager).issues.values();
  // Nobody is called, and no other issue is named or closed by what a measurement says.
  expect(issue?.body).not.toMatch(/@ann|fixes #7/u);

  host.loseNextAnswer('comment');
  for (let look = 0; look < 3; look += 1) {
    await started().observe([]);
    await started().deliver();
  }
  expect(seen().issues).toEqual([{ ...disk, state: 'closed' }]);
  expect(seen().comments).toEqual([[issue?.number, expect.stringMatching(/^It is over: /u)]]);
});

test('what comes back is a new issue; the one before stays closed', async () => {
  for (const conditions of [[full], [], [full]]) {
    await started().observe(conditions);
    await started().deliver();
  }
  expect(seen().issues).toEqual([
    { ...disk, state: 'closed' },
    { ...disk, state: 'open' },
  ]);
});
