import { join } from 'node:path';
import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findChromium, launchChromium } from '../support/chromium.ts';
import { becomeFirstAdmin } from '../support/dashboard-person.ts';
import { type DashboardService, startDashboardService } from '../support/dashboard-service.ts';
import { lookAtPages, looks } from '../support/look-at-pages.ts';

const executable = await findChromium();
let service: DashboardService;
let browser: Browser;
let signedIn: BrowserContext;

const addresses = [
  ['repositories', '/repositories'],
  ['outcomes', '/outcomes'],
  ['health', '/health-checks'],
  ['first-run', '/first-run'],
] as const;
const named = (what: string): [string, string][] =>
  addresses.map(([name, path]) => [`${name}-${what}`, path]);

describe.skipIf(executable === null && process.env['CI'] === undefined)('the first run', () => {
  beforeAll(async () => {
    service = await startDashboardService(() => ({ repositories: [] }));
    browser = await launchChromium(executable ?? 'no Chromium on this machine');
    signedIn = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    await becomeFirstAdmin(await signedIn.newPage(), service);
  });
  afterAll(async () => {
    await browser.close();
    await service.close();
  });

  test('leads from no repository to proposals, can be left in between, and every page has a state for none and for little', async () => {
    const found: string[] = [];
    for (const look of looks.filter((_look, index) => index % 3 === 0))
      found.push(...(await lookAtPages(browser, signedIn, service.origin, look, named('none'))));
    const page = await signedIn.newPage();
    await page.goto(`${service.origin}/repositories`);
    await page.getByRole('link', { name: 'Set up the first one' }).click();
    const step = (name: string) => page.getByRole('region', { name });
    await expect
      .poll(() => step('Repositories').getByRole('heading').innerText())
      .toContain('to do');

    const place = step('Repositories').getByLabel('Add a repository');
    await place.fill('not a repository');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await step('Repositories').getByRole('alert').filter({ hasText: 'owner/name' }).waitFor();
    await place.fill(join(service.folder, 'repositories', 'payments'));
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await step('Repositories').getByText('payments').waitFor();
    await step('Access').getByText('no token is needed').waitFor();

    // Left and resumed: what is done is measured, not remembered.
    await page.goto(`${service.origin}/board`);
    await page.goto(`${service.origin}/first-run`);
    await step('Access').getByRole('heading', { name: 'done' }).waitFor();

    await step('First scan').getByRole('button', { name: /^Scan/u }).click();
    await step('First scan')
      .getByRole('link', { name: /Decide on \d+ proposal/u })
      .click();
    await page.getByRole('list', { name: 'Proposals' }).getByRole('listitem').first().waitFor();
    await page.close();
    for (const look of looks.filter((_look, index) => index % 3 !== 0))
      found.push(...(await lookAtPages(browser, signedIn, service.origin, look, named('little'))));
    expect(found).toEqual([]);
  }, 420_000);
});
