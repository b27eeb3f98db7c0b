import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

// Usage: node bench/scan.ts BARE_REPOSITORY [PAIRS]. Cold `scan --path` beside `git grep`, in turn; the median of the ratios counts.
const [repository = '.', pairs = '7'] = process.argv.slice(2);
const program = path.join(import.meta.dirname, '../src/app/main.ts');
const cache = mkdtempSync(path.join(tmpdir(), 'cms-bench-'));
const env = { ...process.env, NODE_COMPILE_CACHE: cache };
const words = [program, 'scan', '--path', repository, '--format', 'jsonl'];
const largest = 1 << 30;

try {
  scanOnce();
  const ratios = Array.from({ length: Number(pairs) }, pairRatio);
  ratios.sort((a, b) => a - b);
  const median = ratios[Math.floor(ratios.length / 2)] ?? 0;
  process.stdout.write(`median ratio ${median.toFixed(2)}, best ${(ratios[0] ?? 0).toFixed(2)}\n`);
} finally {
  rmSync(cache, { recursive: true, force: true });
}

function pairRatio(): number {
  const grep = timed(grepOnce);
  const scan = timed(scanOnce);
  process.stdout.write(
    `git grep ${grep.toFixed(0)} ms, scan ${scan.toFixed(0)} ms, ratio ${(scan / grep).toFixed(2)}\n`,
  );
  return scan / grep;
}

function grepOnce(): void {
  const pattern = 'TODO|FIXME|HACK|XXX';
  execFileSync('git', [`--git-dir=${repository}`, 'grep', '-nIwE', pattern, 'HEAD'], {
    maxBuffer: largest,
  });
}

function scanOnce(): void {
  const { status } = spawnSync(process.execPath, words, { env, maxBuffer: largest });
  if (status !== 0) throw new Error(`the scan ended with code ${status}`);
}

function timed(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}
