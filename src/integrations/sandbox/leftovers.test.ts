import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import { ownerOf } from './bubblewrap.ts';
import { findControlGroups } from './control-group.ts';
import { sweepLeftovers } from './leftovers.ts';
import { markedProcesses } from './marked-processes.ts';
import { missingPrograms } from './missing-programs.suite.ts';

const missing = await missingPrograms(['bwrap', 'socat', 'rg', 'prlimit']);

const program = join(import.meta.dirname, '../../../test/support/service-with-agent-program.ts');

async function killedService(kind: 'bubblewrap' | 'sandbox-runtime' | 'none'): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cms-left-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const service = spawn(process.execPath, [program, folder, kind], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((up) => service.stdout.once('data', up));
  const gone = new Promise((exited) => service.once('exit', exited));
  service.kill('SIGKILL');
  await gone;
  return join(folder, 't');
}

it('without a sandbox a service that ends at once, as a second SIGTERM ends it, takes its agents with it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cms-left-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const service = spawn(process.execPath, [program, folder, 'none'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const mark = `${ownerOf(join(folder, 't'))}.`;
  await once(service.stdout, 'data');
  expect((await markedProcesses(mark)).length).toBeGreaterThanOrEqual(3);
  const gone = once(service, 'exit');
  service.stdin.write('exit\n');
  expect(await gone).toEqual([143, null]);
  await expect.poll(() => markedProcesses(mark)).toEqual([]);
});

describe('after the service was killed with SIGKILL', () => {
  it('bubblewrap leaves no process of an agent, and the sweep removes its folders and groups', async () => {
    const tempRoot = await killedService('bubblewrap');
    const owner = ownerOf(tempRoot);
    await expect
      .poll(async () => await markedProcesses(`${owner}.`), { timeout: 5000 })
      .toEqual([]);
    const swept = await sweepLeftovers(tempRoot, systemClock);
    expect(swept.folders).toHaveLength(1);
    expect(await readdir(tempRoot)).toEqual([]);
    expect(await findControlGroups(`cms-${owner}`)).toEqual([]);
  });

  it.skipIf(missing.length > 0)(
    'sandbox-runtime leaves no process of an agent, and the sweep removes its folders',
    async () => {
      const tempRoot = await killedService('sandbox-runtime');
      await expect
        .poll(async () => await markedProcesses(`${ownerOf(tempRoot)}.`), { timeout: 5000 })
        .toEqual([]);
      const swept = await sweepLeftovers(tempRoot, systemClock);
      expect(swept.folders).toHaveLength(1);
      expect(await readdir(tempRoot)).toEqual([]);
    },
  );

  it('without a sandbox the sweep finds and kills what it left', async () => {
    const tempRoot = await killedService('none');
    const swept = await sweepLeftovers(tempRoot, systemClock);
    expect(swept.processes.length).toBeGreaterThanOrEqual(3);
    expect(await markedProcesses(`${ownerOf(tempRoot)}.`)).toEqual([]);
  });
});
