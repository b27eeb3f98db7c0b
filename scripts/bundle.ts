import { mkdir, mkdtemp, readdir, readlink, rename, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { build } from 'vite';

// Usage: node scripts/bundle.ts [LINK]. Puts the program with its small libraries into few files, because loading
// hundreds of modules one by one takes longer than a small scan, and makes LINK point to them. What a scan of folders
// needs is one file of them, scan-main.js. The folder stands two
// below the root, as src/app does, so that paths relative to a module still lead there. The link moves at once, and the
// folder before stays for those who run from it.
const link = resolve(process.argv[2] ?? '.cache/program');
const parent = dirname(link);
await mkdir(parent, { recursive: true });
const before = await readlink(link).catch(() => '');
const fresh = await mkdtemp(`${link}-`);
try {
  await build({
    configFile: false,
    logLevel: 'warn',
    ssr: { noExternal: ['zod', 'commander'] },
    build: {
      ssr: 'src/app/scan-main.ts',
      outDir: fresh,
      target: 'node24',
      rolldownOptions: { output: { chunkFileNames: '[name]-[hash].js' } },
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
