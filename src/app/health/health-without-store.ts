import { hostname } from 'node:os';
import { systemClock } from '../../lib/clock.ts';
import type { Served } from '../../operations/gate.ts';
import { machineHealthHandlers } from '../../operations/health/handlers.ts';
import { loadConfig } from '../../platform/config/load-config.ts';
import { diskCheck, eventLoopCheck, memoryCheck } from '../../platform/health/machine-checks.ts';
import { createTrend } from '../../platform/health/process-checks.ts';
import type { OpenOptions } from '../open-options.ts';
import { machineOnlyChecks } from './health-checks.ts';

/** `health` when the database cannot be asked. */
export function healthWithoutStore(options: OpenOptions): readonly Served[] {
  return machineHealthHandlers({
    clock: systemClock,
    self: { pid: process.pid, host: hostname() },
    checks: async (file) => {
      const { config } = await loadConfig({
        file: file ?? options.flags.config,
        folder: options.folder,
        env: options.env,
      });
      return [
        diskCheck(config.dataDir),
        memoryCheck(),
        eventLoopCheck(() => null),
        ...machineOnlyChecks(config, createTrend(systemClock)),
      ];
    },
  });
}
