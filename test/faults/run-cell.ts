import { execFile, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { FreshDatabase } from '../support/fresh-database.ts';
import type { FaultMatch } from '../support/github-emulator/faults.ts';
import {
  agentIsAtWork,
  createGithubLoop,
  type GithubLoop,
  manager,
} from '../support/github-loop.ts';
import { seededFractions } from '../support/seeded.ts';
import { canMount, type SmallDisk, smallDisk } from '../support/small-disk.ts';
import type { Cell, Harm } from './cells.ts';

const run = promisify(execFile);

/** What one cell came to. */
export interface CellResult {
  /** What is wrong, line by line; empty when everything held. */
  readonly wrong: readonly string[];
  /** Why it could not be run here; null when it was. */
  readonly notRun: string | null;
}

export interface CellOptions {
  /** The first leaves GitHub alone; others let one request in twelve fail as well, and vary times. */
  readonly seed: number;
  /** Makes a database of its own; the one of the test run when left out. */
  readonly database?: () => Promise<FreshDatabase>;
}

const todo = { 'list.js': '// TODO: handle the empty list\nexport const a = 1;\n' };

/** Runs the loop with the harm of the cell, then without, and looks at what came out on the server. */
export async function runCell(cell: Cell, options: CellOptions): Promise<CellResult> {
  const missing = await whyNot(cell.harm);
  if (missing !== null) return { wrong: [], notRun: missing };
  const disk = needsDisk(cell.harm) ? await smallDisk() : null;
  try {
    return await runOn(cell, options, disk);
  } finally {
    await disk?.remove();
  }
}

async function runOn(
  cell: Cell,
  options: CellOptions,
  disk: SmallDisk | null,
): Promise<CellResult> {
  const fraction = seededFractions(options.seed);
  const loop = await createGithubLoop({
    targets: { widgets: todo },
    agentMs: isWhileAgentWorks(cell.harm) ? 4000 : Math.floor(fraction() * 400),
    ...(disk === null ? {} : { folder: disk.folder, database: null }),
    ...(disk !== null || options.database === undefined ? {} : { database: options.database }),
  });
  try {
    const turbulent = options.seed > 1;
    const trouble = (): void => {
      if (turbulent) loop.emulator.faults.random({ seed: options.seed, rate: 0.08 });
    };
    const calm = (): void => loop.emulator.faults.clear();
    if (cell.phase === 'deliver') await loop.once();
    trouble();
    if (cell.phase === 'deliver') loop.emulator.as('wendy').label(manager, 1, 'approved-for-dev');
    const wrong = await doHarm(loop, cell.harm, disk);
    calm();
    await loop.once();
    if (cell.phase === 'propose') loop.emulator.as('wendy').label(manager, 1, 'approved-for-dev');
    for (let rounds = 0; rounds < 4 && (await isUnended(loop)); rounds += 1) await loop.once();
    await loop.once();
    return { wrong: [...wrong, ...(await judge(loop))], notRun: null };
  } finally {
    await loop.close();
  }
}

/** One issue, one branch, one pull request, one comment, a clean log, and a server that has nothing to complain of. */
async function judge(loop: GithubLoop): Promise<readonly string[]> {
  const { journal, contractViolations } = loop.emulator;
  const pushes = journal.effects.filter(({ kind, via }) => kind === 'ref-updated' && via === 'git');
  const [task] = await loop.tasks<readonly { id: string; state: string }[]>('list');
  const verified = await loop.service.run(['security', 'verify']);
  const explained = await loop.tasks<{ code: string }>('explain', task?.id ?? '');
  const facts: readonly (readonly [string, unknown, unknown])[] = [
    ['proposals', loop.proposals().length, 1],
    ['pull requests', loop.pulls('acme/widgets').length, 1],
    ['comments', loop.proposals()[0]?.comments.length, 1],
    ['branches pushed', pushes.length, 1],
    ['state', task?.state, 'in_review'],
    ['explained as', explained.code, 'waits_for_review'],
    ['exit code of security verify', verified.exitCode, 0],
  ];
  return [
    ...facts.flatMap(([what, is, wanted]) =>
      is === wanted ? [] : [`${what}: ${String(is)} instead of ${String(wanted)}`],
    ),
    ...journal.duplicates().map((one) => `made twice: ${JSON.stringify(one)}`),
    ...journal.unmarked().map((one) => `without a marker: ${JSON.stringify(one)}`),
    ...journal.violations().map((one) => `rule broken: ${JSON.stringify(one)}`),
    ...contractViolations.map((one) => `contract broken: ${JSON.stringify(one)}`),
  ];
}

async function isUnended(loop: GithubLoop): Promise<boolean> {
  const [task] = await loop.tasks<readonly { state: string }[]>('list');
  return task === undefined || ['proposed', 'approved', 'running'].includes(task.state);
}

async function doHarm(
  loop: GithubLoop,
  harm: Harm,
  disk: SmallDisk | null,
): Promise<readonly string[]> {
  if (harm.kind === 'github') {
    for (const fault of harm.faults) loop.emulator.faults.add(fault);
    await anyEnd(loop);
    const left = loop.emulator.faults.pending();
    return left === 0 ? [] : [`${left} faults never struck`];
  }
  if ('at' in harm && harm.kind === 'kill') {
    await loop.killed({ killAt: harm.at, mayEnd: true, maxMs: 240_000 });
    return [];
  }
  const isTime = momentOf(loop, harm);
  if (harm.kind === 'kill') {
    await loop.killed({ killWhen: isTime, mayEnd: true, maxMs: 240_000 });
    return [];
  }
  return await stopped(loop, harm, disk, isTime);
}

/** Twice the lease of an effect, and longer than a silent session keeps its locks. */
const longStopMs = 32_000;

/** Stops the process at the moment, does the rest of the harm, lets it go on, and waits for its end. */
async function stopped(
  loop: GithubLoop,
  harm: Exclude<Harm, { kind: 'github' }>,
  disk: SmallDisk | null,
  isTime: () => boolean | Promise<boolean>,
): Promise<readonly string[]> {
  let pid = 0;
  const point = 'at' in harm ? { CMS_STOP_AT: harm.at } : {};
  const first = loop.service.run(['--verbose', 'start', '--once'], {
    env: point,
    maxMs: 400_000,
    onStart: (started) => {
      pid = started;
    },
  });
  const over = first.then(
    () => true,
    () => true,
  );
  for (;;) {
    if (await Promise.race([over, delay(20).then(() => false)])) {
      return 'at' in harm ? [`never came by ${harm.at}`] : [];
    }
    if (pid === 0) continue;
    if ('at' in harm ? await isStopped(pid) : await isTime()) break;
  }
  process.kill(pid, 'SIGSTOP');
  try {
    if (harm.kind === 'stop') {
      await delay(longStopMs);
      await anyEnd(loop);
    } else if (harm.kind === 'full') {
      await disk?.fill();
    } else await breakFsync(loop.service.folder);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  if (harm.kind !== 'stop') await Promise.race([over, delay(6000)]);
  await disk?.free();
  await over;
  return [];
}

/** A round that may end with any code, as long as it ends. */
async function anyEnd(loop: GithubLoop): Promise<void> {
  await loop.service.run(['--verbose', 'start', '--once'], { maxMs: 400_000 });
}

function momentOf(
  loop: GithubLoop,
  harm: Exclude<Harm, { kind: 'github' }>,
): () => boolean | Promise<boolean> {
  if ('whileAgentWorks' in harm) return () => agentIsAtWork(loop.service);
  if (!('during' in harm)) return () => false;
  const { journal, faults } = loop.emulator;
  faults.add(harm.during);
  const before = journal.entries.length;
  return () =>
    journal.entries.slice(before).some((entry) => isMatch(harm.during.match ?? {}, entry));
}

function isMatch(
  { method, path }: FaultMatch,
  entry: { readonly method: string; readonly path: string },
): boolean {
  if (method !== undefined && method !== entry.method) return false;
  if (path === undefined) return true;
  return typeof path === 'string' ? entry.path.split('?')[0] === path : path.test(entry.path);
}

async function isStopped(pid: number): Promise<boolean> {
  return / T /u.test(await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''));
}

function isWhileAgentWorks(harm: Harm): boolean {
  return 'whileAgentWorks' in harm;
}

function needsDisk({ kind }: Harm): boolean {
  return kind === 'full' || kind === 'eio';
}

/** What this machine lacks for the harm; null when it can be done. */
async function whyNot({ kind }: Harm): Promise<string | null> {
  if (kind !== 'full' && kind !== 'eio') return null;
  if (!canMount) return 'mounting a small disk needs root';
  if (kind === 'eio' && !(await isThere('strace'))) return 'strace is not installed';
  return null;
}

async function isThere(program: string): Promise<boolean> {
  return await run('which', [program]).then(
    () => true,
    () => false,
  );
}

const brokenForMs = 5000;

/** Every fsync of the embedded database fails for some seconds from now. */
async function breakFsync(folder: string): Promise<void> {
  const pid = (await readFile(join(folder, 'data', 'postgres', 'data', 'postmaster.pid'), 'utf8'))
    .split('\n')[0]
    ?.trim();
  const children = await run('pgrep', ['-P', pid ?? '']).catch(() => ({ stdout: '' }));
  const pids = [pid ?? '', ...children.stdout.split('\n').filter(Boolean)];
  const calls = 'fsync,fdatasync';
  const strace = spawn(
    'strace',
    [
      '-f',
      '-qq',
      '-e',
      `trace=${calls}`,
      '-e',
      `inject=${calls}:error=EIO`,
      ...pids.flatMap((one) => ['-p', one]),
    ],
    { stdio: 'ignore' },
  );
  await delay(300);
  void delay(brokenForMs).then(() => strace.kill('SIGINT'));
}
