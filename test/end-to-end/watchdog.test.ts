import { readFile } from 'node:fs/promises';
import { expect, test, vi } from 'vitest';
import { startRole } from '../support/fleet.ts';
import { agentIsAtWork, createGithubLoop, manager } from '../support/github-loop.ts';
import { watchService } from '../support/watchdog-supervisor.ts';

const patience = { timeout: 180_000, interval: 100 };
/** Only when asked for: each takes a minute, mostly waiting. */
const isAsked = process.env['WATCHDOG'] !== undefined;

/** As the unit says. */
async function watchdogMs(): Promise<number> {
  const unit = new URL('../../deploy/systemd/claude-manager.service', import.meta.url);
  const [, seconds] = /^WatchdogSec=(\d+)$/mu.exec(await readFile(unit, 'utf8')) ?? [];
  return Number(seconds) * 1000;
}

test.runIf(isAsked).each(['all', 'worker'] as const)(
  'a process of the role %s that stands still with an agent at work is ended by its watchdog and started anew, and the work is delivered once',
  async (role) => {
    await using loop = await createGithubLoop({
      targets: { widgets: { 'list.js': '// TODO: handle the empty list\nexport const a = 1;\n' } },
      agentMs: 5000,
      config: { github: { managerRepo: manager, reposToScan: ['acme/widgets'], pollSeconds: 1 } },
    });
    const scheduler = role === 'worker' ? await startRole(loop.service, 'scheduler') : null;
    const service = await watchService(loop.service, role, await watchdogMs());
    try {
      await vi.waitFor(() => expect(service.readyAt()).toHaveLength(1), patience);
      await vi.waitFor(() => expect(loop.proposals()).toHaveLength(1), patience);
      loop.emulator.as('wendy').label(manager, 1, 'approved-for-dev');
      await vi.waitFor(async () => expect(await agentIsAtWork(loop.service)).toBe(true), patience);
      const stopped = service.pid() ?? 0;
      process.kill(stopped, 'SIGSTOP');
      const at = Date.now();
      await vi.waitFor(() => expect(service.readyAt()).toHaveLength(2), patience);
      const again = (service.readyAt()[1] ?? 0) - at;
      process.stdout.write(`${role}: ready again after ${(again / 1000).toFixed(1)} s\n`);
      expect(service.starts()).toBe(2);
      expect(service.pid()).not.toBe(stopped);
      await vi.waitFor(() => expect(loop.pulls('acme/widgets')).toHaveLength(1), patience);
      await vi.waitFor(async () => {
        const [task] = await loop.tasks<readonly { state: string }[]>('list');
        expect(task?.state).toBe('in_review');
      }, patience);
      const [runs] = await loop.query<{ ended: number; open: number }>(
        `select count(*) filter (where outcome = 'succeeded')::int as ended,
          count(*) filter (where ended_at is null)::int as open from runs`,
      );
      expect(runs).toEqual({ ended: 1, open: 0 });
      expect(loop.emulator.journal.duplicates()).toEqual([]);
      expect(loop.emulator.journal.violations()).toEqual([]);
    } finally {
      await service.stop();
      await scheduler?.end('SIGKILL');
    }
  },
  600_000,
);
