import type { BrowserContext, Page } from 'playwright-core';

/** Share of the window that content may move after it was shown, as web-vitals count it; nobody sees less than this. */
const mostShift = 0.02;

const isThorough = process.env['LOOKS'] === 'all';

/**
 * Adds up what moves in each page of the context without anybody having asked for it. With `LOOKS=all` answers come one
 * after the other as well, as from far away, so that what pushes what is seen.
 */
export async function watchShifts(context: BrowserContext): Promise<void> {
  await context.addInitScript(`
    window.moved = 0;
    window.movedWhat = '';
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        if (entry.hadRecentInput) continue;
        window.moved += entry.value;
        const [source] = entry.sources;
        window.movedWhat += ' ' + (source?.node?.innerText ?? source?.node?.nodeName ?? '').slice(0, 40);
      }
    }).observe({ type: 'layout-shift', buffered: true });
  `);
  if (!isThorough) return;
  let asked = 0;
  await context.route(/\/api\/v1\/(?!events)/u, async (route) => {
    asked += 1;
    await new Promise((resolve) => setTimeout(resolve, 40 + ((asked * 89) % 240)));
    await route.continue().catch(() => undefined); // the page has gone on
  });
}

/** What moved too far since the page was opened, in words; none when nothing did. */
export async function shiftsOf(page: Page): Promise<readonly string[]> {
  const moved = Number(await page.evaluate('window.moved'));
  if (moved <= mostShift) return [];
  const what = String(await page.evaluate('window.movedWhat'));
  return [`content moved after it was shown (${moved.toFixed(3)}):${what.replaceAll('\n', ' ')}`];
}
