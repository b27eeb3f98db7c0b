import { access, mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

// The one without windows first: it draws the same pages for half the processor time.
const names = [
  'chromium-headless-shell',
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
];

/** Path of a Chromium of this machine: `CHROMIUM`, else the first on the PATH; null when there is none. */
export async function findChromium(): Promise<string | null> {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const places = folders.flatMap((folder) => names.map((name) => join(folder, name)));
  for (const place of [process.env['CHROMIUM'] ?? '', ...places].filter(Boolean)) {
    const isThere = await access(place).then(
      () => true,
      () => false,
    );
    if (isThere) return place;
  }
  return null;
}

export async function launchChromium(executablePath: string): Promise<Browser> {
  // The browser's own sandbox refuses to run as root; every page that it opens here is ours.
  return chromium.launch({ executablePath, args: ['--no-sandbox'] });
}

/** What went wrong in pages that a test does not look at by itself. */
export interface Watched {
  /** Breaks of the content security policy, errors that nobody caught, requests to any other host. */
  readonly troubles: string[];
}

/** Notes every break of the content security policy, every uncaught error and every request that leaves the service. */
export async function watch(context: BrowserContext, origin: string): Promise<Watched> {
  const troubles: string[] = [];
  await context.exposeFunction('noteTrouble', (text: string) => troubles.push(text));
  await context.addInitScript(`
    document.addEventListener('securitypolicyviolation', (event) => {
      noteTrouble('policy: ' + event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sourceFile);
    });
  `);
  context.on('weberror', (error) => troubles.push(`uncaught: ${String(error.error())}`));
  context.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(origin) && !url.startsWith('data:') && !url.startsWith('blob:'))
      troubles.push(`request: ${url}`);
  });
  return { troubles };
}

const require = createRequire(import.meta.url);

/** What axe finds against WCAG 2.2 A and AA and its best practices, as `rule: where`. */
export async function axeViolations(page: Page): Promise<readonly string[]> {
  const source = await readFile(require.resolve('axe-core/axe.min.js'), 'utf8');
  await page.evaluate(`${source}; undefined`);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: {
        run(options: object): Promise<{
          violations: { id: string; nodes: { target: string[]; failureSummary: string }[] }[];
        }>;
      };
    };
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    // Of what is well axe need not work out where it stands, which takes it longer than the looking.
    const { violations } = await axe.run({
      runOnly: { type: 'tag', values: tags },
      resultTypes: ['violations'],
    });
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`),
    );
  });
}

const screenshots = fileURLToPath(new URL('../../.cache/screenshots/', import.meta.url));

/** Keeps a picture of the page for people: `.cache/screenshots/<name>.png`. */
export async function keepPicture(page: Page, name: string): Promise<void> {
  await mkdir(screenshots, { recursive: true });
  await page.screenshot({ path: join(screenshots, `${name}.png`), animations: 'disabled' });
}
