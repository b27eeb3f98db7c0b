import { readdirSync, readFileSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { type Plugin, type Rolldown, runnerImport } from 'vite';
import { placeOf } from '../src/operations/api-client/client.ts';
import { routeOf } from '../src/operations/api-client/route.ts';
import type { PageDefinition } from '../web/page.ts';

const pages = fileURLToPath(new URL('../web/pages', import.meta.url));

/**
 * Writes into index.html which files the code of each page is in and what it asks first, as `[pattern of the address,
 * files, addresses]`, so that `web/public/ahead.js` can ask for them before the router does.
 */
export function pageCode(): Plugin {
  return {
    name: 'page-code',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler: async (html, { bundle = {} }) => {
        const chunks = Object.values(bundle).filter((one) => one.type === 'chunk');
        const entry = chunks.find(({ isEntry }) => isEntry);
        if (entry === undefined) throw new Error('the dashboard has no entry');
        const first = filesOf(entry, bundle);
        const reads = await firstReads();
        const table = routes().map(({ path, view }) => {
          const chunk = chunks.find(({ facadeModuleId }) => facadeModuleId === view);
          if (chunk === undefined) throw new Error(`${view} is in no file of its own`);
          const files = [...filesOf(chunk, bundle)].filter((file) => !first.has(file));
          return [path, files.map((file) => `/${file}`), reads.get(path) ?? []];
        });
        const place = '<script src="/ahead.js">';
        if (!html.includes(place)) throw new Error(`index.html has no ${place}`);
        const json = JSON.stringify(table);
        return html.replace(
          place,
          `<script type="application/json" id="page-code">${json}</script>\n    ${place}`,
        );
      },
    },
  };
}

/** The addresses that each page asks first, as the client of the dashboard writes them. */
async function firstReads(): Promise<ReadonlyMap<string, readonly string[]>> {
  const { module } = await runnerImport<{ readonly framed: readonly PageDefinition[] }>(
    join(pages, 'pages.ts'),
  );
  return new Map(
    module.framed.map(({ path, first = [] }) => [
      path,
      first.map(({ contract, input }) => placeOf(routeOf(contract), input).path),
    ]),
  );
}

/** The chunk and all that it imports before it runs. */
function filesOf(
  chunk: Rolldown.OutputChunk,
  bundle: Readonly<Record<string, Rolldown.OutputChunk | Rolldown.OutputAsset>>,
  found = new Set<string>(),
): ReadonlySet<string> {
  if (found.has(chunk.fileName)) return found;
  found.add(chunk.fileName);
  for (const file of chunk.imports) {
    const imported = bundle[file];
    if (imported?.type === 'chunk') filesOf(imported, bundle, found);
  }
  return found;
}

/** Each address of a page and the file of its view, as its `page.ts` says. */
function routes(): readonly { readonly path: string; readonly view: string }[] {
  return readdirSync(pages, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => {
      const source = readFileSync(join(pages, name, 'page.ts'), 'utf8');
      const paths = [...source.matchAll(/^ {2}path: '([^']+)',$/gmu)];
      const views = [...source.matchAll(/import\('\.\/([^']+)'\)/gu)];
      if (paths.length === 0 || paths.length !== views.length)
        throw new Error(`${name}/page.ts: each page has a path and loads a view`);
      return paths.map(([, path = ''], index) => ({
        path,
        view: join(pages, name, views[index]?.[1] ?? ''),
      }));
    });
}

const worthIt = /\.(?:js|css|html|svg)$/u;
const smallest = 1024;

/** Puts a compressed copy beside each file that is worth it, once and well; the service sends these as they are. */
export function compressedCopies(folder: string): Plugin {
  return {
    name: 'compressed-copies',
    apply: 'build',
    closeBundle: async () => {
      const files = await readdir(folder, { recursive: true });
      await Promise.all(
        files.filter((file) => worthIt.test(file)).map((file) => compress(join(folder, file))),
      );
    },
  };
}

async function compress(file: string): Promise<void> {
  const content = await readFile(file);
  if (content.length < smallest) return;
  const [brotli, zipped] = await Promise.all([
    promisify(brotliCompress)(content, {
      params: { [constants.BROTLI_PARAM_SIZE_HINT]: content.length },
    }),
    promisify(gzip)(content, { level: 9 }),
  ]);
  await Promise.all([writeFile(`${file}.br`, brotli), writeFile(`${file}.gz`, zipped)]);
}
