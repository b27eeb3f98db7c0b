import { type HealthCheck, notMeasured, seldomMs } from '../health/check.ts';
import type { Published, PublishedHashes } from './published-hashes.ts';

/** Whether all processes of the system run with the same configuration; its value is the number of different ones. */
export function driftCheck(hashes: Pick<PublishedHashes, 'list'>): HealthCheck {
  return {
    name: 'configuration_drift',
    category: 'configuration',
    critical: false,
    everyMs: seldomMs,
    measure: async () => {
      const all = await hashes.list();
      if (all.length === 0) return notMeasured('No service runs, so nobody published a hash.');
      const groups = [...Map.groupBy(all, ({ hash }) => hash)];
      const told = groups.map(
        ([hash, ones]) => `${hash.slice(0, 8)}: ${ones.map(name).join(', ')}`,
      );
      const isSame = groups.length === 1;
      return {
        status: isSame ? 'healthy' : 'degraded',
        value: groups.length,
        threshold: 1,
        evidence: isSame
          ? `${all.length} ${all.length === 1 ? 'process runs' : 'processes run'} with configuration ${told.join('')}.`
          : `${all.length} processes run with ${groups.length} configurations. ${told.join('; ')}.`,
        remedy: isSame
          ? null
          : 'Compare their files with `claude-manager config list`; keys that wait for a restart hold from the next start.',
      };
    },
  };
}

function name({ pid, host, file }: Published): string {
  return `process ${pid} on ${host}${file === null ? '' : ` (${file})`}`;
}
