import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  axeViolations,
  findChromium,
  keepPicture,
  launchChromium,
  watch,
} from '../support/chromium.ts';
import { becomeFirstAdmin, lendSession, settled } from '../support/dashboard-person.ts';
import { type DashboardService, startDashboardService } from '../support/dashboard-service.ts';
import { hostileMarkup } from '../support/hostile-markup.ts';
import { looks } from '../support/look-at-pages.ts';
import { addMuchData } from '../support/much-data.ts';

const executable = await findChromium();

let service: DashboardService;
let browser: Browser;
let signedIn: BrowserContext;

/** Every page, and the buttons on it that open a dialog. */
const pages = (taskId: string): readonly (readonly [string, string, readonly RegExp[]])[] => [
  ['inbox', '/inbox', [/^Pause everything/u]],
  ['inbox-detail', `/inbox?task=${taskId}`, [/^Reject/u, /^Snooze/u, /^Edit/u]],
  ['board', '/board', []],
  ['tasks', '/tasks', []],
  ['task', `/tasks/${taskId}`, [/^Approve/u, /^Reject/u]],
  ['runs', '/runs', []],
  ['repositories', '/repositories', [/^Pause /u]],
  ['repository', '/repositories', []],
  ['outcomes', '/outcomes', []],
  ['health', '/health-checks', []],
  ['performance', '/performance', [/^Call this normal/u]],
  ['security', '/security', []],
  ['security-audit', '/security?tab=audit', []],
  ['security-chain', '/security?tab=chain', []],
  ['security-blocked', '/security?tab=blocked', [/^Unblock /u]],
  ['security-sessions', '/security?tab=sessions', [/^End the session of /u]],
  ['security-tokens', '/security?tab=tokens', [/^Revoke /u]],
  ['security-credentials', '/security?tab=credentials', [/^Store a credential/u]],
  ['security-report', '/security/report', []],
  ['settings', '/settings', []],
  ['settings-people', '/settings?tab=people', [/^Add /u]],
  ['settings-tokens', '/settings?tab=tokens', [/^(?:Make|New) /u]],
  ['settings-webhooks', '/settings?tab=webhooks', []],
  ['settings-receivers', '/settings?tab=webhooks&way=out', []],
  ['settings-agents', '/settings?tab=agents', []],
  ['first-run', '/first-run', []],
];

/** Whether what stands on every page is opened on every page, and not on the first one alone. */
const isEverywhere = process.env['LOOKS'] === 'all';

/** What floats over the page now. */
const floating = '[role="menu"], [role="listbox"], [role="dialog"]';

describe.skipIf(executable === null && process.env['CI'] === undefined)('what is opened', () => {
  beforeAll(async () => {
    service = await startDashboardService();
    browser = await launchChromium(executable ?? 'no Chromium on this machine');
    signedIn = await browser.newContext();
    const page = await signedIn.newPage();
    await becomeFirstAdmin(page, service);
    await page.getByRole('list', { name: 'Proposals' }).getByRole('listitem').first().waitFor();
    await page.close();
    await addMuchData(service.database, hostileMarkup);
  }, 420_000);
  afterAll(async () => {
    await browser.close();
    await service.close();
  });

  test.each(looks.map(({ width, height, colorScheme }) => [width, height, colorScheme] as const))(
    'menus, choices, dialogs and the palette on every page give the focus back and hold nothing that axe finds, at %i by %i pixels, %s',
    async (width, height, colorScheme) => {
      const context = await browser.newContext({
        viewport: { width, height },
        colorScheme,
        reducedMotion: 'reduce',
      });
      const watched = await watch(context, service.origin);
      await lendSession(signedIn, context);
      const page = await context.newPage();
      page.setDefaultTimeout(90_000);
      const { rows } = await service.database.pool.query<{ id: string }>(
        "select id from tasks where state = 'proposed' order by id limit 1",
      );
      const found: string[] = [];
      let opened = 0;
      for (const [name, path, dialogs] of pages(rows[0]?.id ?? '')) {
        await page.goto(`${service.origin}${path}`);
        await settled(page);
        for (const opener of await openersOf(page, dialogs)) {
          const words = await wordsOf(opener);
          // What stands on every page is the same on every page.
          if (/theme, keys, sign out|^More/u.test(words) && name !== 'inbox' && !isEverywhere)
            continue;
          const said = `${name}: ${words}`;
          await opener.focus();
          await page.keyboard.press('Enter');
          found.push(...(await lookAt(page, said)));
          opened += 1;
          const isBack = await expect
            .poll(() => hasFocus(opener))
            .toBe(true)
            .then(
              () => true,
              () => false,
            );
          if (!isBack) found.push(`${said}: the focus does not come back`);
        }
        if (name === 'inbox' || isEverywhere) {
          await page.keyboard.press('Control+k');
          found.push(...(await lookAt(page, `${name}: the palette`)));
          await page.keyboard.press('?');
          found.push(...(await lookAt(page, `${name}: the keys`)));
        }
      }
      expect(found).toEqual([]);
      expect(opened).toBeGreaterThan(35);
      expect(watched.troubles).toEqual([]);
      await context.close();
    },
    600_000,
  );
});

/** What opens a menu or a choice, and the first button of each dialog; of several that are named alike, the first. */
async function openersOf(page: Page, dialogs: readonly RegExp[]): Promise<readonly Locator[]> {
  const openers: Locator[] = [];
  const seen = new Set<string>();
  for (const one of await page.locator('[aria-haspopup], [role="combobox"]').all()) {
    if (!(await one.isVisible()) || !(await one.isEnabled())) continue;
    const shape = (await wordsOf(one)).replace(/person-\d+|:.*$|“.*”/u, '');
    if (!seen.has(shape)) openers.push(one);
    seen.add(shape);
  }
  for (const words of dialogs) {
    const one = page.getByRole('button', { name: words }).filter({ visible: true }).first();
    await one.waitFor();
    openers.push(one);
  }
  return openers;
}

async function wordsOf(element: Locator): Promise<string> {
  return (await element.getAttribute('aria-label')) ?? (await element.innerText());
}

async function hasFocus(element: Locator): Promise<boolean> {
  return await element.evaluate((one) =>
    (one as unknown as { matches(what: string): boolean }).matches(':focus'),
  );
}

/** Looks at what has just been opened and closes it again. */
async function lookAt(page: Page, said: string): Promise<readonly string[]> {
  const floats = page.locator(floating).filter({ visible: true });
  const isOpen = await floats
    .first()
    .waitFor({ timeout: 120_000 })
    .then(
      () => true,
      () => false,
    );
  if (!isOpen) return [`${said}: nothing opens`];
  const found = (await axeViolations(page)).map((one) => `${said}: ${one}`);
  if (found.length > 0) await keepPicture(page, `opened-${said.replaceAll(/\W+/gu, '-')}`);
  await page.keyboard.press('Escape');
  await floats.first().waitFor({ state: 'detached' });
  return found;
}
