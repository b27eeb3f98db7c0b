import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import {
  beginTotp,
  changePassword,
  confirmTotp,
  removeTotp,
} from '../../src/operations/account/contract.ts';
import { listAlerts } from '../../src/operations/alerts/contract.ts';
import {
  type ApiClient,
  type ApiError,
  createClient,
} from '../../src/operations/api-client/client.ts';
import { editTask, liftSuppression } from '../../src/operations/approvals/contract.ts';
import { runHealth } from '../../src/operations/health/contract.ts';
import { liftBlock, listBlocks } from '../../src/operations/protection/contract.ts';
import { pauseWork } from '../../src/operations/service/contract.ts';
import {
  proveSession,
  signIn,
  verifySecondFactor,
} from '../../src/operations/sessions/contract.ts';
import {
  approveTask,
  cancelTask,
  listTasks,
  rejectTask,
  retryTask,
  showTask,
} from '../../src/operations/tasks/contract.ts';
import { createToken, listTokens, revokeToken } from '../../src/operations/tokens/contract.ts';
import {
  bootstrapUsers,
  createUser,
  disableUser,
  enableUser,
  removeUser,
  resetPassword,
  setUserRoles,
  unlockUser,
} from '../../src/operations/users/contract.ts';
import type { AuditActor } from '../../src/platform/audit/audit-entry.ts';
import { stepAt, totpCode } from '../../src/platform/identity/totp.ts';
import { auditSchema } from '../support/audit-schema.ts';
import { browserFetch } from '../support/browser-fetch.ts';
import { bytesOfBase32 } from '../support/bytes-of-base32.ts';
import { initRepositoryWith } from '../support/git-work.ts';
import { createGithubLoop, type GithubLoop } from '../support/github-loop.ts';
import { type RunningService, startService } from '../support/running-service.ts';
import { moveToSmallDisk } from '../support/small-tablespace.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

const password = 'six green boats at 4 in the fog';
/** An agent that finds nothing to do. */
const idle = ['sh', '-c', 'echo "NO CHANGE NEEDED: it is as it should be."'];
let database: TestDatabase;
let loop: GithubLoop;
let service: RunningService;
let ann: ApiClient;

beforeAll(async () => {
  loop = await createGithubLoop({
    targets: {},
    database: async () => (database = await createTestDatabase()),
    config: {
      repositories: [{ match: './r' }],
      server: { trustedProxies: ['127.0.0.1'] },
      alerts: { everySeconds: 1, webhookCredential: 'ALERT_HOOK', allowedHosts: ['127.0.0.1'] },
      executor: { default: 'idle', agents: { idle: { kind: 'command', command: idle } } },
    },
  });
  initRepositoryWith(join(loop.service.folder, 'r'), {
    'a.js': '// TODO: close the file\n',
    'b.js': '// TODO: say goodbye politely\n',
  });
  service = await startService(loop.service);
  ann = at('203.0.113.1');
  await ann.call(bootstrapUsers, { token: await service.firstLink(), name: 'ann', password });
}, 420_000);
afterAll(async () => {
  await service.stop();
  await loop.close();
}, 420_000);

/** A person at an address of their own, behind the proxy on this machine. */
const at = (address: string) =>
  createClient({
    baseUrl: service.address,
    fetch: browserFetch(service.address, { 'x-forwarded-for': address }),
  });
const codeOf = async (call: Promise<unknown>): Promise<string> =>
  await call.then(
    () => 'done',
    (error: ApiError) => error.code,
  );

