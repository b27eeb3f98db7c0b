import { execFileSync, spawnSync } from 'node:child_process';
import path from 'node:path';

// Usage: node bench/scan.ts BARE_REPOSITORY [PAIRS]. Cold scans beside `git grep`, in turn; the median of the ratios counts.
const [repository = '.', pairs = '7'] = process.argv.slice(2);
const program = path.join(import.meta.dirname, 'scan-once.ts');
const ratios: number[] = [];
let largestMib = 0;
for (let pair = 0; pair < Number(pairs); pair += 1) {
  const grep = timed(() => {
    execFileSync(
      'git',
      [`--git-dir=${repository}`, 'grep', '-nIwE', 'TODO|FIXME|HACK|XXX', 'HEAD'],
      {
        maxBuffer: 1 << 30,
      },
    );
  });
  const scan = timed(() => {
    const run = spawnSync(process.execPath, [program, repository], {
      encoding: 'utf8',
      maxBuffer: 1 << 30,
    });
    largestMib = Math.max(largestMib, Number.parseInt(run.stderr, 10));
  });
  ratios.push(scan / grep);
  process.stdout.write(
    `git grep ${grep.toFixed(0)} ms, scan ${scan.toFixed(0)} ms, ratio ${(scan / grep).toFixed(2)}\n`,
  );
}
ratios.sort((a, b) => a - b);
const median = ratios[Math.floor(ratios.length / 2)] ?? 0;
process.stdout.write(`median ratio ${median.toFixed(2)}, memory ${largestMib} MiB\n`);

function timed(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}
