import { readFile } from 'node:fs/promises';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findChromium, keepPicture, launchChromium } from '../support/chromium.ts';
import {
  becomeFirstAdmin,
  byPalette,
  lendSession,
  settled,
  testPassword,
} from '../support/dashboard-person.ts';
import { type DashboardService, startDashboardService } from '../support/dashboard-service.ts';
import { addMuchData } from '../support/much-data.ts';

const executable = await findChromium();
let service: DashboardService;
let browser: Browser;
let signedIn: BrowserContext;

async function open(options: Parameters<Browser['newContext']>[0] = {}): Promise<{
  page: Page;
  context: BrowserContext;
}> {
  const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
  await lendSession(signedIn, context);
  const page = await context.newPage();
  page.setDefaultTimeout(90_000);
  return { page, context };
}

/** Says who one is again, as a dangerous act asks for it; the session has another secret afterwards. */
async function prove(page: Page): Promise<void> {
  const dialog = page.getByRole('dialog', { name: 'Is it you?' });
  await dialog.getByLabel('Password').fill(testPassword);
  await dialog.getByRole('button', { name: 'Go on' }).click();
  await dialog.waitFor({ state: 'detached' });
  await lendSession(page.context(), signedIn);
}

/** The proof of now is an old one from here on. */
async function forgetProof(): Promise<void> {
  await service.database.pool.query(
    "update identity_sessions set proven_at = now() - interval '1 day' where id not like 'session-%'",
  );
}