test('what people do at the doors of a running service is in its audit log, each kind under its event', async () => {
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
  // One that ends soon is told by an alert, for which the address is taken out of the vault, and calls for a remedy.
  for (const [words, value] of [
    [['GITHUB_TOKEN'], 'ghp_other'],
    [['ALERT_HOOK'], 'http://127.0.0.1:9/'],
    [['ENDS_SOON', '--expires', tomorrow], 'a value'],
  ] as const) {
    const stored = await loop.service.run(['credentials', 'set', ...words], {
      input: `${value}\n`,
    });
    expect(stored.exitCode, stored.stderr).toBe(0);
  }

  const roles = [{ role: 'viewer' as const }];
  await ann.call(createUser, { name: 'bob', roles, password, mustChangePassword: false });
  await ann.call(setUserRoles, { name: 'bob', roles: [{ role: 'operator' }] });
  const made = await ann.call(createToken, { name: 'robot', scopes: ['tasks:read'] });
  await ann.call(revokeToken, { id: made.token.id });

  const bob = at('203.0.113.2');
  await bob.call(signIn, { user: 'bob', password });
  const { key: typed } = await bob.call(beginTotp, {});
  const key = bytesOfBase32(typed);
  const code = (steps: number) => totpCode(key, stepAt(new Date(Date.now())) + steps);
  // Kept, because time goes on: the step before now is another one half a minute later.
  const used = code(-1);
  const { recoveryCodes } = await bob.call(confirmTotp, { code: used });
  expect(await codeOf(bob.call(proveSession, { password: 'wrong' }))).not.toBe('done');
  await bob.call(proveSession, { password });
  const again = at('203.0.113.3');
  await again.call(signIn, { user: 'bob', password });
  expect(await codeOf(again.call(verifySecondFactor, { code: used }))).not.toBe('done');
  await again.call(verifySecondFactor, { code: code(0) });
  await again.call(listTasks, {});
  const third = at('203.0.113.4');
  await third.call(signIn, { user: 'bob', password });
  await third.call(verifySecondFactor, { recoveryCode: recoveryCodes[0] ?? '' });
  await third.call(removeTotp, {});
  await third.call(changePassword, { current: password, password: `${password} and more` });

  const stranger = at('203.0.113.5');
  for (let guess = 1; guess <= 6; guess += 1)
    await codeOf(stranger.call(signIn, { user: 'bob', password: `wrong ${guess}` }));
  await ann.call(unlockUser, { name: 'bob' });
  await ann.call(resetPassword, { name: 'bob', password: `${password} again` });
  await ann.call(disableUser, { name: 'bob' });
  await ann.call(enableUser, { name: 'bob' });
  await ann.call(removeUser, { name: 'bob' });

  const flood = at('203.0.113.6');
  const answers: string[] = [];
  for (let call = 1; call <= 63; call += 1) answers.push(await codeOf(flood.call(listTasks, {})));
  expect(answers.indexOf('rate_limited')).toBe(60);
  expect(await codeOf(flood.call(listTasks, {}))).toBe('client_blocked');
  const blocks = await ann.call(listBlocks, {});
  expect(blocks.items).toHaveLength(1);
  await ann.call(liftBlock, { block: blocks.items[0]?.id ?? '' });

  const [id, other] = await vi.waitFor(
    async () => {
      const { items } = await ann.call(listTasks, { state: ['proposed'] });
      const [one, another] = items;
      if (one === undefined || another === undefined) throw new Error(service.said());
      return [one.id, another.id];
    },
    { timeout: 180_000, interval: 2000 },
  );
  await ann.call(approveTask, { id: other });
  await vi.waitFor(
    async () =>
      expect(await ann.call(showTask, { id: other }), service.said()).toMatchObject({
        state: 'no_change',
      }),
    { timeout: 180_000, interval: 1000 },
  );
  // Paused, so that the agent does not end before the task is canceled.
  await ann.call(pauseWork, {});
  await ann.call(retryTask, { id: other });
  await ann.call(cancelTask, { id: other, reason: 'not needed any more' });
  await ann.call(editTask, { id, title: 'Close the file after reading' });
  await ann.call(rejectTask, { id, neverAgain: 'this_kind_here' });
  const [suppression] = await loop.query<{ id: string }>('select id from suppressions');
  await ann.call(liftSuppression, { id: suppression?.id ?? '' });

  const wanted = [
    'auth.login.ok',
    'auth.login.fail',
    'auth.login.locked',
    'auth.proof.ok',
    'auth.proof.fail',
    'auth.2fa.enrol',
    'auth.2fa.ok',
    'auth.2fa.fail',
    'auth.2fa.recovery_used',
    'auth.2fa.disable',
    'user.create',
    'user.delete',
    'user.disable',
    'user.enable',
    'user.unlock',
    'user.password_changed',
    'user.password_reset',
    'token.create',
    'token.revoke',
    'credential.changed',
    'credential.used',
    'health.remedy',
    'role.change',
    'proposal.edited',
    'security.blocked',
    'blocks.lift',
    'service.start',
    'suppression.made',
    'suppression.lifted',
    'task.born',
    'task.moved',
    'task.rejected',
    'task.canceled',
    'task.retried',
    'approval.granted',
    'agent.start',
    'agent.exit',
    'proposal.created',
  ];
  await vi.waitFor(
    async () => {
      const rows = await loop.query<{ event: string }>('select distinct event from audit_entries');
      const seen = new Set(rows.map(({ event }) => event));
      expect(wanted.filter((event) => !seen.has(event))).toEqual([]);
    },
    { timeout: 180_000, interval: 500 },
  );
  const verified = await loop.service.run(['security', 'verify']);
  expect(verified.exitCode, verified.stdout).toBe(0);

  const entries = await loop.query<{ body: string }>('select body from audit_entries order by seq');
  const { complaints } = await auditSchema();
  expect(complaints(entries.map(({ body }) => body))).toEqual([]);
  const actors = entries.map(({ body }) => (JSON.parse(body) as { actor: AuditActor }).actor);
  const shown = (kind: string) =>
    new Set(actors.filter((actor) => actor.kind === kind).map((actor) => actor.authentication));
  expect(shown('user')).toEqual(
    new Set(['bootstrap', 'password', 'password+totp', 'password+recovery']),
  );
  expect(shown('command_line')).toEqual(new Set(['operating_system']));
  expect(shown('anonymous')).toEqual(new Set(['none']));
}, 420_000);

