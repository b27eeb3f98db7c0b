import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { createHistogram, monitorEventLoopDelay } from 'node:perf_hooks';

/**
 * Loaded into a running service before its own code (`--import`): writes each second how late its event loop was since the
 * file `<LOOP_DELAY_FILE>.reset` was there last, as JSON in milliseconds; under `processor` by the processor time of its
 * thread between two timers, which does not count what others on the machine take.
 */
const file = process.env['LOOP_DELAY_FILE'];

if (file !== undefined && process.argv.includes('start')) {
  const resolution = 10;
  const histogram = monitorEventLoopDelay({ resolution });
  histogram.enable();
  const processor = createHistogram();
  const spent = (): number => {
    const { user, system } = process.threadCpuUsage();
    return user + system;
  };
  let before = spent();
  setInterval(() => {
    const now = spent();
    processor.record(Math.max(1, Math.round((now - before) * 1000)));
    before = now;
  }, resolution).unref();
  const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - resolution);
  setInterval(() => {
    if (existsSync(`${file}.reset`)) {
      rmSync(`${file}.reset`);
      histogram.reset();
      processor.reset();
    }
    const figures = (of: typeof processor | typeof histogram) => ({
      p50: late(of.percentile(50)),
      p99: late(of.percentile(99)),
      max: late(of.max),
    });
    writeFileSync(file, JSON.stringify({ ...figures(histogram), processor: figures(processor) }));
  }, 1000).unref();
}
