import { type Rule, when } from '../remark.ts';
import type { Config } from '../schema.ts';

/** The durable engine, its listeners, advisory locks, and commands beside the service. */
const reservedConnections = 15;
/** A minute of figures takes about 8 KB as it lies in the database, indices included. */
const figureBytesPerDay = 1440 * 8192;

/** The four log files with their rotated ones. */
function logBytes({ logging }: Config): number {
  return logging.structured_logging ? logging.maxFileMb * (logging.maxFiles + 1) * 4 * 2 ** 20 : 0;
}

function keptBytes(config: Config): number {
  return logBytes(config) + config.performance.retentionDays * figureBytesPerDay;
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}

/** Whether it fits the machine and the services it talks to, and what would make it better. */
export const resourceRules: readonly Rule[] = [
  ({ loaded: { config }, machine }) => {
    const { maxConcurrent, limits } = config.executor;
    const machineMb = machine.memoryBytes / 1_048_576;
    const fitting = Math.max(
      1,
      Math.min(machine.processors * 2, Math.floor(machineMb / limits.memoryMb / 2)),
    );
    return when(
      maxConcurrent > 1 &&
        (maxConcurrent * limits.memoryMb > machineMb || maxConcurrent > machine.processors * 4),
      {
        weight: 'performanceIssues',
        code: 'too_many_agents',
        path: 'executor.maxConcurrent',
        message: `${maxConcurrent} agents that may take ${limits.memoryMb} MB each do not fit ${Math.round(machineMb)} MB of memory and ${machine.processors} processors`,
        write: `"maxConcurrent": ${fitting}`,
      },
    );
  },
  ({ loaded: { config }, machine }) =>
    when(config.executor.limits.memoryMb * 1_048_576 > machine.memoryBytes, {
      weight: 'performanceIssues',
      code: 'memory_over_machine',
      path: 'executor.limits.memoryMb',
      message: 'one run may take more memory than the machine has',
      write: `"memoryMb": ${Math.floor(machine.memoryBytes / 1_048_576 / 2)}`,
    }),
  ({ loaded: { config } }) =>
    when(config.github.managerRepo !== null && config.github.pollSeconds < 10, {
      weight: 'performanceIssues',
      code: 'polls_often',
      path: 'github.pollSeconds',
      message: 'approvals are looked at so often that GitHub may refuse us',
      write: '"pollSeconds": 30',
    }),
  ({ loaded: { config } }) =>
    when(config.analyzer.intervalMinutes < 5, {
      weight: 'performanceIssues',
      code: 'scans_often',
      path: 'analyzer.intervalMinutes',
      message: 'repositories are scanned more often than they change',
      write: '"intervalMinutes": 60',
    }),
  ({ loaded: { config } }) =>
    when(config.database.poolSize < config.executor.maxConcurrent + 3, {
      weight: 'performanceIssues',
      code: 'pool_small',
      path: 'database.poolSize',
      message: 'runs would wait for a connection to the database',
      write: `"poolSize": ${config.executor.maxConcurrent + 8}`,
    }),
  ({ loaded: { config }, machine: { serverConnections } }) =>
    when(
      serverConnections !== undefined &&
        config.database.poolSize + reservedConnections > serverConnections,
      {
        weight: 'performanceIssues',
        code: 'pool_over_server',
        path: 'database.poolSize',
        message: `one process may hold ${config.database.poolSize} connections, and the server takes ${serverConnections} in all, ${reservedConnections} of which the engine, the locks and other commands need`,
        write: `"poolSize": ${Math.max(1, (serverConnections ?? 0) - reservedConnections)}`,
      },
    ),
  ({ loaded: { config }, machine: { diskFreeBytes } }) => {
    const needed = keptBytes(config);
    return when(diskFreeBytes !== undefined && needed > diskFreeBytes, {
      weight: 'performanceIssues',
      code: 'retention_over_disk',
      path: 'performance.retentionDays',
      message: `figures of ${config.performance.retentionDays} days and the logs take up to ${megabytes(needed)} MB, and ${megabytes(diskFreeBytes ?? 0)} MB are free`,
      write: `"retentionDays": ${Math.max(1, Math.floor(((diskFreeBytes ?? 0) / 2 - logBytes(config)) / figureBytesPerDay))}`,
    });
  },
  ({ loaded: { config }, environment }) =>
    when(environment === 'production' && !config.performance.monitoringEnabled, {
      weight: 'warnings',
      code: 'monitoring_off',
      path: 'performance.monitoringEnabled',
      message: 'without figures nobody sees that the service is getting worse',
      write: '"monitoringEnabled": true',
    }),
  ({ loaded: { config }, environment }) =>
    when(environment === 'production' && config.performance.retentionDays < 30, {
      weight: 'suggestions',
      code: 'retention_short',
      path: 'performance.retentionDays',
      message: 'figures are kept for less than a month',
      write: '"retentionDays": 90',
    }),
  ({ loaded: { config } }) =>
    when(!config.repositories.some(({ checks }) => checks.length > 0), {
      weight: 'suggestions',
      code: 'no_checks',
      path: 'repositories',
      message: 'no checks are configured, so a change is delivered without a test run',
      write: '"repositories": [{ "match": "owner/*", "checks": ["npm test"] }]',
    }),
];
