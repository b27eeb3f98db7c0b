import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import { systemClock } from '../src/lib/clock.ts';
import { systemRandom } from '../src/lib/random.ts';
import { listAlerts } from '../src/operations/alerts/contract.ts';
import { createClient } from '../src/operations/api-client/client.ts';
import { listFindings } from '../src/operations/findings/contract.ts';
import { listRuns } from '../src/operations/runs/contract.ts';
import { serviceStatus } from '../src/operations/service/contract.ts';
import { listTasks } from '../src/operations/tasks/contract.ts';
import { stopEmbedded } from '../src/platform/database/embedded/supervisor.ts';
import { setup as makeProgram } from '../test/support/program-setup.ts';
import { startService } from '../test/support/running-service.ts';

/**
 * A service under steady load: `npm run test:soak -- [--minutes 30] [--rps 50]`. Operations come by HTTP, a scan every
 * minute; every ten seconds memory, open files and waiting timers of the process are read. Prints the samples and, over
 * what followed the first third, the growth of each an hour; ends with 1 when a call failed.
 */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    rps: { type: 'string', default: '50' },
  },
});
const [minutes, rps] = [Number(values.minutes), Number(values.rps)];
const everyMs = 10_000;

interface Sample {
  readonly atMs: number;
  readonly residentMb: number;
  readonly files: number;
  readonly timers: number;
}

await makeProgram();
const folder = await mkdtemp(join(tmpdir(), 'cms-soak-'));
const run = promisify(execFile);
const repository = join(folder, 'r');
await mkdir(repository);
for (let n = 0; n < 20; n += 1)
  await writeFile(join(repository, `f${n}.js`), `// TODO: mend the thing number ${n}\nf(${n});\n`);
for (const words of [
  ['init', '-q'],
  ['add', '.'],
  ['commit', '-qm', 'first'],
])
  await run('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...words], {
    cwd: repository,
  });
const config = { repositories: [{ match: './r' }], analyzer: { intervalMinutes: 1 } };
await writeFile(
  join(folder, 'config.json'),
  JSON.stringify({ dataDir: 'data', logDir: 'logs', ...config }),
);
// Only the process itself knows its timers. It is read at any moment, so it is never half written.
const probe = `import{renameSync,writeFileSync}from'node:fs';if(process.argv.includes('start'))setInterval(()=>{const file=process.env.SOAK_FILE;writeFileSync(file+'.new',process.pid+' '+process.getActiveResourcesInfo().filter((one)=>one==='Timeout').length);renameSync(file+'.new',file)},1000).unref()`;
const probeFile = join(folder, 'timers');
const service = await startService(
  { folder, env: { SOAK_FILE: probeFile } },
  {
    words: ['--no-security'],
    more: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(probe)}` },
  },
);
let [calls, failures] = [0, 0];
const samples: Sample[] = [];
try {
  await delay(3000);
  const until = systemClock.monotonicMs() + minutes * 60_000;
  const client = createClient({
    baseUrl: service.address,
    fetch: (url, init) =>
      fetch(url, { ...init, headers: { ...(init?.headers as object), origin: service.address } }),
  });
  const asked = [
    () => client.call(listTasks, {}),
    () => client.call(serviceStatus, {}),
    () => client.call(listFindings, {}),
    () => client.call(listAlerts, {}),
    () => client.call(listRuns, {}),
  ];
  const load = setInterval(() => {
    const ask = asked[calls % asked.length];
    calls += 1;
    ask?.().catch(() => (failures += 1));
  }, 1000 / rps);
  while (systemClock.monotonicMs() < until) {
    await delay(everyMs);
    const sample = await look();
    samples.push(sample);
    process.stdout.write(`${JSON.stringify({ ...sample, calls, failures })}\n`);
  }
  clearInterval(load);
} finally {
  await service.stop();
  await stopEmbedded(join(folder, 'data'), { clock: systemClock, random: systemRandom });
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}
const settled = samples.slice(Math.floor(samples.length / 3));
const growth = (pick: (sample: Sample) => number): string =>
  (slope(settled.map((one) => [one.atMs, pick(one)])) * 3_600_000).toFixed(2);
process.stdout.write(
  `${calls} calls, ${failures} failed in ${minutes} minutes; an hour more: ` +
    `${growth((one) => one.residentMb)} MB, ${growth((one) => one.files)} open files, ${growth((one) => one.timers)} timers\n`,
);
process.exitCode = failures > 0 ? 1 : 0;

async function look(): Promise<Sample> {
  const [pid, timers] = (await readFile(probeFile, 'utf8')).split(' ');
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return {
    atMs: systemClock.monotonicMs(),
    residentMb: Number(/VmRSS:\s+(\d+)/u.exec(status)?.[1]) / 1024,
    files: (await readdir(`/proc/${pid}/fd`)).length,
    timers: Number(timers),
  };
}

/** Least squares. */
function slope(points: readonly (readonly [number, number])[]): number {
  const mean = (at: 0 | 1): number => points.reduce((sum, one) => sum + one[at], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const below = points.reduce((sum, [at]) => sum + (at - x) ** 2, 0);
  return points.reduce((sum, [at, value]) => sum + (at - x) * (value - y), 0) / below;
}
