import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  axeViolations,
  findChromium,
  keepPicture,
  launchChromium,
  type Watched,
  watch,
} from '../support/chromium.ts';
import { becomeFirstAdmin, lendSession, settled } from '../support/dashboard-person.ts';
import { type DashboardService, startDashboardService } from '../support/dashboard-service.ts';
import { hostileMarkup } from '../support/hostile-markup.ts';
import { shiftsOf, watchShifts } from '../support/layout-shift.ts';
import { looks } from '../support/look-at-pages.ts';
import { addMuchData } from '../support/much-data.ts';

const executable = await findChromium();

let service: DashboardService;
let browser: Browser;
let signedIn: BrowserContext;
/** What was wrong with the pages while there was nothing to show. */
const emptyTroubles: string[] = [];

const addresses = [
  ['security', '/security'],
  ['security-audit', '/security?tab=audit'],
  ['security-entry', '/security?tab=audit&entry=3'],
  ['security-chain', '/security?tab=chain'],
  ['security-blocked', '/security?tab=blocked'],
  ['security-sessions', '/security?tab=sessions'],
  ['security-tokens', '/security?tab=tokens'],
  ['security-credentials', '/security?tab=credentials'],
  ['security-report', '/security/report'],
  ['settings', '/settings'],
  ['settings-executor', '/settings?section=executor'],
  ['settings-people', '/settings?tab=people'],
  ['settings-tokens', '/settings?tab=tokens'],
  ['settings-webhooks', '/settings?tab=webhooks'],
  ['settings-receivers', '/settings?tab=webhooks&way=out'],
  ['settings-agents', '/settings?tab=agents'],
  ['performance', '/performance'],
  ['performance-github', '/performance?tab=github'],
  ['performance-resources', '/performance?tab=resources'],
  ['performance-queue', '/performance?tab=queue'],
] as const;

interface Opened {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly watched: Watched;
  readonly canaries: readonly string[];
}

async function open(options: Parameters<Browser['newContext']>[0] = {}): Promise<Opened> {
  const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
  const watched = await watch(context, service.origin);
  await watchShifts(context);
  const canaries: string[] = [];
  await context.exposeFunction('canary', () => canaries.push('called'));
  await lendSession(signedIn, context);
  const page = await context.newPage();
  page.setDefaultTimeout(90_000);
  page.on('dialog', (dialog) => {
    canaries.push(dialog.message());
    void dialog.dismiss();
  });
  return { page, context, watched, canaries };
}

/** Looks at every address; answers what is wrong with it. */
async function lookAtAll(page: Page, named: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const [name, path] of addresses) {
    await page.goto(`${service.origin}${path}`);
    await settled(page);
    for (const one of await axeViolations(page)) found.push(`${name}: ${one}`);
    const overflow = await page.evaluate(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    );
    if (overflow !== 0) found.push(`${name}: ${String(overflow)} px wider than the window`);
    for (const one of await shiftsOf(page)) found.push(`${name}: ${one}`);
    await keepPicture(page, `${name}-${named}`);
  }
  return found;
}

describe.skipIf(executable === null && process.env['CI'] === undefined)(
  'the pages of who looks after the service',
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
      for (const { width, height, colorScheme } of looks.length > 2 ? looks : looks.slice(0, 1)) {
        const { page: empty, context } = await open({ viewport: { width, height }, colorScheme });
        emptyTroubles.push(...(await lookAtAll(empty, `little-${width}-${colorScheme}`)));
        await context.close();
      }
      await addMuchData(service.database, hostileMarkup);
      // Names that nobody has are kept in the audit log as they were typed.
      for (const user of hostileMarkup.slice(0, 12))
        await fetch(`${service.origin}/api/v1/sessions/sign-in`, {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            'x-claude-manager': '1',
            origin: service.origin,
          },
          body: JSON.stringify({ user: user.slice(0, 200), password: 'none of these' }),
        });
    }, 420_000);
    afterAll(async () => {
      await browser.close();
      await service.close();
    });

    test('with nothing to show yet: axe finds nothing, nothing is cut, nothing moves', () => {
      expect(emptyTroubles).toEqual([]);
    });

    test.each(looks.map(({ width, height, colorScheme }) => [width, height, colorScheme] as const))(
      '%i by %i pixels, %s, with much to show: axe finds nothing, nothing is cut or moves, no markup of others acts',
      async (width, height, colorScheme) => {
        const { page, context, watched, canaries } = await open({
          viewport: { width, height },
          colorScheme,
        });
        expect(await lookAtAll(page, `${width}-${colorScheme}`)).toEqual([]);
        expect({ canaries, troubles: watched.troubles }).toEqual({ canaries: [], troubles: [] });
        await context.close();
      },
      300_000,
    );
  },
);
