import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  axeViolations,
  findChromium,
  keepPicture,
  launchChromium,
  type Watched,
  watch,
} from '../support/chromium.ts';
import { byPalette, openProposal } from '../support/dashboard-person.ts';
import { type DashboardService, startDashboardService } from '../support/dashboard-service.ts';

const password = 'six green boats at 4 in the fog';
const executable = await findChromium();

let service: DashboardService;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let watched: Watched;

/** Another person changes what the proposal says. */
async function changeWords(title: string, words: string): Promise<void> {
  const id = await idOf(title);
  const edited = await context.request.post(`${service.origin}/api/v1/tasks/${id}/edit`, {
    headers: {
      'x-claude-manager': '1',
      'idempotency-key': crypto.randomUUID(),
      origin: service.origin,
    },
    data: { body: `What it said before.\n\n${words}` },
  });
  expect(await edited.json()).toMatchObject({ id });
}

async function idOf(title: string): Promise<string> {
  const { rows } = await service.database.pool.query<{ id: string }>(
    'select id from tasks where strpos(title, $1) > 0',
    [title],
  );
  return rows[0]?.id ?? '';
}

async function states(title: string): Promise<readonly string[]> {
  const { rows } = await service.database.pool.query<{ state: string }>(
    'select state from tasks where strpos(title, $1) > 0',
    [title],
  );
  return rows.map(({ state }) => state);
}

/** What a screen reader says of an element after its name. */
async function describedBy(element: Locator): Promise<string> {
  const id = await element.getAttribute('aria-describedby');
  return id === null ? '' : await page.locator(`#${id}`).innerText();
}

