import { execFileSync } from 'node:child_process';
import { chmodSync, rmSync } from 'node:fs';

/** Compiles src into dist: Node strips no types below node_modules, so the package ships JavaScript. */
rmSync('dist', { recursive: true, force: true, maxRetries: 5 });
execFileSync('npx', ['tsc', '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
chmodSync('dist/app/main.js', 0o755);
// The dashboard, beside dist: the service serves it as files.
execFileSync('npx', ['vite', 'build', '--logLevel', 'warn'], { stdio: 'inherit' });
