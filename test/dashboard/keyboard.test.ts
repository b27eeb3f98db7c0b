import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findChromium, keepPicture, launchChromium, watch } from '../support/chromium.ts';
import {
  becomeFirstAdmin,
  byPalette,
  lendSession,
  settled,
  testPassword,
} from '../support/dashboard-person.ts';
import { type DashboardService, startDashboardService } from '../support/dashboard-service.ts';

const executable = await findChromium();
let service: DashboardService;
let browser: Browser;
let signedIn: BrowserContext;

/** Runs in the page: what has the focus, and whether a person sees that it does. */
const focusNow = `(() => {
  const element = document.activeElement;
  if (element === null || element === document.body) return { words: '', wrong: 'lost' };
  const name = element.getAttribute('aria-label') ?? element.innerText ?? '';
  const labels = [...(element.labels ?? [])].map((label) => label.innerText);
  const words = [name, ...labels, element.getAttribute('title') ?? ''].join(' ').trim();
  const { x, y, width, height } = element.getBoundingClientRect();
  const left = Math.max(0, x), top = Math.max(0, y);
  const right = Math.min(innerWidth, x + width), bottom = Math.min(innerHeight, y + height);
  if (right - left < 2 || bottom - top < 2) return { words, wrong: 'outside of the window' };
  const rings = ['', '::after', '::before'].map((part) => getComputedStyle(element, part || null));
  const isRinged = rings.some((style) => style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1);
  const isTyped = element.matches('input:not([type="checkbox"]), textarea');
  if (!isRinged && !isTyped && element.tabIndex >= 0) return { words, wrong: 'not ringed' };
  const hit = [0.5, 0.1, 0.9].some((part) => {
    const found = document.elementFromPoint(left + (right - left) * part, top + (bottom - top) / 2);
    return found !== null && (element.contains(found) || found.contains(element));
  });
  return { words, wrong: hit ? null : 'covered' };
})()`;

interface Focus {
  readonly words: string;
  readonly wrong: string | null;
}

async function focusOf(page: Page): Promise<Focus> {
  return await page.evaluate(focusNow);
}

/** Presses Tab until what has these words has the focus; each stop on the way has to be seen. */
async function tabTo(page: Page, words: RegExp, key = 'Tab'): Promise<void> {
  const passed: string[] = [];
  for (let steps = 0; steps < 150; steps += 1) {
    await page.keyboard.press(key);
    const now = await focusOf(page);
    // After the last stop the focus is on the window itself, once.
    if (now.wrong === 'lost' && passed.at(-1) !== 'lost') {
      passed.push('lost');
      continue;
    }
    expect([now.words, now.wrong, passed.slice(-5)]).toEqual([now.words, null, passed.slice(-5)]);
    if (words.test(now.words)) return;
    passed.push(now.words);
  }
  throw new Error(`${String(words)} was not reached, but ${passed.join(' | ')}`);
}

/** The focus is somewhere, and stays there. */
async function expectFocus(page: Page): Promise<void> {
  const now = async (): Promise<string | null> => (await focusOf(page)).wrong;
  await expect.poll(now).toBeNull();
}

