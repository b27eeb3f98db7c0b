import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { isNewerThan, root } from './sources.ts';

const run = promisify(execFile);
const sources = ['web', 'src/operations', 'src/domain', 'vite.config.ts', 'package-lock.json'];

/** Builds the dashboard once a run when its sources are newer; tests that need it say so themselves when there is none. */
export async function setup(): Promise<void> {
  if (await isNewerThan('dist-web/index.html', sources)) return;
  await run('npx', ['vite', 'build', '--logLevel', 'error'], { cwd: root }).catch(
    (error: unknown) => {
      process.stderr.write(`the dashboard could not be built: ${String(error)}\n`);
    },
  );
}
