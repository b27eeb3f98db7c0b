import type { BrowserContext, Page } from 'playwright-core';
import type { DashboardService } from './dashboard-service.ts';

export const testPassword = 'six green boats at 4 in the fog';

/** For what takes a moment when nothing else runs. */
const patienceMs = 180_000;

/** Makes the first account, `ann`, in the browser; the context is signed in afterwards. */
export async function becomeFirstAdmin(
  page: Page,
  service: Pick<DashboardService, 'link'>,
): Promise<void> {
  await page.goto(service.link, { timeout: patienceMs });
  await page.getByLabel('Name').fill('ann');
  await page.getByLabel('Password', { exact: true }).fill(testPassword);
  await page.getByLabel('Password again').fill(testPassword);
  await page.getByRole('button', { name: 'Make the account' }).click();
  await page.getByRole('heading', { name: 'Inbox' }).waitFor({ timeout: patienceMs });
}

/** Gives another context the session of this one. */
export async function lendSession(from: BrowserContext, to: BrowserContext): Promise<void> {
  await to.addCookies(await from.cookies());
}

/** Until the page shows what it is about: its title stands, nothing is a skeleton any more, and its menus are there. */
export async function settled(page: Page): Promise<void> {
  await page.locator('h1').first().waitFor({ timeout: 120_000 });
  await page
    .locator('[aria-label="Loading"]')
    .first()
    .waitFor({ state: 'detached', timeout: 120_000 });
  await page.locator('[data-coming]').first().waitFor({ state: 'detached', timeout: 120_000 });
}

/** By the palette: types the words, waits until this answer is the one that Enter takes, and takes it. */
export async function byPalette(page: Page, words: string, answer: RegExp): Promise<void> {
  await page.keyboard.press('Control+k');
  await page.locator('[placeholder="Search tasks, go to a page, do something"]:focus').waitFor();
  await page.keyboard.type(words);
  const palette = page.getByRole('dialog', { name: 'Search and commands' });
  const taken = palette.getByRole('option', { name: answer, selected: true });
  await taken.waitFor().catch(async () => {
    throw new Error(`not offered, but: ${await palette.innerText()}`);
  });
  await page.keyboard.press('Enter');
  await palette.waitFor({ state: 'detached' });
}

/** Opens a proposal of the inbox by its row; answers when it is the one that is shown, and keys act on it. */
export async function openProposal(page: Page, title: RegExp): Promise<void> {
  const list = page.getByRole('list', { name: 'Proposals' });
  await list.getByRole('button', { name: title }).click();
  await page.getByRole('article', { name: title }).waitFor();
}
