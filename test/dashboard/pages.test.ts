import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
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
import { becomeFirstAdmin, lendSession, settled } from '../support/dashboard-person.ts';
import { type DashboardService, startDashboardService } from '../support/dashboard-service.ts';
import { type ForcedState, forceState } from '../support/forced-states.ts';
import { shiftsOf, watchShifts } from '../support/layout-shift.ts';
import { looks } from '../support/look-at-pages.ts';
import { addMarkupEverywhere } from '../support/stored-markup.ts';

const run = promisify(execFile);
const executable = await findChromium();
const payloads = await textsOf('../corpora/inspection/hostile-markup.jsonl');

/** Runs in the page: the worker's HTML of each text, put in as it comes; answers what of it could act. */
const drawUncleaned = `async ({ url, texts }) => {
  const worker = new Worker(url, { type: 'module' });
  const next = () =>
    new Promise((resolve) => {
      worker.addEventListener('message', ({ data }) => resolve(data.html), { once: true });
    });
  await next();
  const box = document.createElement('div');
  document.body.append(box);
  for (const [index, text] of texts.entries()) {
    const html = next();
    worker.postMessage({ id: index + 1, text });
    box.insertAdjacentHTML('beforeend', await html);
  }
  await new Promise((resolve) => setTimeout(resolve, 200));
  const acting = 'script, img, iframe, svg, object, style, form, input, [href^="javascript"]';
  return { acting: box.querySelectorAll(acting).length, parts: box.childElementCount };
}`;

/** `MARKUP=all`, or `MARKUP=2/4` for the second of four parts of all; else a text of each family. */
const markup = process.env['MARKUP'] ?? '';
const isAllMarkup = markup !== '';
const [markupPart = 1, markupParts = 1] = /^\d+\/\d+$/u.test(markup)
  ? markup.split('/').map(Number)
  : [];

const runId = '0123456789abcdef01234567-1';
const eventCount = 10_000;
let service: DashboardService;
let browser: Browser;
let signedIn: BrowserContext;
let taskId: string;

async function textsOf(corpus: string): Promise<readonly string[]> {
  const lines = await readFile(new URL(corpus, import.meta.url), 'utf8');
  return lines
    .trim()
    .split('\n')
    .map((line) => String(JSON.parse(line)));
}

/** TODO comments that hold the markup of the corpus, so that titles, evidence and prompts show it. */
async function addHostileRepository(folder: string): Promise<void> {
  const work = join(folder, 'hostile');
  await run('git', ['init', '--quiet', '--initial-branch=main', work]);
  const comments = payloads.map((text) => `// TODO: ${text.replaceAll(/[\r\n]/gu, ' ')}`);
  await writeFile(join(work, 'page.js'), `${comments.join('\nnext();\n')}\n`);
  const person = ['-c', 'user.name=a', '-c', 'user.email=a@example.com'];
  await run('git', ['-C', work, 'add', '.']);
  await run('git', ['-C', work, ...person, 'commit', '--quiet', '--message', 'first']);
}

/** One task as a person's issue whose Markdown is the corpus, and a run of it with very many events, markup among them. */
async function addStoredMarkup(id: string): Promise<void> {
  const { pool } = service.database;
  const body = payloads.map((text, index) => `## Part ${index}\n\n${text}`).join('\n\n');
  await pool.query(
    `update tasks set origin = '{"kind":"issue","repository":{"host":"local","name":"/x"},"number":7}',
       finding_id = null, proposal = jsonb_set(proposal, '{body}', to_jsonb($2::text)) where id = $1`,
    [id, body],
  );
  await pool.query(
    `insert into runs (id, task_id, attempt, agent, started_at, ended_at, outcome, checks, correlation_id, patch, summary)
     values ($1, $2, 1, 'demo', now() - interval '5 minutes', now(), 'failed', $3, 'made', $4, $5)`,
    [
      runId,
      id,
      JSON.stringify([
        {
          command: 'npm test',
          passed: false,
          exitCode: 1,
          durationMs: 1200,
          output: payloads.join('\n'),
        },
      ]),
      `diff --git a/x.html b/x.html\n--- a/x.html\n+++ b/x.html\n@@ -1,1 +1,${payloads.length} @@\n-x\n${payloads.map((text) => `+${text.replaceAll('\n', ' ')}`).join('\n')}\n`,
      payloads[0],
    ],
  );
  await pool.query(
    `insert into run_events (run_id, seq, at, event)
     select $1, n, now() - interval '5 minutes' + n * interval '10 milliseconds',
       case when n = $4::int then jsonb_build_object('type', 'egress_refused', 'host', null, 'port', null,
         'why', 'it is the only way out', 'attempts', 6) else
       case n % 3 when 0 then jsonb_build_object('type', 'message', 'text', ($2::text[])[1 + n % $3])
                  when 1 then jsonb_build_object('type', 'tool', 'name', 'Read', 'detail', 'src/file-' || n || '.ts')
                  else jsonb_build_object('type', 'output', 'stream', 'stdout', 'text', 'line ' || n) end end
     from generate_series(1, $4::int) n`,
    [runId, payloads, payloads.length, eventCount],
  );
}

