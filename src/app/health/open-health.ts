import { availableParallelism, totalmem } from 'node:os';
import { standingCheck } from '../../integrations/github/credentials/standing-check.ts';
import type { GithubTables } from '../../integrations/github/tables.ts';
import { systemClock } from '../../lib/clock.ts';
import { type ArchiveStanding, archiveCheck } from '../../platform/archive/archive-check.ts';
import type { Audit } from '../../platform/audit/audit.ts';
import { auditCheck } from '../../platform/audit/audit-check.ts';
import { auditRightsCheck } from '../../platform/audit/rights.ts';
import { backupCheck } from '../../platform/backup/backup-check.ts';
import type { LoadedConfig } from '../../platform/config/load-config.ts';
import type { Validator } from '../../platform/config/validator.ts';
import type { Database } from '../../platform/database/database.ts';
import { driftCheck } from '../../platform/drift/drift-check.ts';
import { createPublishedHashes } from '../../platform/drift/published-hashes.ts';
import type { HealthCheck } from '../../platform/health/check.ts';
import { diskCheck, eventLoopCheck, memoryCheck } from '../../platform/health/machine-checks.ts';
import {
  databaseCheck,
  failureCheck,
  reachableCheck,
  remarksCheck,
} from '../../platform/health/service-checks.ts';
import type { PerformanceWatch } from '../../platform/telemetry/monitor-performance.ts';
import type { Vault } from '../../platform/vault/vault.ts';
import { vaultCheck } from '../../platform/vault/vault-check.ts';
import type { ReloadState } from '../configuration/live-config.ts';
import { backupFolderOf } from '../store/backup-place.ts';

export interface HealthParts {
  readonly loaded: LoadedConfig;
  /** What the last reading of the file came to. */
  readonly reload: () => ReloadState;
  readonly validator: Validator;
  readonly database: Pick<Database, 'pool' | 'kind' | 'kysely'>;
  readonly vault: Pick<Vault, 'check' | 'list'>;
  readonly performance: Pick<PerformanceWatch, 'counts'>;
  readonly audit: Pick<Audit, 'inspect' | 'outage'>;
  readonly longestBlockMs: () => number | null;
  readonly archive: () => ArchiveStanding | null;
}

/** Everything that `health.run` measures; a new check is one line here. */
export function healthChecks({
  loaded,
  reload,
  validator,
  database,
  vault,
  performance,
  audit,
  longestBlockMs,
  archive,
}: HealthParts): readonly HealthCheck[] {
  const { config } = loaded;
  let judged: ReturnType<typeof remarksOf> | null = null;
  const remarks = (): ReturnType<typeof remarksOf> => {
    judged ??= remarksOf(loaded, validator);
    return judged;
  };
  return [
    diskCheck(config.dataDir),
    memoryCheck(),
    eventLoopCheck(longestBlockMs),
    failureCheck(performance.counts),
    auditCheck(audit, systemClock),
    auditRightsCheck(database),
    databaseCheck(() => database.pool.query('select 1')),
    backupCheck({
      database,
      folder: backupFolderOf(config),
      intervalHours: config.backup.intervalHours,
      clock: systemClock,
    }),
    archiveCheck({
      standing: archive,
      everySeconds: config.backup.archiveSeconds,
      isEmbedded: database.kind === 'embedded',
      clock: systemClock,
    }),
    vaultCheck(vault),
    standingCheck(database.kysely<GithubTables>()),
    // Asking for the limits counts towards none of them (docs.github.com, rest/rate-limit).
    reachableCheck('GitHub', usesGithub(loaded) ? `${config.github.apiUrl}/rate_limit` : null),
    remarksCheck('configuration', 'configuration', () => {
      const { errors, warnings } = remarks();
      return { bad: errors, odd: warnings };
    }),
    remarksCheck('configuration_file', 'configuration', () => {
      const { error, needRestart } = reload();
      const waits = `changed in the file, holds from the next start: ${needRestart.join(', ')}`;
      return {
        bad: error === null ? [] : [`the last good one holds, because ${error.message}`],
        odd: needRestart.length === 0 ? [] : [waits],
      };
    }),
    driftCheck(createPublishedHashes(database, systemClock)),
    remarksCheck('security_settings', 'security', () => ({
      bad: [],
      odd: remarks().securityIssues,
    })),
  ];
}

function usesGithub({ config, secrets }: LoadedConfig): boolean {
  return config.github.managerRepo !== null || secrets.githubToken !== null;
}

function remarksOf(
  loaded: LoadedConfig,
  validator: Validator,
): Readonly<Record<'errors' | 'warnings' | 'securityIssues', readonly string[]>> {
  const machine = { memoryBytes: totalmem(), processors: availableParallelism() };
  const { remarks: found } = validator.judge(loaded, 'development', machine);
  const { errors, warnings, securityIssues } = found;
  const texts = (remarks: typeof errors): string[] => remarks.map(({ message }) => message);
  return {
    errors: texts(errors),
    warnings: texts(warnings),
    securityIssues: texts(securityIssues),
  };
}
