import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findChromium, launchChromium } from '../support/chromium.ts';
import { becomeFirstAdmin, settled } from '../support/dashboard-person.ts';
import { type DashboardService, startDashboardService } from '../support/dashboard-service.ts';
import { lookAtPages, looks } from '../support/look-at-pages.ts';
import { seedHealth } from '../support/seed-health.ts';
import { seedOutcomes } from '../support/seed-outcomes.ts';

const executable = await findChromium();
const copies = 12;
let service: DashboardService;
let browser: Browser;
let signedIn: BrowserContext;
let repositories: readonly string[];

describe.skipIf(executable === null && process.env['CI'] === undefined)(
  'repositories, outcomes and health, with much to show',
  () => {
    beforeAll(async () => {
      let folder = '';
      service = await startDashboardService(
        ({ repositories: [first = {}, ...rest] }) => ({
          repositories: [
            { ...first, agent: 'demo', protectedPaths: ['deploy/**'] },
            ...rest,
            { match: join(folder, 'copies', '*'), caps: { proposalsOpen: 3 } },
          ],
          // What is told of stands in the database as the test wrote it.
          alerts: { enabled: false },
        }),
        async (given) => {
          folder = given;
          for (let copy = 1; copy <= copies; copy += 1)
            await cp(
              join(given, 'repositories', 'payments'),
              join(given, 'copies', `service-${String(copy).padStart(2, '0')}`),
              { recursive: true },
            );
        },
      );
      browser = await launchChromium(executable ?? 'no Chromium on this machine');
      signedIn = await browser.newContext({ viewport: { width: 1440, height: 900 } });
      const page = await signedIn.newPage();
      await becomeFirstAdmin(page, service);
      const { pool } = service.database;
      const looked = async (): Promise<number> =>
        (await pool.query('select 1 from repository_looks')).rowCount ?? 0;
      while ((await looked()) < copies + 3) await delay(250);
      repositories = (
        await pool.query<{ name: string }>("select distinct target->>'name' as name from tasks")
      ).rows.map(({ name }) => name);
      await seedOutcomes(pool, repositories, 600);
      await seedHealth(pool);
      await page.close();
    }, 420_000);
    afterAll(async () => {
      await browser.close();
      await service.close();
    });

    const open = async (path: string): Promise<Page> => {
      const page = await signedIn.newPage();
      await page.goto(`${service.origin}${path}`);
      await settled(page);
      return page;
    };
    const copy = (number: number): string =>
      join(service.folder, 'copies', `service-${String(number).padStart(2, '0')}`);

    test.each(looks.map((look) => [look.width, look.colorScheme, look] as const))(
      'at %i pixels, %s: axe finds nothing, nothing is cut, nothing moves',
      async (_width, _scheme, look) => {
        const one = `/repository?repo=${encodeURIComponent(copy(1))}`;
        const found = await lookAtPages(browser, signedIn, service.origin, look, [
          ['repositories-much', '/repositories'],
          ['repository-work', one],
          ['repository-findings', `${one}&tab=findings`],
          ['repository-policy', `${one}&tab=policy`],
          ['outcomes-much', '/outcomes'],
          ['outcomes-year-by-repository', '/outcomes?days=365&by=repository'],
          ['health-much', '/health-checks?check=database&alerts=all'],
        ]);
        expect(found).toEqual([]);
      },
      240_000,
    );

    test('the four figures are what the rows of the database come to, and each says what it means', async () => {
      const page = await open('/outcomes?days=30');
      const { rows } = await service.database.pool.query<{ merged: number }>(
        "select count(*)::int as merged from tasks where state = 'done' and updated_at >= now() - interval '30 days'",
      );
      const figures = page.locator('dl').first();
      await expect
        .poll(() => figures.locator('dd').first().innerText())
        .toBe(String(rows[0]?.merged));
      for (const name of [
        'Merged',
        'Approved of proposed',
        'Cost per merged pull request',
        'Median lead time',
      ]) {
        await page.getByRole('button', { name: `What “${name}” means` }).click();
        await page.getByRole('dialog').getByText(name, { exact: true }).waitFor();
        await page.keyboard.press('Escape');
      }
      await page.close();
    });

    test.each([
      [{ sandbox: { name: 'none', missing: null } }, 'Nothing seals agents in: '],
      [
        { sandbox: { name: 'none', missing: 'No sandbox for agents works on this machine.' } },
        'No agent runs.',
      ],
      [
        {
          sandbox: null,
          processes: [
            { role: 'api', pid: 1, host: 'one', isUnsealed: false },
            { role: 'worker', pid: 2, host: 'two', isUnsealed: true },
          ],
        },
        'Nothing seals agents in on two: ',
      ],
    ])('with the status %j every page says so', async (changed, words) => {
      const page = await signedIn.newPage();
      await page.route(/\/api\/v1\/service\/status/u, async (route) => {
        const answer = await route.fetch();
        const status = (await answer.json()) as object;
        await route.fulfill({ response: answer, json: { ...status, ...changed } });
      });
      for (const path of ['/outcomes', '/repositories', '/board', '/settings']) {
        await page.goto(`${service.origin}${path}`);
        await expect.poll(() => page.getByText(words).count()).toBe(1);
      }
      await page.close();
    });

    test('behind each chart is the table of the same values', async () => {
      const page = await open('/outcomes?days=30');
      await page.getByRole('button', { name: 'Merged pull requests: show the table' }).click();
      const table = page.getByRole('region', { name: 'Merged pull requests, as a table' });
      await table.locator('tbody td:nth-child(2)').first().waitFor();
      const cells = await table.locator('tbody td:nth-child(2)').allInnerTexts();
      const { rows } = await service.database.pool.query<{ merged: number }>(
        `select count(*)::int as merged from tasks where state = 'done'
         and (updated_at at time zone 'UTC')::date > (now() at time zone 'UTC')::date - 30`,
      );
      // The first day of the period is begun in the middle; it stands last in the table.
      const sum = cells.slice(0, 30).reduce((total, cell) => total + Number(cell), 0);
      expect(sum).toBe(rows[0]?.merged);
      await page.close();
    });

    test('a policy is checked while one types, and saved into an entry of its own before the pattern', async () => {
      const name = copy(2);
      const page = await open(`/repository?repo=${encodeURIComponent(name)}&tab=policy`);
      const save = page.getByRole('button', { name: 'Save', exact: true });
      const cap = page.getByLabel('Open proposals');
      await cap.fill('many');
      await page.getByText('Write a whole number').waitFor();
      await expect.poll(() => save.isDisabled()).toBe(true);
      await cap.fill('7');
      await page.getByLabel('Checks').fill('node --test\nnpm run lint');
      const run = page.getByLabel(/Money for a run/u);
      await run.fill('900');
      // Known to the service alone: what a run may cost must fit into what a day may cost.
      await page.getByText('one run may cost more than a whole day').waitFor({ timeout: 120_000 });
      await expect.poll(() => save.isDisabled()).toBe(true);
      await run.fill('2');
      await page.getByText('Checked by the service: it fits.').waitFor({ timeout: 120_000 });
      await save.click();
      await page.getByText('Saved; it holds from now on.').waitFor();
      const file = await readFile(join(service.folder, 'config.json'), 'utf8');
      const { repositories: entries } = JSON.parse(file) as { repositories: { match: string }[] };
      const own = entries.findIndex(({ match }) => match === name);
      expect(entries[own]).toMatchObject({
        checks: ['node --test', 'npm run lint'],
        caps: { proposalsOpen: 7 },
        budget: { perRunUsd: 2 },
      });
      expect(own).toBeLessThan(entries.findIndex(({ match }) => match.endsWith('*')));
      await page.getByText('decides').waitFor();
      await page.close();
    }, 420_000);

    test('one repository is paused after a word of what that means, and goes on', async () => {
      const page = await open('/repositories?q=service-03');
      await page.getByRole('button', { name: 'Pause service-03' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Pause', exact: true }).click();
      await page.getByRole('cell', { name: /Paused/u }).waitFor();
      const { rows } = await service.database.pool.query('select scope from pauses');
      expect(rows).toEqual([{ scope: expect.stringContaining('service-03') }]);
      await page.getByRole('button', { name: 'Lift the pause of service-03' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Go on' }).click();
      await page.getByRole('cell', { name: /Active/u }).waitFor();
      await page.close();
    });

    test('scan now looks at the repository and says what came of it', async () => {
      const name = copy(4);
      const page = await open(`/repository?repo=${encodeURIComponent(name)}`);
      const at = async (): Promise<Date> =>
        (
          await service.database.pool.query<{ at: Date }>(
            'select at from repository_looks where repository_key = $1',
            [`local:${name}`],
          )
        ).rows[0]?.at ?? new Date(0);
      const before = await at();
      await page.getByRole('button', { name: 'Scan now' }).click();
      await page.getByText(/\d+ findings? open, nothing new proposed/u).waitFor();
      expect((await at()).getTime()).toBeGreaterThan(before.getTime());
      await page.close();
    });

    test('an alert is silenced for an hour and another one resolved', async () => {
      const page = await open('/health-checks');
      const budget = page.getByRole('listitem').filter({ hasText: '$41.20 of $50.00' });
      await budget.getByRole('button', { name: 'Silence' }).click();
      await page.getByRole('menuitem', { name: 'For an hour' }).click();
      await budget.getByText('by ann').waitFor();
      const disk = page.getByRole('listitem').filter({ hasText: '0.4 GB are free' });
      await disk.getByRole('button', { name: 'Resolve' }).click();
      await disk.waitFor({ state: 'detached' });
      await page.getByRole('button', { name: 'Silence everything' }).click();
      await page.getByRole('menuitem', { name: 'For four hours' }).click();
      const silences = page.getByRole('list', { name: 'Silences' });
      const everything = silences.getByRole('listitem').filter({ hasText: 'any alert' });
      await everything.getByText('made by ann').waitFor();
      await everything.getByRole('button', { name: 'Tell again' }).click();
      await everything.waitFor({ state: 'detached' });
      const { rows } = await service.database.pool.query(
        `select alerts.id, state, made_by as silenced_by, resolved_by
          from alerts left join alert_silences using (kind, subject)
          where alerts.id <> 'a00000000003' order by alerts.id`,
      );
      expect(rows).toEqual([
        { id: 'a00000000001', state: 'firing', silenced_by: 'ann', resolved_by: null },
        { id: 'a00000000002', state: 'resolved', silenced_by: null, resolved_by: 'ann' },
      ]);
      await page.close();
    });

    test('a check opens on its course, its threshold and what was done about it', async () => {
      const page = await open('/health-checks');
      await page
        .getByRole('button', { name: /^Healthy Disk|Disk/u })
        .first()
        .click();
      await expect.poll(() => new URL(page.url()).searchParams.get('check')).toBe('disk');
      await page.getByText('64 GB are free.').waitFor();
      await page.getByRole('img', { name: /^Disk: Measured: last/u }).waitFor();
      await page.goBack();
      await page.close();
    });
  },
);
