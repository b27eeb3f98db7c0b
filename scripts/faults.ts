import { appendFile, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock } from '../src/lib/clock.ts';
import { systemRandom } from '../src/lib/random.ts';
import { stopEmbedded } from '../src/platform/database/embedded/supervisor.ts';
import { type Cell, cells, faults, nameOf, places, unrun } from '../test/faults/cells.ts';
import { runCell } from '../test/faults/run-cell.ts';
import { createFreshDatabase } from '../test/support/fresh-database.ts';
import { setup as makeProgram } from '../test/support/program-setup.ts';

/**
 * The fault matrix: `npm run test:faults -- [--seeds N] [--seed N] [--cell TEXT] [--minutes M] [--at-once K] [--fresh]`.
 * Each cell is run once with each seed; the first seed leaves GitHub alone, the others let it fail at random as well.
 * What has passed is kept in .cache/faults.jsonl and not run again, until --fresh. `--cell` takes a part of the name that
 * a cell is reported by, so that a failure is repeated with that and its seed.
 */
const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1' },
    seed: { type: 'string' },
    cell: { type: 'string', default: '' },
    minutes: { type: 'string', default: '600' },
    'at-once': { type: 'string', default: '2' },
    fresh: { type: 'boolean', default: false },
  },
});

interface Line {
  readonly cell: string;
  readonly seed: number;
  readonly outcome: 'passed' | 'failed' | 'not run';
  readonly wrong: readonly string[];
  readonly seconds: number;
}

const record = join(import.meta.dirname, '..', '.cache', 'faults.jsonl');
await mkdir(join(record, '..'), { recursive: true });
if (values.fresh) await rm(record, { force: true });
const before = (await readFile(record, 'utf8').catch(() => ''))
  .split('\n')
  .filter(Boolean)
  .map((line) => JSON.parse(line) as Line);
const passed = new Set(
  before.filter(({ outcome }) => outcome === 'passed').map(({ cell, seed }) => `${seed} ${cell}`),
);
const seeds =
  values.seed === undefined
    ? Array.from({ length: Number(values.seeds) }, (_, index) => index + 1)
    : [Number(values.seed)];
const wanted = cells.filter((cell) => nameOf(cell).includes(values.cell));
const repeats = values.cell !== '' || values.seed !== undefined;
const work = seeds
  .flatMap((seed) => wanted.map((cell) => ({ cell, seed })))
  .filter(({ cell, seed }) => repeats || !passed.has(`${seed} ${nameOf(cell)}`));
const until = Date.now() + Number(values.minutes) * 60_000;
await makeProgram();
const dataDir = await mkdtemp(join(tmpdir(), 'cms-faults-'));
const lines: Line[] = [];

const queue = work.values();
const runner = async (): Promise<void> => {
  for (const { cell, seed } of queue) {
    if (Date.now() > until) return;
    const line = await one(cell, seed);
    lines.push(line);
    await appendFile(record, `${JSON.stringify(line)}\n`);
    const { outcome, wrong, seconds } = line;
    process.stdout.write(`${outcome}  seed ${seed}  ${nameOf(cell)}  ${seconds.toFixed(0)} s\n`);
    for (const text of wrong) process.stdout.write(`        ${text}\n`);
  }
};
try {
  await Promise.all(Array.from({ length: Number(values['at-once']) }, runner));
} finally {
  await stopEmbedded(dataDir, { clock: systemClock, random: systemRandom });
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
}
report();
process.exitCode = lines.some(({ outcome }) => outcome === 'failed') ? 1 : 0;

async function one(cell: Cell, seed: number): Promise<Line> {
  const began = Date.now();
  const place = { cell: nameOf(cell), seed };
  const seconds = (): number => (Date.now() - began) / 1000;
  try {
    const { wrong, notRun } = await runCell(cell, {
      seed,
      database: () => createFreshDatabase(dataDir),
    });
    if (notRun !== null)
      return { ...place, outcome: 'not run', wrong: [notRun], seconds: seconds() };
    const outcome = wrong.length === 0 ? 'passed' : 'failed';
    return { ...place, outcome, wrong, seconds: seconds() };
  } catch (error) {
    return {
      ...place,
      outcome: 'failed',
      wrong: [String(error).slice(0, 4000)],
      seconds: seconds(),
    };
  }
}

/** The whole matrix, place by place: what passed with how many seeds, and what was not run, with the reason. */
function report(): void {
  const all = [...before, ...lines];
  process.stdout.write('\nThe fault matrix, with every run that is on record:\n');
  for (const place of places) {
    for (const fault of faults) {
      const here = cells.filter((cell) => cell.place === place && cell.fault === fault);
      const why = unrun.find((cell) => cell.place === place && cell.fault === fault)?.why;
      if (here.length === 0 && why === undefined) continue;
      const runs = all.filter(({ cell }) => here.some((one) => nameOf(one) === cell));
      const counted = (outcome: Line['outcome']): number =>
        runs.filter((line) => line.outcome === outcome).length;
      const reason = runs.find(({ outcome }) => outcome === 'not run')?.wrong[0];
      const said =
        here.length === 0
          ? `not run here: ${why}`
          : runs.length === 0
            ? 'not run yet'
            : counted('passed') + counted('failed') === 0
              ? `not run: ${reason}`
              : `run ${counted('passed') + counted('failed')} times in ${here.length} ways: ${counted('passed')} passed, ${counted('failed')} failed`;
      process.stdout.write(`  ${place} × ${fault}: ${said}\n`);
    }
  }
  const count = (outcome: Line['outcome']): number =>
    lines.filter((line) => line.outcome === outcome).length;
  const rest = work.length - lines.length;
  process.stdout.write(
    `\nthis time: ${count('passed')} passed, ${count('failed')} failed, ${count('not run')} not run${rest === 0 ? '' : `, ${rest} left for the next time`}\n`,
  );
}
