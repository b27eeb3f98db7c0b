import { createRotatingFile } from '../../src/platform/logging/rotating-file.ts';

/**
 * Writes lines into the log file FILE, LINES of them when it is said, and lives on until it is killed. A line begins with ROUND
 * and its number; a number stands on standard output once the file told that everything up to it is with the system, or that
 * the disk refuses it.
 */
const { FILE: path = '', ROUND: round = '', LINES: most = 'Infinity' } = process.env;
let stamps = 0;
const file = createRotatingFile({
  path,
  maxBytes: 2000,
  keep: 100_000,
  maxAgeMs: null,
  keepMs: null,
  now: () => Date.now(),
  stamp: () => `${round.padStart(6, '0')}-${String((stamps += 1)).padStart(6, '0')}`,
  maxWaitingBytes: 1_000_000,
  retryMs: 5,
  lossLine: (count) => `lost ${count}\n`,
});
for (let number = 0; number < Number(most); ) {
  const until = Math.min(Number(most), number + 1 + (number % 40));
  while (number < until) {
    file.write(`${round} ${number} ${'x'.repeat(number % 97)}|\n`);
    number += 1;
  }
  await file.flush();
  process.stdout.write(`${number - 1}\n`);
}
setInterval(() => void file.flush(), 10);
