import { mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { systemClock } from '../src/lib/clock.ts';
import { systemRandom } from '../src/lib/random.ts';
import { stopEmbedded } from '../src/platform/database/embedded/supervisor.ts';
import { setup as makeProgram } from '../test/support/program-setup.ts';
import { startService } from '../test/support/running-service.ts';
import { makeSteadyPlace, pageClient, steadyQuestions } from '../test/support/steady-place.ts';

/**
 * A service under steady load: `npm run test:soak -- [--warm-up 5] [--warm-up-rps 150] [--minutes 30] [--rps 50]
 * [--heap FOLDER]`. Operations come by HTTP, a scan every minute; every ten seconds memory, open files and waiting
 * timers of the process are read, what its heap held after the last collection, and how large its parts are. A pool
 * closes connections that the warm-up needed and the load does not, so that a leak shows in the files that are no
 * connections, or in connections that grow. The warm-up, in minutes, has the same calls more often: the engine compiles
 * what is called often, and what is called fifty times a second is called often only after a long while. Prints the
 * samples and, over each third, the last half and all that followed the warm-up, the growth of each an hour by least
 * squares with twice its standard error; ends with 1 when a call failed. The heap is written to the folder after the
 * warm-up and near the end, to be compared in the tools of a browser; writing it takes memory, so that the resident one
 * says nothing then.
 */
const { values } = parseArgs({
  options: {
    'warm-up': { type: 'string', default: '5' },
    'warm-up-rps': { type: 'string', default: '150' },
    minutes: { type: 'string', default: '30' },
    rps: { type: 'string', default: '50' },
    heap: { type: 'string' },
  },
});
const everyMs = 10_000;
const phases = [
  { isWarmUp: true, minutes: Number(values['warm-up']), rps: Number(values['warm-up-rps']) },
  { isWarmUp: false, minutes: Number(values.minutes), rps: Number(values.rps) },
];

interface Sample {
  readonly atMs: number;
  readonly residentMb: number;
  /** Objects and buffers right after the last full collection; 0 before the first. */
  readonly heapMb: number;
  /** Open files of every kind, and of those the connections of callers and to the database. */
  readonly files: number;
  readonly connections: number;
  readonly timers: number;
  /** Megabytes: what V8 has for compiled code and for all else that it collects, and what the process has beside that. */
  readonly codeMb: number;
  readonly otherHeapMb: number;
  readonly besideMb: number;
}

await makeProgram();
const folder = await mkdtemp(join(tmpdir(), 'cms-soak-'));
await makeSteadyPlace(folder);
// Only the process itself knows its timers and its heap. What it says is read at any moment, so it is never half written.
// It collects all of its garbage once a minute; more often would keep its memory smaller than it is without being watched.
const probe = `
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { getHeapSpaceStatistics, setFlagsFromString, writeHeapSnapshot } from 'node:v8';
import { runInNewContext } from 'node:vm';
if (process.argv.includes('start')) {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc');
  const file = process.env.SOAK_FILE;
  let held = 0;
  setInterval(() => {
    collect();
    const { heapUsed, external } = process.memoryUsage();
    held = heapUsed + external;
  }, 60_000).unref();
  setInterval(() => {
    const timers = process.getActiveResourcesInfo().filter((one) => one === 'Timeout').length;
    const resident = process.memoryUsage.rss();
    let [code, other] = [0, 0];
    for (const { space_name, physical_space_size } of getHeapSpaceStatistics())
      if (space_name.startsWith('code')) code += physical_space_size;
      else if (!space_name.startsWith('read_only')) other += physical_space_size;
    writeFileSync(file + '.new', [process.pid, timers, resident, held, code, other].join(' '));
    renameSync(file + '.new', file);
  }, 1000).unref();
  setInterval(() => {
    if (!existsSync(file + '.heap')) return;
    rmSync(file + '.heap');
    writeHeapSnapshot(process.env.SOAK_HEAP + '/' + Math.round(performance.now() / 1000) + '.heapsnapshot');
  }, 1000).unref();
}
`;
const probeFile = join(folder, 'timers');
const service = await startService(
  { folder, env: { SOAK_FILE: probeFile, SOAK_HEAP: values.heap ?? folder } },
  {
    words: ['--no-security'],
    more: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(probe)}` },
  },
);
let [calls, failures, waiting] = [0, 0, 0];
const samples: Sample[] = [];
let isHeapWritten = false;
try {
  await delay(3000);
  const asked = steadyQuestions(pageClient(service.address));
  for (const { isWarmUp, minutes, rps } of phases) {
    const until = systemClock.monotonicMs() + minutes * 60_000;
    const load = setInterval(() => {
      // A warm-up that the machine cannot keep up with would open connections by the hundred.
      if (isWarmUp && waiting >= 16) return;
      const ask = asked[calls % asked.length];
      calls += 1;
      waiting += 1;
      ask?.()
        .catch(() => (failures += 1))
        .finally(() => (waiting -= 1));
    }, 1000 / rps);
    while (systemClock.monotonicMs() < until) {
      await delay(everyMs);
      const sample = await look();
      if (!isWarmUp) samples.push(sample);
      const isEnd: boolean =
        !isWarmUp && !isHeapWritten && systemClock.monotonicMs() >= until - 3 * everyMs;
      if (values.heap !== undefined && (isEnd || (!isWarmUp && samples.length === 1))) {
        isHeapWritten = isEnd;
        await writeFile(`${probeFile}.heap`, '');
      }
      process.stdout.write(`${JSON.stringify({ isWarmUp, ...sample, calls, failures })}\n`);
    }
    clearInterval(load);
  }
} finally {
  await service.stop();
  await stopEmbedded(join(folder, 'data'), { clock: systemClock, random: systemRandom });
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}
process.stdout.write(`${calls} calls, ${failures} failed; after the warm-up, an hour more,\n`);
for (const [span, from, to] of [
  ['first third', 0, 1 / 3],
  ['second third', 1 / 3, 2 / 3],
  ['last third', 2 / 3, 1],
  ['last half', 1 / 2, 1],
  ['all', 0, 1],
] as const) {
  const within = samples.slice(Math.floor(samples.length * from), Math.ceil(samples.length * to));
  const collected = within.filter(
    ({ heapMb }, at) => heapMb > 0 && heapMb !== within[at - 1]?.heapMb,
  );
  const growth = (pick: (sample: Sample) => number, of = within): string => {
    const { slope, error } = leastSquares(of.map((one) => [one.atMs, pick(one)]));
    return `${(slope * 3_600_000).toFixed(2)} (± ${(2 * error * 3_600_000).toFixed(2)})`;
  };
  const range = (pick: (sample: Sample) => number): string => {
    const all = within.map(pick);
    return `${Math.min(...all)} to ${Math.max(...all)}`;
  };
  process.stdout.write(
    `${span}: ${growth((one) => one.residentMb)} MB resident, of that ${growth((one) => one.codeMb)} compiled code, ` +
      `${growth((one) => one.otherHeapMb)} other heap, ${growth((one) => one.besideMb)} beside it; ` +
      `${growth((one) => one.heapMb, collected)} MB held after a collection, ` +
      `${growth((one) => one.files)} open files, ${range((one) => one.files - one.connections)} of them without the ` +
      `connections and ${range((one) => one.connections)} connections; ${growth((one) => one.timers)} timers\n`,
  );
}
process.exitCode = failures > 0 ? 1 : 0;

async function look(): Promise<Sample> {
  const [pid = '', ...figures] = (await readFile(probeFile, 'utf8')).split(' ');
  const open = await readdir(`/proc/${pid}/fd`);
  // One that was closed meanwhile is none any more.
  const links = await Promise.all(
    open.map(async (one) => await readlink(`/proc/${pid}/fd/${one}`).catch(() => null)),
  );
  const files = links.filter((link) => link !== null);
  const [timers = 0, resident = 0, held = 0, code = 0, other = 0] = figures.map(Number);
  return {
    atMs: systemClock.monotonicMs(),
    residentMb: resident / 2 ** 20,
    heapMb: held / 2 ** 20,
    files: files.length,
    connections: files.filter((link) => link.startsWith('socket:')).length,
    timers,
    codeMb: code / 2 ** 20,
    otherHeapMb: other / 2 ** 20,
    besideMb: (resident - code - other) / 2 ** 20,
  };
}

/** Slope of the line and its standard error. */
function leastSquares(points: readonly (readonly [number, number])[]): {
  readonly slope: number;
  readonly error: number;
} {
  const mean = (at: 0 | 1): number => points.reduce((sum, one) => sum + one[at], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const below = points.reduce((sum, [at]) => sum + (at - x) ** 2, 0);
  const slope = points.reduce((sum, [at, value]) => sum + (at - x) * (value - y), 0) / below;
  const left = points.reduce((sum, [at, value]) => sum + (value - y - slope * (at - x)) ** 2, 0);
  return { slope, error: Math.sqrt(left / Math.max(1, points.length - 2) / below) };
}
