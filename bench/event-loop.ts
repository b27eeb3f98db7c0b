// How late the event loop of a service is under load: `node bench/event-loop.ts [SECONDS] [CALLS_A_SECOND] [SCANS]`. Reads
// are asked at that rate while so many repositories are scanned at a time, each with 500 changed files of 3,000. Prints the
// share of timers that were in time by the exported histogram, and the delays by perf_hooks.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '../src/operations/api-client/client.ts';
import { scanRepositories } from '../src/operations/scans/contract.ts';
import { serviceStatus } from '../src/operations/service/contract.ts';
import { countTasks, listTasks } from '../src/operations/tasks/contract.ts';
import { browserFetch } from '../test/support/browser-fetch.ts';
import { setup as makeProgram } from '../test/support/program-setup.ts';
import { startService } from '../test/support/running-service.ts';
import { createServiceProcess } from '../test/support/service-process.ts';

const seconds = Number(process.argv[2] ?? 60);
const rate = Number(process.argv[3] ?? 100);
const scans = Number(process.argv[4] ?? 4);
const [files, changed] = [3000, 500];
/** To reach, in seconds. */
const wanted = 0.05;

await makeProgram();
const folder = await realpath(await mkdtemp(join(tmpdir(), 'cms-loop-delay-')));
const repositories = Array.from({ length: scans }, (_, n) => join(folder, `code-${n}.git`));
const file = join(folder, 'delay.json');
try {
  for (const repository of repositories) {
    execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', repository]);
    await commit(repository, 0, files);
  }
  const place = await createServiceProcess({
    folder,
    config: {
      repositories: repositories.map((match) => ({ match })),
      github: { pollSeconds: 3600 },
      executor: { default: 'idle', agents: { idle: { kind: 'command', command: ['true'] } } },
    },
    env: {
      PATH: process.env['PATH'] ?? '',
      NODE_OPTIONS: `--import=${new URL('../test/support/loop-delay.ts', import.meta.url).pathname}`,
      LOOP_DELAY_FILE: file,
    },
  });
  const service = await startService(place, { words: ['--no-security'] });
  try {
    await measure(service.address);
  } finally {
    await service.stop();
  }
} finally {
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

async function measure(address: string): Promise<void> {
  const client = createClient({ baseUrl: address, fetch: browserFetch(address) });
  // The first looks read every file, and compile what reads them.
  await Promise.all(
    repositories.map((one) => client.call(scanRepositories, { repositories: [one] })),
  );
  await writeFile(`${file}.reset`, '');
  await sleep(1500);
  const before = await lags(address);
  const until = performance.now() + 1000 * seconds;
  let scanned = 0;
  const scanning = repositories.map(async (repository) => {
    for (let round = 1; performance.now() < until; round += 1) {
      await commit(repository, round, changed);
      const scan = client.call(scanRepositories, { repositories: [repository] });
      if ((await scan.then(() => 0, failed)) !== null) scanned += 1;
    }
  });
  const asked: Promise<number | null>[] = [];
  for (let n = 0; performance.now() < until; n += 1) {
    const began = performance.now();
    const call =
      n % 10 === 0
        ? client.call(serviceStatus, {})
        : n % 2 === 0
          ? client.call(countTasks, {})
          : client.call(listTasks, { limit: 50 });
    asked.push(call.then(() => performance.now() - began, failed));
    await sleep(Math.max(0, until - 1000 * seconds + (1000 * (n + 1)) / rate - performance.now()));
  }
  const all = await Promise.all(asked);
  const took = all.filter((ms) => ms !== null).toSorted((a, b) => a - b);
  await Promise.all(scanning);
  const after = await lags(address);
  const timers = (after.get(Infinity) ?? 0) - (before.get(Infinity) ?? 0);
  const share = (at: number): string =>
    ((100 * ((after.get(at) ?? 0) - (before.get(at) ?? 0))) / timers).toFixed(2);
  process.stdout.write(
    `${took.length} calls answered, ${all.length - took.length} not, ${scanned} scans in ${seconds} s; calls took p50 ${took[Math.floor(took.length / 2)]?.toFixed(1)}, p99 ${took[Math.floor(took.length * 0.99)]?.toFixed(1)} ms\n` +
      `exported histogram, ${timers} timers: ${share(0.01)} % within 10, ${share(wanted)} % within 50, ${share(0.1)} % within 100 ms\n` +
      `perf_hooks, ms: ${await readFile(file, 'utf8')}\n`,
  );
}

/** A call that was not answered is told, and counts as none. */
function failed(error: unknown): null {
  process.stderr.write(`${String(error)}: ${String((error as Error).cause)}\n`);
  return null;
}

/** How many timers were in time, by how late they may be in seconds. */
async function lags(address: string): Promise<ReadonlyMap<number, number>> {
  const text = await (await fetch(`${address}/metrics`)).text();
  const lines = text.matchAll(
    /^claude_manager_event_loop_lag_seconds_bucket\{le="([^"]+)"\} (\d+)$/gmu,
  );
  return new Map(
    [...lines].map(([, le, count]) => [le === '+Inf' ? Infinity : Number(le), Number(count)]),
  );
}

/** So many files are written anew, each with a TODO of this round. */
async function commit(repository: string, round: number, many: number): Promise<void> {
  const child = spawn('git', ['-C', repository, 'fast-import', '--quiet', '--force'], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const data = (text: string): string => `data ${Buffer.byteLength(text)}\n${text}\n`;
  const parts = [
    `commit refs/heads/main\ncommitter a <a@example.com> ${1_700_000_000 + round} +0000\n`,
    data('Work'),
  ];
  if (round > 0) parts.push('from refs/heads/main^0\n');
  for (let n = 0; n < many; n += 1) {
    const at = (n + round * many) % files;
    const lines = Array.from(
      { length: 40 },
      (_, line) => `const value${line} = read(${at}, ${line});`,
    );
    parts.push(
      `M 100644 inline src/part-${at % 50}/file-${at}.ts\n`,
      data(
        `${lines.join('\n')}\n${n % 10 === 0 ? `// TODO: handle case ${round} of ${at}\n` : ''}`,
      ),
    );
  }
  child.stdin.end(parts.join(''));
  const [code] = (await once(child, 'exit')) as [number];
  if (code !== 0) throw new Error(`git fast-import ended with ${code}`);
}