describe.skipIf(executable === null && process.env['CI'] === undefined)('without a mouse', () => {
  beforeAll(async () => {
    service = await startDashboardService();
    browser = await launchChromium(executable ?? 'no Chromium on this machine');
    signedIn = await browser.newContext();
    const page = await signedIn.newPage();
    await becomeFirstAdmin(page, service);
    const list = page.getByRole('list', { name: 'Proposals' });
    await list.getByRole('listitem').nth(4).waitFor({ timeout: 120_000 });
    await page.close();
  }, 420_000);
  afterAll(async () => {
    await browser.close();
    await service.close();
  });

  test('the main way is gone by keyboard alone, and the focus is seen at every stop', async () => {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const watched = await watch(context, service.origin);
    const page = await context.newPage();
    page.setDefaultTimeout(90_000);

    await page.goto(`${service.origin}/sign-in`);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.getByLabel('Name').waitFor();
    if ((await focusOf(page)).wrong === 'lost') await tabTo(page, /^Name/u);
    await page.keyboard.type('ann');
    await tabTo(page, /^Password/u);
    await page.keyboard.type(testPassword);
    await page.keyboard.press('Enter');

    // Inbox: past everything by one key, down the list, the evidence read, and approved.
    const list = page.getByRole('list', { name: 'Proposals' });
    await list.getByRole('listitem').nth(4).waitFor();
    await expectFocus(page);
    await page.reload();
    await list.getByRole('listitem').nth(4).waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('k');
    await tabTo(page, /stock can go below zero/u);
    await page.keyboard.press('Enter');
    await page.getByRole('article', { name: /stock can go below zero/u }).waitFor();
    await tabTo(page, /What the decision is about/u);
    const scrolled = async (): Promise<number> =>
      await page
        .getByRole('region', { name: 'What the decision is about' })
        .evaluate((one) => (one as unknown as { scrollTop: number }).scrollTop);
    await page.keyboard.press('End');
    await expect.poll(scrolled).toBeGreaterThan(0);
    await tabTo(page, /^Approve/u, 'Shift+Tab');
    const title = (await page.getByRole('article').getAttribute('aria-label')) ?? '';
    await page.keyboard.press('Enter');
    await expect.poll(() => list.getByRole('listitem').count()).toBe(4);
    await expectFocus(page);

    // Its run.
    await byPalette(page, title.slice(0, 30), new RegExp(title.slice(0, 20), 'u'));
    await page.getByRole('heading', { name: 'Task', exact: true }).waitFor();
    await page.getByRole('heading', { name: title }).waitFor();
    await page.getByText('In review', { exact: true }).first().waitFor({ timeout: 120_000 });
    await expectFocus(page);
    await tabTo(page, /^Runs\s*1/u);
    await page.keyboard.press('Enter');
    await tabTo(page, /Attempt 1/u);
    await page.keyboard.press('Enter');
    await page.getByRole('log').getByText('The agent ended: completed').waitFor();
    await expectFocus(page);

    // A value of the configuration.
    await byPalette(page, 'go to settings', /^Settings/u);
    await page.getByRole('heading', { name: 'Settings' }).waitFor();
    await page.getByRole('textbox', { name: 'github.managerRepo' }).waitFor();
    await tabTo(page, /^executor/iu);
    await page.keyboard.press('Enter');
    await page.getByRole('textbox', { name: 'executor.budget.perDayUsd' }).waitFor();
    await tabTo(page, /executor\.budget\.perDayUsd/u);
    await page.keyboard.press('Control+a');
    await page.keyboard.type('77');
    await page.getByText('1 change', { exact: true }).waitFor();
    await tabTo(page, /Look at the differences/u);
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Write 1 change into the file?' }).waitFor();
    await tabTo(page, /^Write the file/u);
    await page.keyboard.press('Enter');
    await page.getByText('of $77.00 today').waitFor();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await expectFocus(page);

    // Another session is ended; the row that had the focus is gone afterwards, and the focus is not.
    await byPalette(page, 'sessions', /sessions/u);
    const rows = page.getByRole('table').getByRole('row');
    await page.getByText('this one', { exact: true }).waitFor();
    const before = await rows.count();
    expect(before).toBeGreaterThan(2);
    await tabTo(page, /^End the session of ann/u);
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'End the session of ann?' }).waitFor();
    await tabTo(page, /^End the session$/u);
    await page.keyboard.press('Enter');
    await expect.poll(() => rows.count()).toBe(before - 1);
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await expectFocus(page);
    await keepPicture(page, 'keyboard-session-ended');

    // The menu of the person, and out.
    await tabTo(page, /^ann: theme, keys, sign out/u, 'Shift+Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('menu').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('menu').waitFor({ state: 'detached' });
    await expectFocus(page);
    await page.keyboard.press('Enter');
    await page.getByRole('menuitem', { name: 'Sign out' }).waitFor();
    await page.keyboard.press('End');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(watched.troubles).toEqual([]);
    // The session that was ended may have been that of the other tests.
    await page.getByLabel('Name').fill('ann');
    await page.getByLabel('Password').fill(testPassword);
    await page.keyboard.press('Enter');
    await page.getByRole('main').waitFor();
    await page.waitForURL(({ pathname }) => pathname !== '/sign-in');
    await lendSession(context, signedIn);
    await context.close();
  }, 420_000);

  test('a page that is being left takes no key and no click any more, however long the next one takes', async () => {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    await lendSession(signedIn, context);
    const page = await context.newPage();
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await context.route(/\/assets\/board-[^/]+\.js/u, async (route) => {
      await held;
      await route.continue();
    });
    await page.goto(`${service.origin}/inbox`);
    const list = page.getByRole('list', { name: 'Proposals' });
    await list.getByRole('listitem').first().waitFor();
    await page
      .getByRole('article')
      .getByRole('button', { name: /^Approve/u })
      .waitFor();
    const before = await list.getByRole('listitem').count();
    // In one go, as the page that is left stands for a moment only.
    const isInert = await page.evaluate(`(async () => {
      const content = document.querySelector('#content');
      document.querySelector('nav a[href="/board"]').click();
      for (let turns = 0; turns < 50 && !content.inert; turns += 1)
        await new Promise((resolve) => setTimeout(resolve, 0));
      document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'a', bubbles: true }));
      return content.inert && document.querySelector('article') !== null;
    })()`);
    expect(isInert).toBe(true);
    // What stands in for the next page can be used: its line at the top, and the way to all others.
    await page.getByRole('heading', { name: 'Board' }).waitFor();
    await expect.poll(() => page.locator('#content[inert]').count()).toBe(0);
    // It has keys of its own alone: none of what stands behind it, hidden.
    await page.keyboard.press('?');
    const keys = page.getByRole('dialog', { name: 'Keys' }).locator('dd');
    await keys.getByText('Pause everything').waitFor();
    expect((await keys.allInnerTexts()).filter((does) => /Pause|Approve/u.test(does))).toEqual([
      'Pause everything',
    ]);
    await page.keyboard.press('Escape');
    await keys.first().waitFor({ state: 'detached' });
    // What is asked meanwhile is still asked when the page has come.
    await page.keyboard.press('p');
    const pausing = page.getByRole('dialog', { name: 'Pause everything?' });
    await pausing.waitFor();
    release();
    await page.locator('section[aria-label="Waiting"]').waitFor();
    await pausing.getByRole('button', { name: 'Leave it as it is' }).click();
    await pausing.waitFor({ state: 'detached' });
    await page.getByRole('region', { name: 'Waiting' }).waitFor();
    await page
      .getByRole('navigation', { name: 'Pages' })
      .locator('a[href="/inbox"]')
      .last()
      .click();
    await list.getByRole('listitem').first().waitFor();
    expect(await list.getByRole('listitem').count()).toBe(before);
    expect(await page.getByRole('region', { name: 'Notices' }).getByRole('button').count()).toBe(0);
    await context.close();
  });

  test('nothing moves for who asked for less of it, and something does for others', async () => {
    const longest = async (reducedMotion: 'reduce' | 'no-preference'): Promise<number> => {
      const context = await browser.newContext({
        reducedMotion,
        viewport: { width: 1440, height: 900 },
      });
      await context.addInitScript(`
        window.longest = 0;
        const look = () => {
          for (const animation of document.getAnimations()) {
            const { duration, iterations } = animation.effect.getComputedTiming();
            window.longest = Math.max(window.longest, Number(duration) * iterations);
          }
          requestAnimationFrame(look);
        };
        requestAnimationFrame(look);
        document.addEventListener('transitionrun', ({ target, propertyName }) => {
          for (const one of target.getAnimations())
            if (one.transitionProperty === propertyName)
              window.longest = Math.max(window.longest, Number(one.effect.getComputedTiming().duration));
        });
      `);
      const page = await context.newPage();
      await page.goto(`${service.origin}/sign-in`);
      await page.getByLabel('Name').fill('ann');
      await page.getByLabel('Password').fill(testPassword);
      await page.keyboard.press('Enter');
      await page.getByRole('list', { name: 'Proposals' }).waitFor();
      let most = 0;
      for (const path of ['/inbox', '/board', '/runs', '/health-checks', '/settings']) {
        await page.goto(`${service.origin}${path}`);
        await settled(page);
        for (const key of ['Control+k', '?']) {
          await page.keyboard.press(key);
          await page.getByRole('dialog').waitFor();
          await page.keyboard.press('Escape');
          await page.getByRole('dialog').waitFor({ state: 'detached' });
        }
        await page.getByRole('button', { name: /theme, keys, sign out/u }).click();
        await page.getByRole('menu').waitFor();
        await page.keyboard.press('Escape');
        await page.getByRole('menu').waitFor({ state: 'detached' });
        most = Math.max(most, Number(await page.evaluate('window.longest')));
      }
      await context.close();
      return most;
    };
    expect(await longest('reduce')).toBeLessThanOrEqual(10);
    expect(await longest('no-preference')).toBeGreaterThan(10);
  }, 420_000);

  test('times are those of the reader’s own place, and exact with their zone on hover', async () => {
    const { rows } = await service.database.pool.query<{ created_at: Date }>(
      "select created_at from tasks where state = 'proposed'",
    );
    for (const [timezoneId, zone] of [
      ['Asia/Kathmandu', 'GMT+5:45'],
      ['America/St_Johns', 'GMT-'],
    ] as const) {
      const context = await browser.newContext({ timezoneId, locale: 'en-US' });
      const page = await context.newPage();
      await page.goto(`${service.origin}/sign-in`);
      await page.getByLabel('Name').fill('ann');
      await page.getByLabel('Password').fill(testPassword);
      await page.keyboard.press('Enter');
      await page.getByRole('article').locator('time').first().waitFor();
      const exact = new Intl.DateTimeFormat('en-US', {
        dateStyle: 'full',
        timeStyle: 'long',
        timeZone: timezoneId,
      });
      const written = rows.map(({ created_at: at }) => exact.format(at));
      const time = page.getByRole('article').locator('time').first();
      expect(written).toContain(await time.getAttribute('title'));
      expect(await time.getAttribute('title')).toContain(zone);
      expect(await time.innerText()).toMatch(/ago|just now/u);
      await context.close();
    }
  }, 420_000);
});
