import { execFile } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../../', import.meta.url));
const run = promisify(execFile);

/** Builds the dashboard once a run when its sources are newer; tests that need it say so themselves when there is none. */
export async function setup(): Promise<void> {
  const built = await changedAt(join(root, 'dist-web', 'index.html'));
  const sources = ['web', 'src/operations', 'src/domain', 'vite.config.ts', 'package-lock.json'];
  const newest = Math.max(
    ...(await Promise.all(sources.map((one) => newestBelow(join(root, one))))),
  );
  if (built >= newest) return;
  await run('npx', ['vite', 'build', '--logLevel', 'error'], { cwd: root }).catch(
    (error: unknown) => {
      process.stderr.write(`the dashboard could not be built: ${String(error)}\n`);
    },
  );
}

async function newestBelow(place: string): Promise<number> {
  const { isDirectory, mtimeMs } = await stat(place).then((found) => ({
    isDirectory: found.isDirectory(),
    mtimeMs: found.mtimeMs,
  }));
  if (!isDirectory) return mtimeMs;
  const entries = await readdir(place, { recursive: true, withFileTypes: true });
  const times = entries
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.test.ts'))
    .map((entry) => changedAt(join(entry.parentPath, entry.name)));
  return Math.max(0, ...(await Promise.all(times)));
}

/** Milliseconds since the epoch; 0 when it is not there. */
async function changedAt(file: string): Promise<number> {
  return stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}
