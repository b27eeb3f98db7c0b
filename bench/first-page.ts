// The first page of the dashboard over many tasks, in Chromium: `node bench/first-page.ts [tasks]`. Prints milliseconds from
// the call of an address until its rows are drawn, beside an empty page of the same browser.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { sql } from 'kysely';
import { findChromium, launchChromium } from '../test/support/chromium.ts';
import { becomeFirstAdmin, lendSession } from '../test/support/dashboard-person.ts';
import { startDashboardService } from '../test/support/dashboard-service.ts';
import { createFreshDatabase } from '../test/support/fresh-database.ts';
import { setup as makeProgram } from '../test/support/program-setup.ts';
import { seedTasks } from './seed-tasks.ts';

await makeProgram();
const size = Number(process.argv[2] ?? 100_000);
const rounds = 10;
const executable = await findChromium();
if (executable === null) throw new Error('no Chromium on this machine');
const folder = await mkdtemp(join(tmpdir(), 'cms-bench-'));
const service = await startDashboardService(undefined, undefined, () =>
  createFreshDatabase(folder),
);
const browser = await launchChromium(executable);
try {
  const db = service.database.kysely<unknown>();
  await seedTasks(db, size);
  // Nobody works in these repositories, and thousands of approved tasks would be looked through each second beside the pages.
  await sql`update tasks set state = 'done' where state in ('approved', 'running') and origin->>'findingId' like 'f%'`.execute(
    db,
  );
  await sql`vacuum analyze`.execute(db);
  const viewport = { width: 1440, height: 900 };
  const context = await browser.newContext({ viewport });
  const page = await context.newPage();
  await becomeFirstAdmin(page, service);
  process.stdout.write(`${size} tasks, ${rounds} rounds, ms until drawn\n`);
  const pages = [
    ['an empty page', 'about:blank', 'html', 'warm'],
    ['inbox, cold', '/inbox', 'main [role="listitem"], main li', 'cold'],
    ['inbox', '/inbox', 'main [role="listitem"], main li', 'warm'],
    ['board, cold', '/board', 'main a[href^="/tasks/"]', 'cold'],
    ['board', '/board', 'main a[href^="/tasks/"]', 'warm'],
    ['tasks', '/tasks', 'main tbody tr, main [role="row"] a', 'warm'],
  ] as const;
  for (const [name, path, row, cache] of pages) {
    const times: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      // Cold: a browser that was never here, but for being signed in.
      const fresh = cache === 'cold' ? await browser.newContext({ viewport }) : null;
      if (fresh !== null) await lendSession(context, fresh);
      const shown = fresh === null ? page : await fresh.newPage();
      const start = performance.now();
      await shown.goto(path.startsWith('/') ? `${service.origin}${path}` : path, {
        waitUntil: 'commit',
      });
      await shown.locator(row).first().waitFor();
      times.push(performance.now() - start);
      await fresh?.close();
    }
    times.sort((a, b) => a - b);
    const at = (share: number): string => (times[Math.floor(times.length * share)] ?? 0).toFixed(0);
    process.stdout.write(
      `${name.padEnd(16)} p50 ${at(0.5).padStart(6)}  p95 ${at(0.95).padStart(6)}\n`,
    );
  }
} finally {
  await browser.close();
  await service.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}
