import { spawnSync } from 'node:child_process';

/** The README's test command: the static checks first, then every test; ends with "N passed, N failed". */
const steps: readonly (readonly string[])[] = [
  ['npm', 'run', '--silent', 'check:quick'],
  // The quick check has types judged as well, by a faster compiler; the one that builds has to agree.
  ['npm', 'run', '--silent', 'types'],
  ['npx', 'vitest', 'run', ...process.argv.slice(2)],
];
for (const [command = '', ...args] of steps) {
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  if (status !== 0) {
    process.exitCode = status ?? 1;
    break;
  }
}
