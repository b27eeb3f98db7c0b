import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { missingPrograms } from './missing-programs.suite.ts';

const program = join(import.meta.dirname, '../../../test/support/service-with-agent-program.ts');

/** Ways for a process to get away from who started it. `@@` sleeps for a time by which it is known. */
const hideouts = [
  'setsid @@ &',
  '(setsid sh -c "trap \'\' TERM INT HUP; @@" &)',
  'nohup @@ >/dev/null 2>&1 &',
  'sh -c "trap \'\' TERM HUP INT; cd /; exec </dev/null >/dev/null 2>&1; (setsid @@ &) & exit 0"',
  'env -i setsid /usr/bin/@@ &',
  'setsid setsid nohup sh -c "@@ & @@ & @@" >/dev/null 2>&1 &',
  'unshare --user --map-root-user setsid @@ >/dev/null 2>&1 &',
  'unshare --user --map-root-user --pid --fork @@ >/dev/null 2>&1 &',
].join('\n');

const memory = 96 * 2 ** 20;

/** How an agent may end: what its script does after its children are out, and what happens to the service then. */
const endings: readonly (readonly [string, string, (service: ChildProcess) => void])[] = [
  ['it ends by itself', 'sleep 0.2; exit 0', () => undefined],
  ['it is canceled', 'exec @@', (service) => void service.stdin?.write('cancel\n')],
  ['it takes too much memory', 'exec tail /dev/zero', () => undefined],
  ['its first process is killed', 'kill -9 $$', () => undefined],
  ['the service is killed', 'exec @@', (service) => void service.kill('SIGKILL')],
  ['the service is asked to stop', 'exec @@', (service) => void service.kill('SIGTERM')],
  ['its time is over', 'exec @@', () => undefined],
];

/** Milliseconds that an agent has whose time is over. */
const wallMs = 1500;

// One round of each in a run of all tests; `SURVIVORS=100` for the number of the figures.
const rounds = Number(process.env['SURVIVORS'] ?? endings.length);

/** Read at one go: in small steps the look itself would take its five seconds on a busy machine. */
function living(mark: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/u.test(name))
    .map((id) => `${id} ${commandLine(id)}`)
    .filter((line) => line.includes(mark));
}

/** Empty for one that has gone. */
function commandLine(id: string): string {
  try {
    return readFileSync(`/proc/${id}/cmdline`, 'latin1').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

const missing = await missingPrograms(['bwrap', 'socat', 'rg', 'prlimit']);

describe.each(['bubblewrap', 'sandbox-runtime'])('in the sandbox %s', (kind) => {
  test.skipIf(missing.length > 0).each(
    Array.from({ length: rounds }, (_, round) => {
      const [name, end, act] = endings[round % endings.length] ??
        endings[0] ?? ['', '', () => undefined];
      return { round, name, end, act };
    }),
  )(
    'nothing that hid itself is alive five seconds after $name (round $round)',
    async ({ round, name, end, act }) => {
      const folder = await mkdtemp(join(tmpdir(), 'cms-sv-'));
      onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
      const mark = `sleep 86${randomInt(1e9)}.${round}`;
      const script = `${hideouts}\nsleep 0.2; echo up; ${end}`.replaceAll('@@', mark);
      const isTimed = name === 'its time is over';
      const words = [folder, kind, script, String(memory), ...(isTimed ? [String(wallMs)] : [])];
      const service = spawn(process.execPath, [program, ...words], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      const gone = once(service, 'exit');
      await Promise.race([once(service.stdout, 'data'), gone]);
      act(service);
      const [code] = (await gone) as [number | null];
      if (isTimed) expect(code).toBe(0);
      await expect.poll(() => living(mark), { timeout: 5000 }).toEqual([]);
    },
  );
});