// A machine without a browser skips this aloud; where it has to run, CI is set and it fails instead.
describe.skipIf(executable === null && process.env['CI'] === undefined)('the dashboard', () => {
  beforeAll(async () => {
    service = await startDashboardService();
    browser = await launchChromium(executable ?? 'no Chromium on this machine');
    context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    watched = await watch(context, service.origin);
    page = await context.newPage();
    page.setDefaultTimeout(90_000);
  });
  afterAll(async () => {
    await browser.close();
    await service.close();
  });

  test('leads from the first link over an approval to a merged pull request, and takes decisions back', async () => {
    await page.goto(service.origin);
    await page.getByRole('heading', { name: 'Welcome' }).waitFor();
    await page.goto(service.link);
    await page.getByLabel('Name').fill('ann');
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByLabel('Password again').fill(`${password}!`);
    await page.getByRole('button', { name: 'Make the account' }).click();
    await page.getByText('The two passwords differ.').waitFor();
    await page.getByLabel('Password again').fill(password);
    await page.getByRole('button', { name: 'Make the account' }).click();

    await page.getByRole('heading', { name: 'Inbox' }).waitFor();
    const list = page.getByRole('list', { name: 'Proposals' });
    await expect.poll(() => list.getByRole('listitem').count(), { timeout: 180_000 }).toBe(5);
    expect(page.url()).not.toContain('token');

    // Evidence, rank and the agent's words stand beside the list.
    const detail = page.getByRole('article');
    await detail.locator('mark', { hasText: 'FIXME: stock can go below zero' }).waitFor();
    await detail.getByText('Exactly what the agent is given').waitFor();
    await detail.getByText('marked as broken').waitFor();

    // A slip of a key is taken back before it leaves.
    await page.keyboard.press('a');
    await expect.poll(() => list.getByRole('listitem').count()).toBe(4);
    await page.keyboard.press('z');
    await expect.poll(() => list.getByRole('listitem').count()).toBe(5);

    // What was decided on is gone from the list, and the focus is on what is shown next.
    const focused = (): Promise<string | null> =>
      page.evaluate("document.activeElement?.getAttribute('aria-current') ?? null");
    await list.getByRole('button', { name: /release\.sh/u }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('article', { name: /release\.sh/u }).waitFor();
    await detail.getByRole('button', { name: /Approve/u }).click();
    await expect.poll(() => list.getByRole('listitem').count()).toBe(4);
    await expect.poll(focused).toBe('true');

    // Somebody changes its words before the approval leaves: refused, named, and back in the list.
    await changeWords('release.sh', 'Delete the tags, too.');
    const notices = page.getByRole('region', { name: 'Notices' });
    const refused = notices.getByRole('alert');
    await refused.getByText(/was changed since you read it/u).waitFor();
    expect(await refused.innerText()).toMatch(/^Not approved: .*release\.sh[^]*Read it again/u);
    await expect.poll(() => list.getByRole('listitem').count()).toBe(5);
    await refused.getByRole('button', { name: 'Close' }).click();

    // Words do not change while they are read; the new ones are shown when asked for.
    await openProposal(page, /release\.sh/u);
    await detail.getByText('Delete the tags, too.').first().waitFor();
    await changeWords('release.sh', 'Delete the branches, too.');
    await detail.getByText('It was changed since you read it.').waitFor();
    expect(await detail.getByText('Delete the branches, too.').count()).toBe(0);
    // Nor can what was changed be approved: the button says why, and the key does nothing.
    const approve = detail.getByRole('button', { name: /^Approve/u });
    await expect.poll(() => approve.isDisabled()).toBe(true);
    expect(await describedBy(approve)).toMatch(/can no longer be approved/u);
    await page.keyboard.press('a');
    await approve.click({ force: true });
    expect(await list.getByRole('listitem').count()).toBe(5);
    expect(await axeViolations(page)).toEqual([]);
    await keepPicture(page, 'inbox-changed-words');
    await detail.getByRole('button', { name: 'Read it again' }).click();
    await detail.getByText('Delete the branches, too.').first().waitFor();
    await expect
      .poll(async () => [await approve.isDisabled(), await describedBy(approve)])
      .toEqual([false, '']);

    // On the page of the task, too.
    await detail.getByRole('link', { name: 'whole story' }).click();
    await list.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: /^Approve/u }).click();
    const asked = page.getByRole('dialog', { name: 'Approve?' });
    await asked.waitFor();
    await changeWords('release.sh', 'Delete everything.');
    await asked.getByRole('button', { name: 'Approve' }).click();
    await asked
      .getByRole('alert')
      .getByText(/was changed since you read it/u)
      .waitFor();
    await page.keyboard.press('Escape');
    // While it closes there are two buttons of that name.
    await asked.waitFor({ state: 'detached' });
    await page.getByText('It was changed since you read it.').waitFor();
    const held = page.getByRole('button', { name: /^Approve/u });
    await expect.poll(() => held.isDisabled()).toBe(true);
    expect(await describedBy(held)).toMatch(/can no longer be approved/u);
    expect(await states('release.sh')).toEqual(['proposed']);
    await byPalette(page, 'go to inbox', /^Inbox/u);

    // Rejected with a reason, put off, and two approved at once.
    await openProposal(page, /release\.sh/u);
    await page.keyboard.press('r');
    const reason = page.getByLabel('Reason (optional)');
    // As many signs as the service counts, whatever they take in memory.
    await reason.fill('\u{1F980}'.repeat(2001));
    expect(await reason.inputValue()).toBe('\u{1F980}'.repeat(2000));
    await reason.fill('versions come from the tag');
    await page.getByRole('button', { name: 'Reject', exact: true }).last().click();
    await expect.poll(() => list.getByRole('listitem').count()).toBe(4);
    await openProposal(page, /return 0 for an article/u);
    await byPalette(page, 'snooze', /^Snooze/u);
    await page.getByRole('button', { name: /Tomorrow morning/u }).click();
    await expect.poll(() => list.getByRole('listitem').count()).toBe(3);
    await openProposal(page, /stock can go below zero/u);
    await page.keyboard.press('x');
    await page.keyboard.press('Shift+J');
    await page.getByText('2 selected').waitFor();
    const shown = async (): Promise<string> => (await detail.getAttribute('aria-label')) ?? '';
    await expect.poll(shown).not.toMatch(/^$|stock can go below zero/u);
    const second = await shown();
    await page.keyboard.press('a');
    await expect.poll(() => list.getByRole('listitem').count()).toBe(1);
    // One of two was changed: the other is approved, this one is named and approved once it was read again.
    await changeWords(second, 'And say so in the log.');
    await refused.getByText('1 of 2 not approved; the other is').waitFor();
    await keepPicture(page, 'inbox-partly-refused');
    expect(await states(second)).toEqual(['proposed']);
    await refused.getByRole('link', { name: second }).click();
    await detail.getByText('And say so in the log.').first().waitFor();
    await page.keyboard.press('a');
    await expect.poll(() => list.getByRole('listitem').count()).toBe(1);
    await expect.poll(() => refused.count()).toBe(0);
    // Whoever leaves before the ten seconds are over has decided all the same.
    await page.goto('about:blank');
    await expect.poll(() => states(second), { timeout: 180_000 }).not.toEqual(['proposed']);
    await page.goto(`${service.origin}/inbox`);
    await list.getByRole('listitem').first().waitFor();

    // The board shows them on their way without being asked again.
    await byPalette(page, 'go to board', /^Board/u);
    await page.getByRole('heading', { name: 'Board' }).waitFor();
    await byPalette(page, 'pause', /pause/iu);
    const pausing = page.getByRole('dialog', { name: 'Pause everything?' });
    await pausing.getByRole('button', { name: 'Leave it as it is' }).click();
    await pausing.waitFor({ state: 'detached' });
    const review = page.getByRole('region', { name: 'In review' });
    await review
      .getByRole('link', { name: /stock can go below zero/u })
      .waitFor({ timeout: 180_000 });
    await review.getByRole('link', { name: /stock can go below zero/u }).click();

    // What came of it: the diff, the run with what the agent did, and the merge.
    await page.getByRole('region', { name: 'stock.py', exact: true }).waitFor();
    await page.getByText('raise ValueError').first().waitFor();
    await page.getByRole('link', { name: 'Runs 1', exact: true }).click();
    await page.getByRole('link', { name: /Attempt 1 Succeeded/u }).click();
    const log = page.getByRole('log');
    await log.getByText('The agent ended: completed').waitFor();
    await log.getByText('Edit', { exact: true }).first().waitFor();
    await page.getByRole('link', { name: '1 passed' }).click();
    await page.getByText('python3 -m unittest').first().waitFor();
    await page.getByRole('button', { name: 'Merge' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Merge' }).click();
    await page.getByText('Done', { exact: true }).first().waitFor();
    await page.goto(`${service.origin}/tasks?state=rejected`);
    await page.getByRole('link', { name: /release\.sh/u }).click();
    await page
      .getByText(/rejected by ann: versions come from the tag/u)
      .first()
      .waitFor();
    await page.goto(`${service.origin}/inbox?show=snoozed`);
    await page.getByRole('button', { name: /return 0 for an article/u }).waitFor();
    await keepPicture(page, 'inbox-snoozed');
    expect(watched.troubles).toEqual([]);
  }, 420_000);
});
