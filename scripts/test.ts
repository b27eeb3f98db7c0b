import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import {
  closingLine,
  type FileOutcome,
  filesToTryAgain,
  type RunOutcome,
  withLater,
} from '../test/support/file-outcome.ts';

/**
 * The README's test command: every test, and beside them the static checks, for which there is time while tests wait for
 * children and disks. What a check finds is told at once and ends the tests. Ends with "N passed, N failed".
 *
 * On a shared machine a process may stand still for longer than any limit. Where `CI` is set the files that failed are
 * therefore run again from new, alone, up to twice; what failed at first is named before the closing line, since whatever
 * is no accident of the machine is a fault to be found. Whoever works on a test sees it fail the first time.
 */
const root = join(import.meta.dirname, '..');
const record = join(root, '.cache', 'test-outcome.json');
const mostTries = process.env['CI'] === undefined ? 1 : 3;
const checks = quietly([
  ['npm', 'run', '--silent', 'check:quick'],
  // The quick check has types judged as well, by a faster compiler; the one that builds has to agree.
  ['npm', 'run', '--silent', 'types'],
]);
interface Finding {
  readonly status: number;
  readonly said: string;
}
let tests = null as ChildProcess | null;
let found = null as Finding | null;
const checked = endTestsOnFinding();

const failures: FileOutcome[] = [];
let run = await runTests(process.argv.slice(2));
let outcomes = run.outcome?.outcomes ?? [];
for (let tries = 1; run.status !== 0 && run.outcome !== null && tries < mostTries; tries += 1) {
  const again = filesToTryAgain(run.outcome);
  if (again.length === 0 || found !== null) break;
  failures.push(...run.outcome.outcomes.filter(({ path }) => again.includes(path)));
  process.stdout.write(`\nRunning again, alone, what failed: ${again.map(shown).join(', ')}\n`);
  run = await runTests([...again, '--maxWorkers', '1']);
  outcomes = withLater(outcomes, run.outcome?.outcomes ?? []);
}
await checked;
for (const { path, wrong } of failures)
  process.stdout.write(`failed and was run again: ${shown(path)}\n  ${wrong.join('\n  ')}\n`);
process.stdout.write(`${closingLine(outcomes)}\n`);
process.exitCode = found?.status ?? run.status;

/** One run of vitest; its outcome is null where it ended without telling any. */
async function runTests(
  args: readonly string[],
): Promise<{ readonly status: number; readonly outcome: RunOutcome | null }> {
  await mkdir(join(root, '.cache'), { recursive: true });
  await rm(record, { force: true });
  tests = spawn(
    process.execPath,
    [join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run', ...args],
    { stdio: 'inherit', env: { ...process.env, TEST_OUTCOME: record } },
  );
  const [status] = (await once(tests, 'exit')) as [number | null];
  const told = await readFile(record, 'utf8').catch(() => null);
  return { status: status ?? 1, outcome: told === null ? null : (JSON.parse(told) as RunOutcome) };
}

async function endTestsOnFinding(): Promise<void> {
  found = await checks;
  if (found === null) return;
  process.stdout.write(`${found.said}\nThe static checks found this; the tests are ended.\n`);
  tests?.kill('SIGINT');
}

function shown(path: string): string {
  return relative(root, path);
}

/**
 * Runs one after the other until one fails; answers what that one said, null when all are content. What fails is asked
 * once more and told of: on a busy machine the linter once found an error that was not there a moment later.
 */
async function quietly(steps: readonly (readonly string[])[]): Promise<Finding | null> {
  for (const step of steps) {
    const first = await check(step);
    if (first === null) continue;
    const second = await check(step);
    if (second !== null) return second;
    process.stdout.write(`found once and not again:\n${first.said}\n`);
  }
  return null;
}

async function check([command = '', ...args]: readonly string[]): Promise<Finding | null> {
  const step = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [step.stdout, step.stderr])
    stream.setEncoding('utf8').on('data', (part: string) => {
      said += part;
    });
  const [code] = (await once(step, 'close')) as [number | null];
  return code === 0 ? null : { status: code ?? 1, said: `${command} ${args.join(' ')}\n${said}` };
}
