import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { securityTabs } from '../../web/pages/security/search.ts';
import { settingsTabs } from '../../web/pages/settings/search.ts';
import { findChromium, launchChromium } from '../support/chromium.ts';
import { settled } from '../support/dashboard-person.ts';
import { type DashboardService, startDashboardService } from '../support/dashboard-service.ts';

const executable = await findChromium();
let service: DashboardService;
let browser: Browser;

describe.skipIf(executable === null && process.env['CI'] === undefined)('without accounts', () => {
  beforeAll(async () => {
    service = await startDashboardService(undefined, undefined, undefined, ['--no-security']);
    browser = await launchChromium(executable ?? 'no Chromium on this machine');
  });
  afterAll(async () => {
    await browser.close();
    await service.close();
  });

  test('whoever works at the machine is shown every page, and no error on any', async () => {
    const page = await browser.newPage();
    const paths = [
      ...'inbox board tasks repositories runs outcomes health-checks performance first-run'.split(
        ' ',
      ),
      ...securityTabs.map((tab) => `security?tab=${tab}`),
      ...settingsTabs.map((tab) => `settings?tab=${tab}`),
    ];
    const found: string[] = [];
    for (const path of paths) {
      await page.goto(`${service.origin}/${path}`);
      await settled(page);
      expect(new URL(page.url()).pathname.slice(1)).toBe(path.split('?', 1)[0]);
      for (const said of await page.getByRole('alert').allInnerTexts())
        found.push(`${path}: ${said}`);
    }
    expect(found).toEqual([]);
  });
});
