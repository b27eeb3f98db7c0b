import { mkdir, mkdtemp, readdir, readlink, rename, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { build, type Plugin } from 'vite';

// Usage: node scripts/bundle.ts [LINK]. Puts the program with its small libraries into few files, because loading
// hundreds of modules one by one takes longer than a small scan, and makes LINK point to them. They are CommonJS, which
// Node loads quicker. What starts git for a scan stands in one file, the rest of what a scan needs in another; what no
// scan and no --help needs is loaded from the sources. The folder stands two below the root, as src/app does, so that
// paths relative to a module still lead there. The link moves at once, and the folder before stays for those who run
// from it.
const link = resolve(process.argv[2] ?? '.cache/program');
const root = resolve(import.meta.dirname, '..');
const parent = dirname(link);
const bundled = /\/src\/(?:app\/(?:command-line|search-ahead|scan-folders)|doors\/cli|pipeline)\b/u;
const search = /\/src\/(?:app\/search-ahead|pipeline\/scan\/begin-look)\.ts/u;
const scan =
  /\/src\/(?:app\/(?:command-line|scan-folders)|doors\/cli\/commands\/scan|pipeline\/scan\/read-sightings)\.ts/u;

const leaveSources: Plugin = {
  name: 'leave-sources',
  enforce: 'pre',
  async resolveId(source, importer, options) {
    if (!('kind' in options) || options.kind !== 'dynamic-import') return null;
    const found = await this.resolve(source, importer, { ...options, skipSelf: true });
    if (found === null || !found.id.startsWith(`${root}/src/`) || bundled.test(found.id))
      return null;
    return { id: `../..${found.id.slice(root.length)}`, external: true };
  },
};

await mkdir(parent, { recursive: true });
const before = await readlink(link).catch(() => '');
const fresh = await mkdtemp(`${link}-`);
try {
  await build({
    root,
    configFile: false,
    logLevel: 'error',
    plugins: [leaveSources],
    ssr: { noExternal: ['zod', 'commander'] },
    build: {
      ssr: 'src/app/main.ts',
      outDir: fresh,
      target: 'node24',
      rolldownOptions: {
        output: {
          format: 'cjs',
          entryFileNames: '[name].cjs',
          chunkFileNames: '[name]-[hash].cjs',
          codeSplitting: {
            groups: [
              { name: 'search', test: search, priority: 2 },
              { name: 'scan', test: scan, priority: 1 },
            ],
          },
        },
      },
    },
  });
  await symlink(basename(fresh), `${fresh}.link`);
  await rename(`${fresh}.link`, link);
} catch (failure) {
  await rm(fresh, { recursive: true, force: true });
  throw failure;
}
const kept = new Set([basename(before), basename(fresh)]);
for (const name of await readdir(parent)) {
  const isOurs = name.startsWith(`${basename(link)}-`);
  if (isOurs && !kept.has(name)) await rm(join(parent, name), { recursive: true, force: true });
}
