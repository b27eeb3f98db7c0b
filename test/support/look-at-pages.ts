import type { Browser, BrowserContext } from 'playwright-core';
import { axeViolations, keepPicture, watch } from './chromium.ts';
import { lendSession, settled } from './dashboard-person.ts';
import { shiftsOf, watchShifts } from './layout-shift.ts';

/** A window and a theme to look at pages in. */
export interface Look {
  readonly width: number;
  readonly height: number;
  readonly colorScheme: 'light' | 'dark';
}

const everyLook: readonly Look[] = [
  { width: 1440, height: 900, colorScheme: 'light' },
  { width: 390, height: 844, colorScheme: 'dark' },
  { width: 1440, height: 900, colorScheme: 'dark' },
  { width: 390, height: 844, colorScheme: 'light' },
];

/** What every page is looked at in: each width and each theme once, or all four of them with `LOOKS=all`. */
export const looks = process.env['LOOKS'] === 'all' ? everyLook : everyLook.slice(0, 2);

/**
 * Opens each page as the person of `signedIn` and keeps a picture. Answers what is wrong: what axe finds, what is wider
 * than the window, what moved after it was shown, and what broke the content security policy or was not caught.
 */
export async function lookAtPages(
  browser: Browser,
  signedIn: BrowserContext,
  origin: string,
  { width, height, colorScheme }: Look,
  pages: readonly (readonly [name: string, path: string])[],
): Promise<readonly string[]> {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme,
    // What fades in is looked at when it is there.
    reducedMotion: 'reduce',
  });
  const watched = await watch(context, origin);
  await lendSession(signedIn, context);
  await watchShifts(context);
  const page = await context.newPage();
  const found: string[] = [];
  for (const [name, path] of pages) {
    await page.goto(`${origin}${path}`);
    const isShown = await settled(page).then(
      () => true,
      () => false,
    );
    if (!isShown) {
      await keepPicture(page, `${name}-${width}-${colorScheme}-not-shown`);
      found.push(`${name}: not shown, but: ${await page.locator('body').innerText()}`);
      continue;
    }
    // What draws a chart is loaded after the frame it stands in; not every frame gets one.
    if ((await page.locator('figure > [role="img"]').count()) > 0)
      await page
        .locator('.uplot canvas')
        .first()
        .waitFor({ timeout: 2000 })
        .catch(() => undefined);
    for (const one of await axeViolations(page)) found.push(`${name}: ${one}`);
    const overflow = Number(
      await page.evaluate(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      ),
    );
    if (overflow !== 0) found.push(`${name}: ${overflow} px wider than the window`);
    for (const one of await shiftsOf(page)) found.push(`${name}: ${one}`);
    await keepPicture(page, `${name}-${width}-${colorScheme}`);
  }
  await context.close();
  return [...found, ...watched.troubles];
}
