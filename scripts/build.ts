import { execFileSync } from 'node:child_process';
import { chmodSync, rmSync } from 'node:fs';

/**
 * Compiles src into dist: Node strips no types below node_modules, so the package ships JavaScript. `BUILD_PROVEN=1` is
 * said by the test of the package, beside which types are judged and the dashboard was built: neither is done again, and
 * nobody who serves the dashboard meanwhile finds its folder emptied.
 */
const isProven = process.env['BUILD_PROVEN'] === '1';
rmSync('dist', { recursive: true, force: true, maxRetries: 5 });
const compile = ['tsc', '-p', 'tsconfig.build.json', ...(isProven ? ['--noCheck'] : [])];
execFileSync('npx', compile, { stdio: 'inherit' });
chmodSync('dist/app/main.js', 0o755);
// The dashboard, beside dist: the service serves it as files.
if (!isProven) execFileSync('npx', ['vite', 'build', '--logLevel', 'warn'], { stdio: 'inherit' });