test.skipIf(process.getuid?.() !== 0)(
  'while the disk of the audit log is full nothing is done, what is read is answered, people are told, and it goes on by itself once there is room',
  async () => {
    const signedIn = async (address: string): Promise<ApiClient> => {
      const person = at(address);
      await person.call(signIn, { user: 'ann', password });
      return person;
    };
    const patience = { timeout: 120_000, interval: 500 };
    const person = await signedIn('203.0.113.7');
    const names = async (): Promise<readonly string[]> =>
      (await person.call(listTokens, {})).map(({ name }) => name).toSorted();
    const logCheck = async () =>
      (await person.call(runHealth, { categories: ['security'] })).checks.find(
        ({ name }) => name === 'audit_log',
      );
    const alert = async () =>
      (await person.call(listAlerts, { all: true })).items.find(
        ({ kind, subject }) => kind === 'audit_fault' && subject === 'audit_log',
      );
    expect(await logCheck()).toMatchObject({ status: 'healthy' });

    await using disk = await moveToSmallDisk(database, 'audit_entries');
    await disk.fill();
    // A few more entries fit into the last page that the table has; who is turned away at the gate has done nothing.
    let made = await names();
    let refusal: ApiError | null = null;
    while (refusal?.message.includes('was refused because') !== true) {
      made = await names();
      refusal = await person
        .call(createToken, { name: `made-${made.length}`, scopes: ['tasks:read'] })
        .then(
          () => null,
          (error: ApiError) => error,
        );
    }
    expect(refusal).toMatchObject({ status: 503, code: 'audit_unavailable' });
    expect(await codeOf(at('203.0.113.8').call(signIn, { user: 'ann', password }))).toBe(
      'audit_unavailable',
    );
    expect(await names()).toEqual(made);
    expect(await logCheck()).toMatchObject({
      status: 'unhealthy',
      evidence: expect.stringContaining('No space left on device'),
    });
    await expect
      .poll(alert, patience)
      .toMatchObject({ state: 'firing', severity: 'critical', text: expect.any(String) });

    await disk.free();
    await expect.poll(alert, patience).toMatchObject({ state: 'resolved' });
    expect(await logCheck()).toMatchObject({ status: 'healthy' });
    const again = await signedIn('203.0.113.9');
    await again.call(createToken, { name: 'afterwards', scopes: ['tasks:read'] });
    expect(await names()).toEqual([...made, 'afterwards'].toSorted());
    const [resumed] = await loop.query<{ body: string }>(
      "select body from audit_entries where event = 'audit.resumed' order by seq limit 1",
    );
    expect(JSON.parse(resumed?.body ?? 'null')).toMatchObject({
      facts: { refused: expect.any(Number), why: expect.stringContaining('No space left') },
    });
    const verified = await loop.service.run(['security', 'verify']);
    expect(verified.exitCode, verified.stdout).toBe(0);
  },
  420_000,
);
