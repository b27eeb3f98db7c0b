import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import xterm from '@xterm/headless';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { prepareDemo } from '../../src/app/demo/demo.ts';
import { program, programEnv } from '../support/program.ts';
import { startService } from '../support/running-service.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

/** Gives a program a terminal of its own: part of util-linux. */
const hasTerminals = existsSync('/usr/bin/script');

let folder = '';
let database: TestDatabase;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cms-screen-'));
  database = await createTestDatabase();
  await prepareDemo(folder);
});
afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** The program in a terminal of 100 columns and 30 rows, seen and typed to as a person does. */
function openTerminal(
  place = folder,
  more: Record<string, string> = { DATABASE_URL: database.url },
) {
  const { execPath } = process;
  const command = `stty rows 30 cols 100; exec ${execPath} ${program} start --mode interactive --port 0`;
  const child = spawn('/usr/bin/script', ['-qfec', command, '/dev/null'], {
    cwd: place,
    env: programEnv(place, { TERM: 'xterm-256color', ...more }),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const terminal = new xterm.Terminal({ cols: 100, rows: 30, allowProposedApi: true });
  child.stdout.on('data', (part: Buffer) => terminal.write(part));
  const screen = (): string => {
    const { active } = terminal.buffer;
    return Array.from(
      { length: terminal.rows },
      (_, row) => active.getLine(active.baseY + row)?.translateToString(true) ?? '',
    ).join('\n');
  };
  return {
    child,
    screen,
    type: (keys: string) => void child.stdin.write(keys),
    /** Waits until the screen shows it. */
    see: async (text: string | RegExp): Promise<string> => {
      for (let waitedMs = 0; ; waitedMs += 50) {
        const shown = screen();
        if (typeof text === 'string' ? shown.includes(text) : text.test(shown)) return shown;
        if (child.exitCode !== null || waitedMs > 60_000)
          throw new Error(`no ${text} (exit code ${child.exitCode}):\n${shown}`);
        await setTimeout(50);
      }
    },
  };
}

async function exitCode(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null) await once(child, 'exit');
  return child.exitCode;
}

describe.runIf(hasTerminals)('the interactive screen', () => {
  test('shows what waits, approves the words it shows, rejects with a reason, follows the run, and gives the terminal back', async () => {
    const { child, see, type, screen } = openTerminal();
    try {
      await see('5 waiting');
      type('\r');
      expect(await see('Why it ranks here')).toMatch(/^> +\d+ .*FIXME/mu);
      type('a');
      await see('Approved: FIXME');
      type('3');
      await see(/FIXME in inventory.*in_review/u);
      type('\r');
      await see('Pull request:');
      type('o');
      await see('ended: completed');

      type('1');
      await see(/^> .*proposed/mu);
      type('\rrnot now\r');
      await see('Rejected:');
      await see('3 waiting');
      type('4');
      await see(/^> .*rejected/mu);

      type('qn');
      await see('1-4 lists');
      type('qy');
      expect(await exitCode(child)).toBe(0);
      expect(screen()).not.toContain('claude-manager');
      const { rows } = await database.pool.query<{ channel: string }>(
        `select a.channel from approvals a join tasks t on t.id = a.task_id where t.state = 'in_review'`,
      );
      expect(rows).toEqual([{ channel: 'cli' }]);
    } finally {
      child.kill('SIGKILL');
    }
  }, 420_000);

  test.each([
    ['another server', true],
    ['the embedded server', false],
  ])(
    'beside a service that runs on %s shows and decides there, begins no second one, and leaves it running',
    async (_, isExternal) => {
      const place = await mkdtemp(join(tmpdir(), 'cms-beside-'));
      await prepareDemo(place);
      const own = await createTestDatabase();
      const env = isExternal ? { DATABASE_URL: own.url } : {};
      const service = await startService({ folder: place, env });
      const { child, see, type } = openTerminal(place, env);
      try {
        await see('5 waiting');
        type('\rrnot now\r');
        await see('Rejected:');
        type('q');
        expect(await exitCode(child)).toBe(0);
        expect((await fetch(`${service.address}/readyz`)).status).toBe(200);
        const status = promisify(execFile)(process.execPath, [program, '--json', 'status'], {
          cwd: place,
          env: programEnv(place, env),
        });
        expect(JSON.parse((await status).stdout)).toMatchObject({
          processes: [{ role: 'all' }],
          states: { proposed: 4, rejected: 1 },
        });
      } finally {
        child.kill('SIGKILL');
        await service.stop();
        await own.drop();
        await rm(place, { recursive: true, force: true, maxRetries: 5 });
      }
    },
    240_000,
  );

  test('is refused where there is no terminal, saying what to do instead', async () => {
    const child = spawn(process.execPath, [program, 'start', '--mode', 'interactive'], {
      cwd: folder,
      env: programEnv(folder, { DATABASE_URL: database.url }),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (part: string) => {
      said += part;
    });
    expect(await exitCode(child)).toBe(2);
    expect(said).toContain('needs a terminal');
    expect(said).toContain('tasks approve');
  });
});
