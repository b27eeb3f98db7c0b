import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { systemClock } from '../src/lib/clock.ts';
import { systemRandom } from '../src/lib/random.ts';
import { stopEmbedded } from '../src/platform/database/embedded/supervisor.ts';
import { findChromium, launchChromium } from '../test/support/chromium.ts';
import { becomeFirstAdmin, lendSession } from '../test/support/dashboard-person.ts';
import { startDashboardService } from '../test/support/dashboard-service.ts';
import { createFreshDatabase } from '../test/support/fresh-database.ts';
import { seedTasks } from './seed-tasks.ts';

/**
 * From the address to the first row on the screen, in Chromium with an empty cache: `node bench/first-page.ts [tasks]
 * [rounds]`. Build the dashboard before (`npm run build:web`). Browser, service and database share the machine.
 */
const size = Number(process.argv[2] ?? 100_000);
const rounds = Number(process.argv[3] ?? 10);
const pages = [
  ['inbox', '/inbox', '[aria-label="Proposals"] li'],
  ['board', '/board', '[aria-label="Waiting"] a'],
  ['tasks', '/tasks', 'main table tbody tr, main ul li'],
  ['search', '/tasks?q=zymurgy', 'main table tbody tr, main ul li'],
] as const;
const say = (text: string): void => void process.stdout.write(`${text}\n`);

const executable = await findChromium();
if (executable === null) throw new Error('There is no Chromium on this machine.');
const dataDir = await mkdtemp(join(tmpdir(), 'cms-bench-page-'));
const service = await startDashboardService(
  () => ({}),
  async () => undefined,
  () => createFreshDatabase(dataDir),
);
const browser = await launchChromium(executable);
try {
  const signedIn = await browser.newContext();
  await becomeFirstAdmin(await signedIn.newPage(), service);
  const db = service.database.kysely<unknown>();
  await seedTasks(db, size);
  // Work under way that no engine knows of would be repaired meanwhile.
  await sql`update tasks set state = 'proposed' where state in ('approved', 'running', 'in_review')`.execute(
    db,
  );
  await sql`vacuum analyze`.execute(db);
  say(
    `${size} tasks, load ${(loadavg()[0] ?? 0).toFixed(1)}, ${rounds} rounds, ms until the first row`,
  );
  for (const [name, path, row] of pages) {
    const times: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
      await lendSession(signedIn, context);
      const page = await context.newPage();
      await page.goto(`${service.origin}${path}`, { waitUntil: 'commit' });
      await page.locator(row).first().waitFor({ timeout: 60_000 });
      times.push(Number(await page.evaluate('performance.now()')));
      await context.close();
    }
    times.sort((a, b) => a - b);
    const at = (share: number): string =>
      String(Math.round(times[Math.floor((times.length - 1) * share)] ?? 0)).padStart(6);
    say(`${name.padEnd(8)} least ${at(0)}  p50 ${at(0.5)}  most ${at(1)}`);
  }
} finally {
  await browser.close();
  await service.close();
  await stopEmbedded(dataDir, { clock: systemClock, random: systemRandom });
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
}