async function post(path: string, body: object, cookies?: string): Promise<Response> {
  return await fetch(`${service.origin}/api/v1/${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-claude-manager': '1',
      'idempotency-key': crypto.randomUUID(),
      origin: service.origin,
      ...(cookies === undefined ? {} : { cookie: cookies }),
    },
    body: JSON.stringify(body),
  });
}

/** A context of its own that is signed in as another browser would be. */
async function anotherBrowser(user = 'ann', password = testPassword): Promise<BrowserContext> {
  const context = await browser.newContext();
  const answer = await context.request.post(`${service.origin}/api/v1/sessions/sign-in`, {
    headers: { 'x-claude-manager': '1', origin: service.origin },
    data: { user, password },
  });
  expect(answer.status()).toBe(200);
  return context;
}

describe.skipIf(executable === null && process.env['CI'] === undefined)(
  'looking after the service',
  () => {
    beforeAll(async () => {
      service = await startDashboardService(() => ({
        repositories: [{ match: './shop' }],
        executor: { default: 'demo' },
      }));
      browser = await launchChromium(executable ?? 'no Chromium on this machine');
      signedIn = await browser.newContext();
      const page = await signedIn.newPage();
      await becomeFirstAdmin(page, service);
      await page.close();
      await addMuchData(service.database, ['<img src=x onerror=canary()>', 'plain']);
      await post('sessions/sign-in', { user: 'javascript:canary()', password: 'none of these' });
    }, 420_000);
    afterAll(async () => {
      await browser.close();
      await service.close();
    });

    test('a revoked session ends at once, and the one in use stays', async () => {
      const { page, context } = await open();
      const other = await anotherBrowser();
      await page.goto(`${service.origin}/security?tab=sessions`);
      await page
        .getByRole('button', { name: /^End the session of ann/u })
        .first()
        .click();
      const dialog = page.getByRole('dialog', { name: 'End the session of ann?' });
      await dialog.getByText('is signed out at once').waitFor();
      await dialog.getByRole('button', { name: 'End the session' }).click();
      await dialog.waitFor({ state: 'detached' });
      const theirs = await other.newPage();
      await theirs.goto(`${service.origin}/inbox`);
      await theirs.getByRole('heading', { name: 'Sign in' }).waitFor();
      await page.reload();
      await page.getByText('this one').waitFor();
      await other.close();
      await context.close();
    });

    test('a token is made after a proof, its secret is shown once, and it works until it is revoked', async () => {
      const { page, context } = await open();
      await page.goto(`${service.origin}/settings?tab=tokens`);
      await page.getByRole('button', { name: 'Make a token' }).click();
      const dialog = page.getByRole('dialog', { name: 'Make an API token' });
      await dialog.getByRole('button', { name: 'Make it' }).click();
      await dialog.getByText('Give it a name.').waitFor();
      await dialog.getByLabel('Name').fill('ci of the shop');
      await dialog.getByLabel('Days until it ends').fill('400');
      await dialog.getByText('A whole number from 1 to 365.').waitFor();
      await dialog.getByLabel('Days until it ends').fill('30');
      await keepPicture(page, 'token-dialog');
      await forgetProof();
      await dialog.getByRole('button', { name: 'Make it' }).click();
      await prove(page);
      await dialog.getByText('it cannot be shown again').waitFor();
      const secret = (await dialog.locator('code').textContent()) ?? '';
      const use = async (): Promise<number> => {
        const headers = { authorization: `Bearer ${secret}` };
        return (await fetch(`${service.origin}/api/v1/tasks`, { headers })).status;
      };
      expect(await use()).toBe(200);
      await dialog.getByRole('button', { name: 'I have it' }).click();
      await page.getByRole('button', { name: 'Revoke ci of the shop' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Revoke it' }).click();
      await page
        .getByRole('row')
        .filter({ hasText: 'ci of the shop' })
        .getByText('Revoked')
        .waitFor();
      expect(await use()).toBe(401);
      expect(await page.content()).not.toContain(secret);
      await context.close();
    });

    test('a block is lifted by name', async () => {
      const { page, context } = await open();
      await page.goto(`${service.origin}/security?tab=blocked`);
      await page.getByRole('button', { name: 'Unblock address:192.0.2.20', exact: true }).click();
      const dialog = page.getByRole('dialog', { name: 'Let address:192.0.2.20 in again?' });
      await dialog.getByRole('button', { name: 'Lift the block' }).click();
      await dialog.waitFor({ state: 'detached' });
      await page.getByText('address:192.0.2.20', { exact: true }).waitFor({ state: 'detached' });
      const { rows } = await service.database.pool.query<{ lifted_by: string }>(
        "select lifted_by from client_blocks where subject = 'address:192.0.2.20'",
      );
      expect(rows).toEqual([{ lifted_by: 'ann' }]);
      await context.close();
    });

    test('the chain is verified, an entry proven, the log searched, and the report printed on white', async () => {
      const { page, context } = await open();
      await page.goto(`${service.origin}/security?tab=chain`);
      await page.getByText('The log is what was written').waitFor();
      const number = page.getByLabel('Number of the entry');
      await number.fill('0');
      await page.getByRole('button', { name: 'Open it' }).click();
      await page.getByText(/Give a number from 1 to/u).waitFor();
      await number.fill('3');
      await page.getByRole('button', { name: 'Open it' }).click();
      const entry = page.getByRole('article', { name: 'Entry 3' });
      await entry.getByText('user.create').first().waitFor();
      await entry.getByRole('button', { name: 'Make the proof' }).click();
      await entry.getByText('c2sp.org/tlog-proof').waitFor();

      await page.goto(`${service.origin}/security?tab=audit`);
      await page.getByLabel('Search the audit log').fill('auth.login.fail JAVASCRIPT:canary');
      await expect.poll(() => page.url()).toContain('q=auth.login.fail');
      const list = page.getByRole('list', { name: 'Audit entries' });
      await list.getByText('javascript:canary()').first().waitFor();
      await expect
        .poll(async () => new Set(await list.locator('code').allTextContents()))
        .toEqual(new Set(['auth.login.fail']));

      await page.goto(`${service.origin}/security/report?hours=24`);
      await page.getByRole('heading', { name: 'SOC 2' }).waitFor();
      await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
      expect(await page.getByRole('navigation', { name: 'Pages' }).isVisible()).toBe(false);
      expect(await page.getByRole('button', { name: 'Print' }).isVisible()).toBe(false);
      const paper = await page.evaluate(
        'getComputedStyle(document.documentElement).backgroundColor',
      );
      expect(paper).toBe('rgb(255, 255, 255)');
      const pdf = (await page.pdf({ format: 'A4' })).toString('latin1');
      expect(pdf.match(/\/Type \/Page\b/gu)?.length).toBeGreaterThan(1);
      await keepPicture(page, 'report-print');
      await context.close();
    }, 420_000);

    test('the configuration is judged as it is typed, compared, proven, written, and holds', async () => {
      const { page, context } = await open({ viewport: { width: 1440, height: 900 } });
      await page.goto(`${service.origin}/settings?section=executor`);
      const box = page.getByRole('textbox', { name: 'executor.budget.perDayUsd' });
      await box.fill('much');
      await page.getByText('1 change, 1 of them is not right yet').waitFor();
      await page.getByRole('button', { name: 'Look at the differences' }).click();
      const focused = (): Promise<unknown> =>
        page.evaluate('document.activeElement?.getAttribute("aria-invalid")');
      await expect.poll(focused).toBe('true');
      expect(await page.getByRole('dialog').count()).toBe(0);
      await keepPicture(page, 'settings-wrong');
      await box.fill('77');
      await page.getByText('1 change', { exact: true }).waitFor();
      await page.getByRole('textbox', { name: 'executor.maxConcurrent', exact: true }).fill('3');
      await page.getByText('2 changes', { exact: true }).waitFor();
      const file = page.getByRole('region', { name: 'The configuration file' });
      await file.locator('ins', { hasText: '"perDayUsd": 77' }).waitFor();
      await keepPicture(page, 'settings-changing');
      await forgetProof();
      await page.getByRole('button', { name: 'Look at the differences' }).click();
      const dialog = page.getByRole('dialog', { name: 'Write 2 changes into the file?' });
      await dialog.getByText('from the next start on').waitFor();
      await dialog.locator('ins', { hasText: '"perDayUsd": 77' }).waitFor();
      await keepPicture(page, 'settings-differences');
      await dialog.getByRole('button', { name: 'Write the file' }).click();
      await prove(page);
      await dialog.waitFor({ state: 'detached' });
      await page.getByText('of $77.00 today').waitFor();
      await page.getByText('Waits for the next start: executor.maxConcurrent.').waitFor();
      const written = JSON.parse(await readFile(`${service.folder}/config.json`, 'utf8')) as object;
      expect(written).toMatchObject({ executor: { maxConcurrent: 3, budget: { perDayUsd: 77 } } });
      await page
        .getByRole('button', { name: 'Use the default for executor.budget.perDayUsd' })
        .click();
      await page.getByRole('button', { name: 'Look at the differences' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Write the file' }).click();
      await page.getByText('of $50.00 today').waitFor();
      await context.close();
    }, 420_000);

    test('a person is added, given a role in some repositories, disabled and removed', async () => {
      const { page, context } = await open();
      await page.goto(`${service.origin}/settings?tab=people`);
      await page.getByRole('button', { name: 'Add a person' }).click();
      const dialog = page.getByRole('dialog', { name: 'Add a person' });
      await dialog.getByLabel('Name').fill('zoe');
      await dialog.getByLabel('First password').fill('short');
      await dialog.getByRole('button', { name: 'Make the account' }).click();
      const isAsked = page.getByRole('dialog', { name: 'Is it you?' });
      await dialog.getByRole('alert').or(isAsked).first().waitFor();
      if (await isAsked.isVisible()) await prove(page);
      await dialog.getByRole('alert').first().waitFor();
      expect(await dialog.getByLabel('Name').inputValue()).toBe('zoe');
      await dialog.getByLabel('First password').fill('nine quiet otters under 2 bridges');
      await dialog.getByRole('button', { name: 'Make the account' }).click();
      await dialog.waitFor({ state: 'detached' });
      const row = page.getByRole('row').filter({ hasText: 'zoe' });
      const choose = async (word: string): Promise<void> => {
        await row.getByRole('button', { name: 'What can be done with zoe' }).click();
        await page.getByRole('menuitem', { name: word, exact: true }).click();
      };
      await choose('Change the roles');
      await page.getByLabel('Repositories of role 1').fill('acme/*');
      await page.getByRole('button', { name: 'Give these roles' }).click();
      await row.getByText('in acme/*').waitFor();
      await choose('Disable');
      await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
      await row.getByText('Disabled').waitFor();
      await choose('Remove');
      await page.getByRole('dialog').getByRole('button', { name: 'Remove the account' }).click();
      await row.waitFor({ state: 'detached' });
      await context.close();
    }, 420_000);

    test('an agent proves that it works, and what was delivered is worked through again', async () => {
      const { page, context } = await open();
      await page.goto(`${service.origin}/settings?tab=agents`);
      await page.getByRole('button', { name: 'Prove it works: demo' }).click();
      await page.getByText('demo works; this cost $0.00.').waitFor({ timeout: 100_000 });
      await keepPicture(page, 'agent-proof');
      await page.goto(`${service.origin}/settings?tab=webhooks&state=failed`);
      const again = page.getByRole('button', { name: 'Work through delivery delivery-4 again' });
      await again.click();
      await again.waitFor({ state: 'detached' });
      await page.goto(`${service.origin}/settings?tab=webhooks&way=out&message=failed`);
      const messages = page.getByRole('region', { name: 'Messages to other programs' });
      expect(await messages.getByText('task.proposed').first().textContent()).toBe('task.proposed');
      await context.close();
    }, 420_000);

    test('a credential is stored and removed, and its value comes back nowhere', async () => {
      const { page, context } = await open();
      const value = ['secret', 'of', 'the', 'test'].join('-');
      const bodies: Promise<string>[] = [];
      page.on('response', (response) => {
        const isAnswer = response.headers()['content-type']?.includes('json') === true;
        if (isAnswer) bodies.push(response.text().catch(() => ''));
      });
      await page.goto(`${service.origin}/security?tab=credentials`);
      await page.getByRole('button', { name: 'Store a credential' }).click();
      const dialog = page.getByRole('dialog', { name: 'Store a credential' });
      await dialog.getByLabel('Name').fill('lower case');
      await dialog.getByLabel('Value').fill(value);
      await dialog.getByRole('button', { name: 'Store it' }).click();
      await dialog.getByText('Capital letters, digits and _').waitFor();
      await dialog.getByLabel('Name').fill('SHOP_TOKEN');
      await forgetProof();
      await dialog.getByRole('button', { name: 'Store it' }).click();
      await prove(page);
      await dialog.waitFor({ state: 'detached' });
      await page.getByText('SHOP_TOKEN').waitFor();
      await keepPicture(page, 'credentials');
      expect((await Promise.all(bodies)).join('')).not.toContain(value);
      await page.getByRole('button', { name: 'Remove SHOP_TOKEN' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Remove it' }).click();
      await page.getByText('No secret is stored yet').waitFor();
      await context.close();
    });

    test('who may not see something is told who can grant it, and sees the own sessions alone', async () => {
      const password = 'seven loud geese on 3 roofs';
      await service.database.pool.query(
        "update identity_sessions set proven_at = now() where id not like 'session-%'",
      );
      const cookies = (await signedIn.cookies()).map(({ name, value }) => `${name}=${value}`);
      const made = await post(
        'users',
        { name: 'vic', password, mustChangePassword: false, roles: [{ role: 'viewer' }] },
        cookies.join('; '),
      );
      expect(made.status).toBe(200);
      const viewer = await anotherBrowser('vic', password);
      const theirs = await viewer.newPage();
      await theirs.goto(`${service.origin}/security?tab=overview`);
      await theirs.getByText('You may not see this').first().waitFor();
      await theirs.goto(`${service.origin}/security`);
      await theirs.getByRole('row').filter({ hasText: 'vic' }).waitFor();
      expect(await theirs.getByRole('row').filter({ hasText: 'person-1' }).count()).toBe(0);
      await theirs.goto(`${service.origin}/settings`);
      await theirs.getByText('You can read this; an admin can change it.').waitFor();
      expect(await theirs.getByRole('textbox').count()).toBe(0);
      await viewer.close();
    });

    test('the command palette leads to every tab of these pages', async () => {
      const { page, context } = await open();
      await page.goto(`${service.origin}/inbox`);
      await settled(page);
      for (const [words, path] of [
        ['verify the audit', '/security?tab=chain'],
        ['performance queue', '/performance?tab=queue'],
        ['people and roles', '/settings?tab=people'],
        ['evidence', '/security/report'],
      ] as const) {
        await byPalette(page, words, new RegExp(words.split(' ').at(-1) ?? '', 'iu'));
        await expect.poll(() => page.url()).toBe(`${service.origin}${path}`);
      }
      await context.close();
    });
  },
);
