import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

/**
 * Loaded into a running service before its own code (`--import`): writes each second how late its event loop was since the
 * file `<LOOP_DELAY_FILE>.reset` was there last, as JSON in milliseconds.
 */
const file = process.env['LOOP_DELAY_FILE'];

if (file !== undefined && process.argv.includes('start')) {
  const resolution = 10;
  const histogram = monitorEventLoopDelay({ resolution });
  histogram.enable();
  const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - resolution);
  setInterval(() => {
    if (existsSync(`${file}.reset`)) {
      rmSync(`${file}.reset`);
      histogram.reset();
    }
    const { max } = histogram;
    const [p50, p99] = [50, 99].map((share) => late(histogram.percentile(share)));
    writeFileSync(file, JSON.stringify({ p50, p99, max: late(max) }));
  }, 1000).unref();
}
