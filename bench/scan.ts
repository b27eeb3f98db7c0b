import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';

// Usage: node bench/scan.ts BARE_REPOSITORY [PAIRS]. Cold `./run scan --path` beside `git grep`, in turn; the median of
// the ratios counts. Processor time (Linux) is that of all processes that were started and waited for, in steps of 10 ms: it
// says how much work is done where others use the machine too. The search that `run` begins is waited for by nobody, so
// of a scan it counts all but that.
const [repository = '.', pairs = '7'] = process.argv.slice(2);
const program = path.join(import.meta.dirname, '../run');
const words = ['scan', '--path', repository, '--format', 'jsonl'];
const largest = 1 << 30;

interface Time {
  /** Milliseconds. */
  readonly wall: number;
  readonly processor: number;
}

scanOnce();
const measured = Array.from({ length: Number(pairs) }, measuredPair);
report('wall');
report('processor');

function report(what: keyof Time): void {
  const ratios = measured.map(({ grep, scan }) => scan[what] / grep[what]).sort((a, b) => a - b);
  const median = ratios[Math.floor(ratios.length / 2)] ?? 0;
  const best = ratios[0] ?? 0;
  process.stdout.write(`${what}: median ratio ${median.toFixed(2)}, best ${best.toFixed(2)}\n`);
}

function measuredPair(): { grep: Time; scan: Time } {
  const pair = { grep: timed(grepOnce), scan: timed(scanOnce) };
  const text = ({ wall, processor }: Time) => `${wall.toFixed(0)} (${processor.toFixed(0)}) ms`;
  process.stdout.write(`git grep ${text(pair.grep)}, scan ${text(pair.scan)}\n`);
  return pair;
}

function grepOnce(): void {
  const pattern = 'TODO|FIXME|HACK|XXX';
  execFileSync('git', [`--git-dir=${repository}`, 'grep', '-nIwE', pattern, 'HEAD'], {
    maxBuffer: largest,
  });
}

function scanOnce(): void {
  const { status } = spawnSync(program, words, { maxBuffer: largest });
  if (status !== 0) throw new Error(`the scan ended with code ${status}`);
}

function timed(work: () => void): Time {
  const before = { wall: performance.now(), processor: processorOfChildren() };
  work();
  const wall = performance.now() - before.wall;
  return { wall, processor: processorOfChildren() - before.processor };
}

/** Fields cutime and cstime of proc(5), in milliseconds; NaN where there is no such file. */
function processorOfChildren(): number {
  try {
    const stat = readFileSync('/proc/self/stat', 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return 10 * (Number(fields[13]) + Number(fields[14]));
  } catch {
    return Number.NaN;
  }
}
