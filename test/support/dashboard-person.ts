import type { BrowserContext, Page } from 'playwright-core';
import type { DashboardService } from './dashboard-service.ts';

export const testPassword = 'six green boats at 4 in the fog';

/** Makes the first account, `ann`, in the browser; the context is signed in afterwards. */
export async function becomeFirstAdmin(
  page: Page,
  service: Pick<DashboardService, 'link'>,
): Promise<void> {
  await page.goto(service.link);
  await page.getByLabel('Name').fill('ann');
  await page.getByLabel('Password', { exact: true }).fill(testPassword);
  await page.getByLabel('Password again').fill(testPassword);
  await page.getByRole('button', { name: 'Make the account' }).click();
  await page.getByRole('heading', { name: 'Inbox' }).waitFor();
}

/** Gives another context the session of this one. */
export async function lendSession(from: BrowserContext, to: BrowserContext): Promise<void> {
  await to.addCookies(await from.cookies());
}

/** Until the page shows what it is about: its title stands and nothing is a skeleton any more. */
export async function settled(page: Page): Promise<void> {
  await page.locator('h1').first().waitFor({ timeout: 120_000 });
  await page
    .locator('[aria-label="Loading"]')
    .first()
    .waitFor({ state: 'detached', timeout: 120_000 });
}
