import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/**
 * The README's test command: every test, and beside them the static checks, for which there is time while tests wait for
 * children and disks. What a check finds is told at once and ends the tests. Ends with "N passed, N failed".
 */
const checks = quietly([
  ['npm', 'run', '--silent', 'check:quick'],
  // The quick check has types judged as well, by a faster compiler; the one that builds has to agree.
  ['npm', 'run', '--silent', 'types'],
]);
const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url));
const tests = spawn(process.execPath, [vitest, 'run', ...process.argv.slice(2)], {
  stdio: 'inherit',
});
const ended = once(tests, 'exit') as Promise<[number | null]>;
const found = await checks;
if (found !== null) {
  process.stdout.write(`${found.said}\nThe static checks found this; the tests are ended.\n`);
  tests.kill('SIGINT');
}
const [status] = await ended;
process.exitCode = found?.status ?? status ?? 1;

/** Runs one after the other until one fails; answers what that one said, null when all are content. */
async function quietly(
  steps: readonly (readonly string[])[],
): Promise<{ readonly status: number; readonly said: string } | null> {
  for (const [command = '', ...args] of steps) {
    const step = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [step.stdout, step.stderr])
      stream.setEncoding('utf8').on('data', (part: string) => {
        said += part;
      });
    const [code] = (await once(step, 'close')) as [number | null];
    if (code !== 0) return { status: code ?? 1, said: `${command} ${args.join(' ')}\n${said}` };
  }
  return null;
}
