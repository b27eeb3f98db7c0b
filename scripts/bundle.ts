import { execFile } from 'node:child_process';
import {
  mkdir,
  mkdtemp,
  readdir,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { build, type ESTree, type InlineConfig, type Plugin, parseSync, Visitor } from 'vite';
import { commandOfScan } from '../src/app/search-ahead.ts';

// Usage: node scripts/bundle.ts [LINK]. Puts the program with its libraries into few files, because loading more than a
// thousand modules one by one takes half of the time of a start and a fifth of its memory, and makes LINK point to them.
// Comments are left out and all other signs than those of ASCII are escaped: the engine keeps the text of a file as long
// as it runs, with two bytes for each of its characters when a single one is not of ASCII.
//   main.mjs   every command; what is imported when it is needed stays apart.
//   main.cjs   scans of folders and --help. CommonJS, which Node loads quicker. What starts git for a scan stands in one
//              file, the rest of what a scan needs in another; what neither needs is loaded from the sources.
//   main.blob  a snapshot of Node with the scan of folders in its memory, made by the Node that main.node names. Node
//              starts from it where it is that very program; without it scans start from main.cjs.
//   main.search  the words with which git searches a bare repository for such a scan, ended by NUL: `run` starts it beside
//              Node.
// The folder stands two below the root, as src/app does, so that paths relative to a module still lead there. The link
// moves at once; the folder before stays, and each that a process was started from.
const link = resolve(process.argv[2] ?? '.cache/program');
const root = resolve(import.meta.dirname, '..');
const parent = dirname(link);
const short = /\/src\/(?:app\/(?:command-line|search-ahead|scan-folders)|doors\/cli|pipeline)\b/u;
const inMemory = /\/src\/(?:app\/scan-folders|doors\/cli\/commands\/scan|pipeline)\b/u;
const search = /\/src\/(?:app\/search-ahead|pipeline\/scan\/begin-look)\.ts/u;
const scan =
  /\/src\/(?:app\/(?:command-line|scan-folders)|doors\/cli\/commands\/scan|pipeline\/scan\/read-sightings)\.ts/u;

const leaveSources = (but: RegExp): Plugin => ({
  name: 'leave-sources',
  enforce: 'pre',
  async resolveId(source, importer, options) {
    if (!('kind' in options) || options.kind !== 'dynamic-import') return null;
    const found = await this.resolve(source, importer, { ...options, skipSelf: true });
    if (found === null || !found.id.startsWith(`${root}/src/`) || but.test(found.id)) return null;
    return { id: `../..${found.id.slice(root.length)}`, external: true };
  },
});

// Files beside a module are looked for where its source lies.
const keepPlaces: Plugin = {
  name: 'keep-places',
  enforce: 'pre',
  transform(code, id) {
    if (!code.includes('import.meta.url')) return null;
    const place = `new URL(${JSON.stringify(`../../${relative(root, id)}`)}, import.meta.url).href`;
    return code.replaceAll('import.meta.url', place);
  },
};

// Text of String.raw cannot be escaped; a string that is put into it can.
const openRawTexts: Plugin = {
  name: 'open-raw-texts',
  enforce: 'pre',
  transform(code, id) {
    if (!id.endsWith('.ts') || !code.includes('String.raw')) return null;
    const texts: ESTree.TemplateElement[] = [];
    const visitor = new Visitor({
      TaggedTemplateExpression: ({ tag, quasi }) => {
        if (code.slice(tag.start, tag.end) === 'String.raw') texts.push(...quasi.quasis);
      },
    });
    visitor.visit(parseSync(id, code).program);
    // From the last to the first, so that the places of those before stay true.
    return texts.reduceRight((result, { start, end }) => {
      const opened = code
        .slice(start, end)
        .replaceAll(/(?<!\\)[^\p{ASCII}]+/gu, (signs) => `\${${JSON.stringify(signs)}}`);
      return result.slice(0, start) + opened + result.slice(end);
    }, code);
  },
};

// What a library would use if it were installed is not.
const leaveOutAbsent: Plugin = {
  name: 'leave-out-absent',
  enforce: 'pre',
  async resolveId(source, importer, options) {
    if (isBuiltin(source) || importer === undefined) return null;
    const found = await this.resolve(source, importer, { ...options, skipSelf: true });
    return found === null ? { id: source, external: true } : null;
  },
};

const run = promisify(execFile);
await mkdir(parent, { recursive: true });
const before = await readlink(link).catch(() => '');
const fresh = await mkdtemp(`${link}-`);
const ofBoth = { root, configFile: false, logLevel: 'error' } satisfies InlineConfig;
const outDir = { ssr: 'src/app/main.ts', outDir: fresh, emptyOutDir: false, target: 'node24' };
try {
  await Promise.all([
    build({
      ...ofBoth,
      plugins: [keepPlaces, openRawTexts, leaveOutAbsent],
      ssr: { noExternal: true },
      build: { ...outDir, rolldownOptions: { output: named('es', 'mjs') } },
    }),
    build({
      ...ofBoth,
      plugins: [leaveSources(short), openRawTexts],
      ssr: { noExternal: ['zod', 'commander'] },
      build: {
        ...outDir,
        rolldownOptions: {
          output: {
            ...named('cjs', 'cjs'),
            codeSplitting: {
              groups: [
                { name: 'search', test: search, priority: 2 },
                { name: 'scan', test: scan, priority: 1 },
              ],
            },
          },
        },
      },
    }),
    build({
      ...ofBoth,
      plugins: [leaveSources(inMemory), openRawTexts],
      ssr: { noExternal: ['zod', 'commander'] },
      build: {
        ...outDir,
        ssr: 'src/app/scan-memory.ts',
        rolldownOptions: { output: { ...named('cjs', 'cjs'), codeSplitting: false } },
      },
    }),
  ]);
  await takeSnapshot().catch(() => undefined);
  await symlink(basename(fresh), `${fresh}.link`);
  await rename(`${fresh}.link`, link);
} catch (failure) {
  await rm(fresh, { recursive: true, force: true, maxRetries: 5 });
  throw failure;
}
const running = await run('ps', ['-A', '-ww', '-o', 'args='], {
  maxBuffer: 2 ** 26,
}).then(
  ({ stdout }) => stdout,
  () => null,
);
const kept = new Set([basename(before), basename(fresh)]);
for (const name of await readdir(parent)) {
  const isOurs = name.startsWith(`${basename(link)}-`) && !kept.has(name);
  if (isOurs && running?.includes(name) === false)
    await rm(join(parent, name), { recursive: true, force: true, maxRetries: 5 });
}

/** With all functions compiled: the snapshot keeps what is, and compiling is most of what a short scan does. */
async function takeSnapshot(): Promise<void> {
  const code = JSON.stringify(join(fresh, 'scan-memory.cjs'));
  const maker = join(fresh, 'take-snapshot.cjs');
  const script = `
    const { setFlagsFromString } = require('node:v8');
    setFlagsFromString('--no-lazy');
    setFlagsFromString('--no-flush-bytecode');
    const code = require('node:fs').readFileSync(${code}, 'utf8');
    const load = require('node:vm').runInThisContext(
      '(function (require, exports, __filename) {' + code + '})', { filename: ${code} });
    load(require, {}, ${code});
    setFlagsFromString('--lazy');
    setFlagsFromString('--flush-bytecode');
  `;
  await writeFile(maker, script);
  const blob = join(fresh, 'main.blob');
  await run(process.execPath, ['--snapshot-blob', blob, '--build-snapshot', maker], { env: {} });
  await writeFile(join(fresh, 'main.search'), commandOfScan.map((word) => `${word}\0`).join(''));
  await writeFile(join(fresh, 'main.node'), `${process.execPath}\n`);
}

function named<F extends 'es' | 'cjs'>(format: F, ending: string) {
  return {
    format,
    comments: false,
    minify: {
      compress: false,
      mangle: false,
      codegen: { removeWhitespace: false, asciiOnly: true },
    },
    entryFileNames: `[name].${ending}`,
    chunkFileNames: `[name]-[hash].${ending}`,
  };
}
