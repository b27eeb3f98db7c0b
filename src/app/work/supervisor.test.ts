import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hearNotices } from '../../../test/support/handed-over.ts';

const source = (name: string): string => JSON.stringify(new URL(name, import.meta.url).pathname);
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'supervisor-'));
});
afterAll(async () => await rm(folder, { recursive: true, force: true, maxRetries: 5 }));

test('a supervisor hears ready, the watchdog and stopping, and nothing of the watchdog of another process', async () => {
  const socket = join(folder, 'notify');
  const notices = await hearNotices(socket);
  try {
    const { createSupervisor } = await import('./supervisor.ts');
    const errors: unknown[] = [];
    const log = {
      debug: () => undefined,
      info: () => undefined,
      warn: () => undefined,
      error: (facts: object) => void errors.push(facts),
    };
    const env = { NOTIFY_SOCKET: socket, PATH: process.env['PATH'] };
    createSupervisor({ ...env, WATCHDOG_USEC: '400000', WATCHDOG_PID: '1' }, log).stopping();
    await expect.poll(() => notices.heard(), { timeout: 120_000 }).toContain('STOPPING=1');
    const supervisor = createSupervisor({ ...env, WATCHDOG_USEC: '400000' }, log);
    supervisor.ready({ address: null, said: [] });
    await expect.poll(() => notices.heard(), { timeout: 120_000 }).toContain('READY=1');
    await expect.poll(() => notices.heard(), { timeout: 120_000 }).toContain('WATCHDOG=1');
    expect(notices.heard()).toContain(`MAINPID=${process.pid}`);
    expect(errors).toEqual([]);
  } finally {
    notices.stop();
  }
});

test.each(['throw new Error("planted")', 'Promise.reject(new Error("planted"))'])(
  'what nobody caught ends the process with one fatal line: %s',
  async (fault) => {
    const code = `const { endOnFatal } = await import(${source('../lifecycle.ts')});
      endOnFatal();
      setTimeout(() => { ${fault} }, 1);
      setInterval(() => undefined, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', code]);
    let said = '';
    child.stderr.on('data', (data: Buffer) => (said += data.toString()));
    const exitCode = await new Promise((resolve) => {
      child.once('close', resolve);
    });
    expect(exitCode).toBe(70);
    const lines = said.trim().split('\n');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'FATAL', error: 'planted' });
  },
);