describe.skipIf(executable === null && process.env['CI'] === undefined)('every page', () => {
  beforeAll(async () => {
    let folder = '';
    service = await startDashboardService(
      (place) => ({
        repositories: [
          ...place.repositories,
          { match: join(folder, 'hostile'), caps: { proposalsOpen: 200 } },
        ],
      }),
      async (given) => {
        folder = given;
        await addHostileRepository(given);
      },
    );
    browser = await launchChromium(executable ?? 'no Chromium on this machine');
    signedIn = await browser.newContext();
    const page = await signedIn.newPage();
    await becomeFirstAdmin(page, service);
    const list = page.getByRole('list', { name: 'Proposals' });
    await list.getByRole('listitem').nth(90).waitFor({ timeout: 180_000 });
    const { rows } = await service.database.pool.query<{ id: string }>(
      "select id from tasks where target_key like '%payments' order by id limit 1",
    );
    taskId = rows[0]?.id ?? '';
    await addStoredMarkup(taskId);
    await page.close();
  });
  afterAll(async () => {
    await browser.close();
    await service.close();
  });

  async function open(options: Parameters<Browser['newContext']>[0] = {}): Promise<{
    page: Page;
    context: BrowserContext;
    watched: Watched;
    canaries: string[];
  }> {
    const context = await browser.newContext(options);
    const watched = await watch(context, service.origin);
    const canaries: string[] = [];
    await context.exposeFunction('canary', () => canaries.push('called'));
    await lendSession(signedIn, context);
    const page = await context.newPage();
    page.on('dialog', (dialog) => {
      canaries.push(dialog.message());
      void dialog.dismiss();
    });
    return { page, context, watched, canaries };
  }

  const addresses = (): readonly (readonly [string, string])[] => [
    ['inbox', '/inbox'],
    ['inbox-detail', `/inbox?task=${taskId}`],
    ['inbox-nothing', '/inbox?kind=nothing-of-this-kind'],
    ['board', '/board'],
    ['tasks', '/tasks'],
    ['runs', '/runs'],
    ['run', `/runs/${runId}`],
    ...['evidence', 'approval', 'runs', 'diff', 'checks', 'cost', 'audit'].map(
      (tab) => [`task-${tab}`, `/tasks/${taskId}?tab=${tab}`] as const,
    ),
    ['unknown-task', '/tasks/ffffffffffffffffffffffff'],
    ['unknown-page', '/nowhere'],
  ];

  test.each(looks.map(({ width, height, colorScheme }) => [width, height, colorScheme] as const))(
    '%i by %i pixels, %s: axe finds nothing, nothing is cut or moves, no markup of others acts',
    async (width, height, colorScheme) => {
      const { page, context, watched, canaries } = await open({
        viewport: { width, height },
        // What fades in is looked at when it is there.
        reducedMotion: 'reduce',
        colorScheme,
      });
      await watchShifts(context);
      const found: string[] = [];
      for (const [name, path] of addresses()) {
        await page.goto(`${service.origin}${path}`);
        await settled(page);
        if (name === 'run') await page.getByRole('log').getByText('src/file-').first().waitFor();
        // What a run cost is not taken for nothing when nobody knows it.
        if (name === 'task-cost') await page.getByText('Not known, in 1 run').waitFor();
        for (const one of await axeViolations(page)) found.push(`${name}: ${one}`);
        const overflow = await page.evaluate(
          'document.documentElement.scrollWidth - document.documentElement.clientWidth',
        );
        if (overflow !== 0) found.push(`${name}: ${String(overflow)} px wider than the window`);
        for (const one of await shiftsOf(page)) found.push(`${name}: ${one}`);
        await keepPicture(page, `${name}-${width}-${colorScheme}`);
      }
      await context.clearCookies();
      await page.goto(`${service.origin}/sign-in`);
      await page.getByRole('heading', { name: 'Sign in' }).waitFor();
      for (const one of await axeViolations(page)) found.push(`sign-in: ${one}`);
      await keepPicture(page, `sign-in-${width}-${colorScheme}`);
      expect(found).toEqual([]);
      expect({ canaries, troubles: watched.troubles }).toEqual({ canaries: [], troubles: [] });
      await context.close();
    },
    300_000,
  );

  const everyPage = (): readonly (readonly [string, string])[] => [
    ['inbox', '/inbox'],
    ['board', '/board'],
    ['tasks', '/tasks'],
    ['task', `/tasks/${taskId}`],
    ['runs', '/runs'],
    ['run', `/runs/${runId}`],
    ['repositories', '/repositories'],
    ['outcomes', '/outcomes'],
    ['health', '/health-checks'],
    ['performance', '/performance'],
    ['security', '/security'],
    ['security-audit', '/security?tab=audit'],
    ['security-sessions', '/security?tab=sessions'],
    ['settings', '/settings'],
    ['settings-people', '/settings?tab=people'],
    ['settings-webhooks', '/settings?tab=webhooks'],
    ['first-run', '/first-run'],
  ];
  /** What the page shows then; a person knows what is the matter and what to do. */
  const shownIn: Readonly<Record<ForcedState, (page: Page) => Locator>> = {
    slow: (page) => page.locator('main [aria-label="Loading"]'),
    broken: (page) =>
      page.getByRole('alert').filter({ hasText: 'Something went wrong in the service.' }),
    forbidden: (page) => page.getByRole('heading', { name: 'You may not see this' }),
    gone: (page) => page.getByRole('alert').filter({ hasText: 'The service did not answer' }),
  };

  test.each([
    ['slow', 'a skeleton', 1440, 'light'],
    ['broken', 'what went wrong, its id and another try', 390, 'dark'],
    ['forbidden', 'who can grant it', 1440, 'dark'],
    ['gone', 'that nobody answered and another try', 390, 'light'],
  ] as const)(
    'while answers are %s every page shows %s; axe finds nothing and nothing is cut, at %i pixels, %s',
    async (state, _what, width, colorScheme) => {
      const height = width === 390 ? 844 : 900;
      const { page, context, watched } = await open({
        viewport: { width, height },
        reducedMotion: 'reduce',
        colorScheme,
      });
      const found: string[] = [];
      const release = await forceState(context, state);
      const look = async (name: string, path: string): Promise<void> => {
        const one = await context.newPage();
        await one.goto(`${service.origin}${path}`);
        await one.locator('h1').first().waitFor();
        const isShown = await shownIn[state](one)
          .first()
          .waitFor({ timeout: 180_000 })
          .then(
            () => true,
            () => false,
          );
        await keepPicture(one, `${state}-${name}-${width}-${colorScheme}`);
        if (!isShown) found.push(`${name}: ${await one.locator('main').innerText()}`);
        const said = await shownIn[state](one).count();
        if (state !== 'slow' && said > 1) found.push(`${name}: said ${said} times`);
        for (const wrong of await axeViolations(one)) found.push(`${name}: ${wrong}`);
        const overflow = await one.evaluate(
          'document.documentElement.scrollWidth - document.documentElement.clientWidth',
        );
        if (overflow !== 0) found.push(`${name}: ${String(overflow)} px wider than the window`);
        await one.close();
      };
      // Several at once: a page tries again by itself for seconds before it says that nobody answered.
      const waiting = everyPage().values();
      const tab = async (): Promise<void> => {
        for (const [name, path] of waiting) await look(name, path);
      };
      await Promise.all([tab(), tab(), tab(), tab()]);
      await page.goto(`${service.origin}/inbox`);
      await shownIn[state](page).first().waitFor({ timeout: 180_000 });
      await release();
      if (state === 'broken' || state === 'gone')
        await page.getByRole('button', { name: 'Try again' }).first().click();
      if (state !== 'forbidden')
        await page.getByRole('list', { name: 'Proposals' }).waitFor({ timeout: 180_000 });
      expect(found).toEqual([]);
      expect(watched.troubles).toEqual([]);
      await context.close();
    },
    400_000,
  );

  test('who is kept out sees why under a heading of the page, with commands as code and markup as text', async () => {
    const { page, context, watched, canaries } = await open({
      viewport: { width: 390, height: 844 },
    });
    await context.route('**/api/v1/account', (route) =>
      route.fulfill({
        status: 403,
        contentType: 'application/problem+json',
        body: JSON.stringify({
          kind: 'forbidden',
          code: 'client_blocked',
          status: 403,
          detail: 'user:<img src=x onerror=canary()> is blocked until tomorrow.',
          next: 'An admin can lift it with `claude-manager security unblock <b>ann</b>`; a ` alone stays.',
          correlationId: '2d3c0000-0000-4000-8000-000000000000',
        }),
      }),
    );
    await page.goto(`${service.origin}/board`);
    await page.getByRole('heading', { level: 1, name: 'You may not see this' }).waitFor();
    const said = page.getByRole('alert');
    expect(await said.getByRole('code').allInnerTexts()).toEqual([
      'claude-manager security unblock <b>ann</b>',
    ]);
    expect(await said.innerText()).toContain('a ` alone stays');
    expect(await said.locator('img, b').count()).toBe(0);
    expect(await axeViolations(page)).toEqual([]);
    await keepPicture(page, 'kept-out');
    await context.unroute('**/api/v1/account');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('heading', { level: 1, name: 'Board' }).waitFor();
    expect({ canaries, troubles: watched.troubles }).toEqual({ canaries: [], troubles: [] });
    await context.close();
  });

  test('a page that stands says how old it is while the service cannot be heard, and follows again afterwards', async () => {
    const { page, context } = await open({ viewport: { width: 1440, height: 900 } });
    const stream = '**/api/v1/events*';
    await context.route(stream, (route) => route.abort('connectionrefused'));
    await page.goto(`${service.origin}/board`);
    await settled(page);
    const first = page.getByRole('region', { name: 'Waiting' }).getByRole('link').last();
    await first.waitFor();
    const banner = page.getByText('The service cannot be heard.');
    await banner.waitFor({ timeout: 180_000 });
    expect(await first.isVisible()).toBe(true);
    expect(await axeViolations(page)).toEqual([]);
    await keepPicture(page, 'stale-board');
    await context.unroute(stream);
    await banner.waitFor({ state: 'detached', timeout: 120_000 });
    await context.close();
  }, 420_000);

  test('the markup does act where nothing holds it, and does nothing here even without the content security policy, nor without the sanitizer', async () => {
    const bare = await browser.newContext();
    let called = 0;
    await bare.exposeFunction('canary', () => {
      called += 1;
    });
    const page = await bare.newPage();
    for (const text of payloads)
      await page.setContent(`<body>${text}</body>`).catch(() => undefined);
    expect(called).toBeGreaterThanOrEqual(10);
    await bare.close();

    const { page: shown, context, canaries } = await open({ bypassCSP: true });
    for (const path of [
      '/inbox',
      `/inbox?task=${taskId}`,
      `/tasks/${taskId}?tab=evidence`,
      `/runs/${runId}`,
    ]) {
      await shown.goto(`${service.origin}${path}`);
      await settled(shown);
    }
    // Drawn as Markdown, so the sanitizer has had its turn; on a machine that is busy the text may be too slow at first.
    const part = shown.getByRole('heading', { name: 'Part 12', exact: true });
    for (let tries = 0; tries < 20 && !(await part.isVisible()); tries += 1) {
      await shown.goto(`${service.origin}/inbox?task=${taskId}`);
      await settled(shown);
      await part.waitFor({ timeout: 3000 }).catch(() => undefined);
    }
    expect(await part.isVisible()).toBe(true);
    expect(
      await shown
        .locator('.prose')
        .locator('script, img, iframe, svg, object, style, form, input')
        .count(),
    ).toBe(0);
    expect(canaries).toEqual([]);

    // Nor without the sanitizer: what the worker makes of each is put into the page as it comes.
    const worker = shown.workers()[0]?.url() ?? '';
    const drawn: { acting: number; parts: number } = await shown.evaluate(
      `(${drawUncleaned})(${JSON.stringify({ url: worker, texts: payloads })})`,
    );
    expect(drawn.acting).toBe(0);
    expect(drawn.parts).toBeGreaterThanOrEqual(payloads.length);
    expect(canaries).toEqual([]);
    await context.close();
  }, 420_000);

  test('markup in every field that comes from outside acts on no page, asks no other host and breaks nothing', async () => {
    const texts = await textsOf('../corpora/markup/from-outside.jsonl');
    const { tasks, runs } = await addMarkupEverywhere(service.database, texts);
    const { page, context, watched, canaries } = await open({
      viewport: { width: 1440, height: 900 },
    });
    const faults: string[] = [];
    context.on('response', (answer) => {
      if (answer.status() >= 500) faults.push(`${answer.status()} ${answer.url()}`);
    });
    const step = isAllMarkup ? 1 : 7;
    const tabs = ['evidence', 'approval', 'runs', 'diff', 'checks', 'cost', 'audit'];
    /** Addresses, and the tabs that are gone to from there. */
    const paths: [string, readonly string[]][] = [
      '/inbox',
      '/board',
      '/tasks',
      '/runs',
      '/repositories',
      '/outcomes',
    ].map((path) => [path, []]);
    for (let at = 0; at < texts.length; at += step) {
      if (at % markupParts !== markupPart - 1) continue;
      const [first = '', ...more] = isAllMarkup ? tabs : [tabs[(at / step) % tabs.length] ?? ''];
      paths.push([`/tasks/${tasks[at] ?? ''}?tab=${first}`, more]);
      paths.push([`/runs/${runs[at] ?? ''}`, []], [`/inbox?task=${tasks[at] ?? ''}`, []]);
    }
    const looked: string[] = [];
    const look = async (one: Page, path: string): Promise<void> => {
      await settled(one);
      expect([path, await one.locator('main').innerText()]).not.toEqual([
        path,
        expect.stringContaining('Something went wrong'),
      ]);
      expect(await one.locator('main script, main iframe, main object, main embed').count()).toBe(
        0,
      );
      expect(await one.locator('a[href^="javascript" i], a[href^="data" i]').count()).toBe(0);
      expect([path, canaries, watched.troubles, faults]).toEqual([path, [], [], []]);
      looked.push(path);
    };
    // Several windows at once: while one waits for its answers the next is drawn.
    const waiting = paths.values();
    const window = async (): Promise<void> => {
      const one = await context.newPage();
      one.on('dialog', (dialog) => {
        canaries.push(dialog.message());
        void dialog.dismiss();
      });
      one.setDefaultTimeout(300_000);
      for (const [path, more] of waiting) {
        await one.goto(`${service.origin}${path}`);
        await look(one, path);
        for (const tab of more) {
          await one.locator(`a[href$="tab=${tab}"]`).click();
          await one.locator(`a[href$="tab=${tab}"][aria-current="page"]`).waitFor();
          await look(one, `${path}, then ${tab}`);
        }
      }
      await one.close();
    };
    await Promise.all(Array.from({ length: isAllMarkup ? 4 : 2 }, window));
    expect(looked).toHaveLength(paths.reduce((sum, [, more]) => sum + 1 + more.length, 0));
    if (isAllMarkup) process.stdout.write(`${texts.length} texts, ${looked.length} pages\n`);
    // It is there, as text.
    await page.goto(`${service.origin}/tasks/${tasks[0] ?? ''}?tab=evidence`);
    await page
      .getByRole('heading', { name: texts[0] ?? '' })
      .first()
      .waitFor();
    await context.close();
  }, 3_600_000);

  test('Markdown that takes longer than a reader waits is shown as it was written, and the page goes on', async () => {
    const slow = `first line of it\n\n${'['.repeat(200_000)}`;
    const { rows } = await service.database.pool.query<{ id: string }>(
      `update tasks set origin = '{"kind":"issue","repository":{"host":"local","name":"/y"},"number":8}',
         finding_id = null, proposal = jsonb_set(proposal, '{body}', to_jsonb($1::text))
       where id = (select id from tasks where target_key like '%deploy-scripts' limit 1) returning id`,
      [slow],
    );
    const { page, context } = await open();
    await page.goto(`${service.origin}/tasks/${rows[0]?.id ?? ''}?tab=evidence`);
    await page.locator('pre', { hasText: 'first line of it' }).first().waitFor();
    expect(await page.locator('.prose').count()).toBe(0);
    await page.getByRole('link', { name: 'Approval' }).click();
    await page.getByText('Nobody has approved it yet.').last().waitFor();
    await context.close();
  }, 420_000);

  test('ten thousand events of a run scroll from end to end while only those in sight are drawn', async () => {
    const { page, context } = await open();
    // Its end is there before the rest of it.
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await context.route(/\/runs\/[^/]+\/events\?(?:.*&)?after=0(?:&|$)/u, async (route) => {
      await held;
      await route.continue();
    });
    await page.goto(`${service.origin}/runs/${runId}`);
    const log = page.getByRole('log');
    await page.getByText(/^Reading [\d,]+ earlier events$/u).waitFor();
    await log.getByText('Not let out past the proxy').waitFor();
    await keepPicture(page, 'run-end-first');
    release();
    await log.locator(`[data-index="${eventCount - 1}"]`).waitFor();
    expect(await log.locator('[data-index]').count()).toBeLessThan(120);
    // What the sandbox refused is told in words.
    await log.getByText('Not let out past the proxy: it is the only way out (6 times)').waitFor();
    await keepPicture(page, 'run-end');
    await log.evaluate((box) => void Object.assign(box, { scrollTop: 0 }));
    await log.getByText('src/file-1.ts').waitFor();
    await page.getByRole('button', { name: 'To the end' }).click();
    await log.locator(`[data-index="${eventCount - 1}"]`).waitFor();
    await context.close();
  });

  test('the first page needs at most 250 kB of compressed script', async () => {
    const html = await (
      await fetch(`${service.origin}/`, { headers: { accept: 'text/html' } })
    ).text();
    const named = [...html.matchAll(/(?:src|href)="(\/[^"]+\.js)"/gu)].map(
      ([, path]) => path ?? '',
    );
    const [, table = ''] = /id="page-code">(.*?)<\/script>/u.exec(html) ?? [];
    const pages = new Map(JSON.parse(table) as [string, string[]][]);
    const scripts = [...named, ...(pages.get('/inbox') ?? [])];
    expect(scripts.length).toBeGreaterThan(named.length);
    let bytes = 0;
    for (const path of scripts) {
      const answer = await fetch(`${service.origin}${path}`, {
        headers: { 'accept-encoding': 'identity' },
      });
      bytes += gzipSync(Buffer.from(await answer.arrayBuffer())).length;
    }
    expect(bytes).toBeLessThanOrEqual(250_000);
    // They are compressed when the dashboard is built, not for each who asks.
    for (const coding of ['br', 'gzip']) {
      const { headers } = await fetch(`${service.origin}${named.at(-1)}`, {
        headers: { 'accept-encoding': coding },
      });
      expect([headers.get('content-encoding'), headers.get('vary')]).toEqual([
        coding,
        expect.stringMatching(/accept-encoding/iu),
      ]);
      expect(headers.get('cache-control')).toContain('immutable');
      expect(headers.get('content-type')).toMatch(/^(?:text|application)\/javascript/u);
    }
  });

  test('who is signed in and what a page shows first are asked for while the code loads, each once', async () => {
    const { page, context } = await open();
    let asked: string[] = [];
    page.on('request', (request) => {
      const { pathname, search } = new URL(request.url());
      if (/^\/(?:api\/v1|assets)\//u.test(pathname)) asked.push(pathname + search);
    });
    for (const [path, shown] of [
      ['/inbox', page.getByRole('list', { name: 'Proposals' })],
      ['/board', page.getByRole('region', { name: 'Needs attention' }).getByRole('link').first()],
      ['/tasks', page.getByRole('table')],
    ] as const) {
      // The page before asks again whenever something changes, until it is left.
      await page.goto('about:blank');
      asked = [];
      await page.goto(`${service.origin}${path}`);
      await shown.waitFor();
      await expect.poll(() => asked).toContain('/api/v1/events');
      // Afterwards what changes in the service is read again.
      const untilItFollows = asked.slice(0, asked.indexOf('/api/v1/events'));
      const table = await page.locator('#page-code').textContent();
      const pages = JSON.parse(table ?? '[]') as [string, string[], string[]][];
      const first = pages.find(([pattern]) => pattern === path)?.[2] ?? [];
      expect(first.length, path).toBeGreaterThan(0);
      // A list that the page's own code asks for under other words would be asked a second time.
      const isList = (one: string): boolean => one.startsWith('/api/v1/tasks?');
      expect(untilItFollows.filter(isList), path).toEqual(first.filter(isList));
      for (const one of ['/api/v1/account', ...first]) expect(untilItFollows, path).toContain(one);
      expect(new Set(untilItFollows).size, path).toBe(untilItFollows.length);
    }
    await context.close();
  });
});
