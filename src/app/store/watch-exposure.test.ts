import { expect, test } from 'vitest';
import { createFakeCodeHost } from '../../../test/fakes/fake-code-host.ts';
import type { AuditRecord } from '../../domain/ports/stores.ts';
import { silentLog } from '../../lib/log.ts';
import { createRedactor } from '../../platform/redaction/redactor.ts';
import { createExposureWatch, withExposureWatch } from './watch-exposure.ts';

const token = ['ghp', 'zT4kQ9wL2mN8vB6xC1sD3fG5hJ7pR0yU2aE4'].join('_');

test('a secret of ours in a text that is read is an incident: told once, the token suspended, the way out named', async () => {
  const redactor = createRedactor(Buffer.alloc(32, 1));
  redactor.register('GITHUB_TOKEN', token);
  redactor.register('SHOP_PASSWORD', 'a-password-of-a-shop');
  const audit: AuditRecord[] = [];
  const suspended: string[] = [];
  const fake = createFakeCodeHost();
  const manager = fake.addRepository('acme/manager');
  const see = createExposureWatch({
    redactor,
    audit: { record: async (_transaction, record) => void audit.push(record) },
    log: silentLog,
    correlationId: () => 'c',
    suspend: async (name) => {
      if (name !== 'GITHUB_TOKEN') return false;
      suspended.push(name);
      return true;
    },
  });
  const host = withExposureWatch(fake, see);
  fake.openIssue(manager, { title: 'Nothing', body: 'to see', author: 'eve' });
  await host.issues(manager, { state: 'open' });
  expect(audit).toEqual([]);

  const encoded = Buffer.from(`user:${token}`).toString('base64');
  const { number } = fake.openIssue(manager, {
    title: 'Log',
    body: `sent ${encoded}`,
    author: 'eve',
  });
  fake.openIssue(manager, { title: 'a-password-of-a-shop', body: '', author: 'eve' });
  await host.issues(manager, { state: 'open' });
  await host.issue(manager, number);
  await host.issues(manager, { state: 'all' });
  expect(suspended).toEqual(['GITHUB_TOKEN']);
  redactor.register('OTHER_PASSWORD', 'another-password-of-a-shop');
  fake.comment(manager, number, 'eve', 'I sign in with another-password-of-a-shop');
  await host.latestTexts(manager);
  await host.latestTexts(manager);
  expect(audit.at(-1)).toMatchObject({
    target: 'OTHER_PASSWORD',
    facts: { place: 'a comment in acme/manager' },
  });
  expect(audit).toHaveLength(3);
  expect(audit[0]).toMatchObject({
    event: 'incident.secret_exposed',
    outcome: 'failed',
    target: 'GITHUB_TOKEN',
    facts: { suspended: true, runbook: 'docs/guides/leaked-secret.md' },
  });
  expect(audit[1]).toMatchObject({ target: 'SHOP_PASSWORD', facts: { suspended: false } });
  expect(JSON.stringify(audit)).not.toContain(token.slice(4, 16));
});
