import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stepAt, totpCode } from '../../src/platform/identity/totp.ts';
import { bytesOfBase32 } from '../support/bytes-of-base32.ts';
import { axeViolations, findChromium, keepPicture, launchChromium } from '../support/chromium.ts';
import { settled, testPassword } from '../support/dashboard-person.ts';
import { type DashboardService, startDashboardService } from '../support/dashboard-service.ts';

const executable = await findChromium();
let service: DashboardService;
let browser: Browser;

describe.skipIf(executable === null && process.env['CI'] === undefined)('signing in', () => {
  beforeAll(async () => {
    service = await startDashboardService(() => ({
      security: { authentication: { require_2fa: true } },
    }));
    browser = await launchChromium(executable ?? 'no Chromium on this machine');
  });
  afterAll(async () => {
    await browser.close();
    await service.close();
  });

  test('the first administrator adds a passkey and signs in with it; somebody with a code generator by a recovery code; both prove again who they are by what they have', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    page.setDefaultTimeout(90_000);
    await addPasskeyDevice(page);
    await fillWelcome(page);
    await page.getByRole('heading', { name: 'Add a second factor' }).waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await keepPicture(page, 'second-factor');
    await page.getByRole('button', { name: 'Use a passkey' }).click();
    await page.getByRole('heading', { name: 'Inbox' }).waitFor();
    const made = await page.evaluate(async (password) => {
      const answer = await fetch('/api/v1/users', {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-claude-manager': '1',
          'idempotency-key': 'bob',
        },
        body: JSON.stringify({ name: 'bob', password, roles: [{ role: 'approver' }] }),
      });
      return answer.status;
    }, firstPassword);
    expect(made).toBeLessThan(300);
    await signOut(page, 'ann');

    await page.goto(`${service.origin}/runs?show=live`);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await page.getByRole('heading', { name: 'Runs' }).waitFor();
    expect(new URL(page.url()).searchParams.get('show')).toBe('live');
    await signOut(page, 'ann');

    // Refused, and what was typed stays.
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByText('Type your name.').waitFor();
    await page.getByLabel('Name').fill('bob');
    await page.getByLabel('Password').fill('not the one');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByText('Type your name.').waitFor({ state: 'detached' });
    await page.getByRole('alert').waitFor();
    expect(await page.getByLabel('Name').inputValue()).toBe('bob');
    await keepPicture(page, 'sign-in-refused');
    await page.getByLabel('Password').fill(firstPassword);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();

    // A password of one's own, then the code generator, then the recovery codes.
    await page.getByRole('heading', { name: 'Choose your own password' }).waitFor();
    await page.getByLabel('Password now').fill(firstPassword);
    await page.getByLabel('New password').fill(testPassword);
    await page.getByRole('button', { name: 'Change it' }).click();
    await page.getByRole('button', { name: 'Use a code generator' }).click();
    await page.getByRole('img', { name: /QR code/u }).waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await keepPicture(page, 'code-generator');
    const key = await page.locator('code').first().innerText();
    await page
      .getByRole('textbox', { name: 'Code' })
      .fill(totpCode(bytesOfBase32(key), stepAt(new Date())));
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByRole('heading', { name: 'Recovery codes' }).waitFor();
    const recovery = await page.getByRole('listitem').first().innerText();
    await keepPicture(page, 'recovery-codes');
    await page.getByRole('button', { name: 'I have kept them' }).click();
    await page.getByRole('heading', { name: 'Inbox' }).waitFor();
    await signOut(page, 'bob');

    await page.getByLabel('Name').fill('bob');
    await page.getByLabel('Password').fill(testPassword);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('button', { name: 'Use a recovery code' }).click();
    await page.getByLabel('Recovery code').fill(recovery);
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByRole('heading', { name: 'Inbox' }).waitFor();
    await settled(page);

    // A dangerous act asks again: here for the code of the generator.
    await makeToken(page);
    const proof = page.getByRole('dialog', { name: 'Is it you?' });
    await proof.getByRole('button', { name: 'Use the code generator' }).click();
    await proof.getByRole('button', { name: 'Go on' }).click();
    await proof.getByText('Type the code.').waitFor();
    await proof.getByLabel('Code of your generator').fill('000000');
    await proof.getByRole('button', { name: 'Go on' }).click();
    await proof.getByText('Type the code.').waitFor({ state: 'detached' });
    await proof.getByRole('alert').waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await keepPicture(page, 'proof-by-code');
    // One after that of the enrollment: no code is taken twice.
    const next = totpCode(bytesOfBase32(key), stepAt(new Date()) + 1);
    await proof.getByLabel('Code of your generator').fill(next);
    await proof.getByRole('button', { name: 'Go on' }).click();
    await page.getByText('it cannot be shown again').waitFor();
    await page.getByRole('button', { name: 'I have it' }).click();
    await signOut(page, 'bob');

    // And here for the passkey.
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await page.getByRole('heading', { name: 'Inbox' }).waitFor();
    await makeToken(page);
    await proof.getByRole('button', { name: 'Use a passkey' }).click();
    await page.getByText('it cannot be shown again').waitFor();
    await context.close();
  }, 420_000);
});

const firstPassword = 'grey lanterns over 9 wet bridges';

async function fillWelcome(page: Page): Promise<void> {
  await page.goto(service.link);
  await page.getByLabel('Name').fill('ann');
  await page.getByLabel('Password', { exact: true }).fill(testPassword);
  await page.getByLabel('Password again').fill(testPassword);
  await page.getByRole('button', { name: 'Make the account' }).click();
}

/** Asks for an API token with a proof that is too old. */
async function makeToken(page: Page): Promise<void> {
  await page.goto(`${service.origin}/settings?tab=tokens`);
  await page.getByRole('button', { name: 'Make a token' }).click();
  await page.getByRole('dialog').getByLabel('Name').fill('made after a proof');
  await service.database.pool.query(
    "update identity_sessions set proven_at = now() - interval '1 day'",
  );
  await page.getByRole('button', { name: 'Make it' }).click();
  await page.getByRole('dialog', { name: 'Is it you?' }).waitFor();
}

async function signOut(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: `${name}: theme, keys, sign out` }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
}

/** A passkey device inside the browser that always says yes. */
async function addPasskeyDevice(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('WebAuthn.enable');
  await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
    },
  });
}
