import type { Kysely } from 'kysely';
import { type HealthCheck, seldomMs } from '../../../platform/health/check.ts';
import type { GithubTables } from '../tables.ts';
import { suspendedCredentials } from './standing.ts';

/** Whether GitHub takes our credentials. */
export function standingCheck(db: Kysely<GithubTables>): HealthCheck {
  return {
    name: 'github_credentials',
    category: 'external',
    critical: true,
    everyMs: seldomMs,
    measure: async () => {
      const suspended = await suspendedCredentials(db);
      const names = suspended.map(({ credential }) => credential).join(', ');
      const isWell = suspended.length === 0;
      return {
        status: isWell ? 'healthy' : 'unhealthy',
        value: suspended.length,
        threshold: 0,
        evidence: isWell
          ? 'No credential is suspended.'
          : `GitHub refused it three times in a row, or it was seen in a text there, so it is not used any more: ${names}.`,
        remedy: isWell
          ? null
          : 'Store a valid one (claude-manager credentials set), or lift it (claude-manager credentials lift).',
      };
    },
  };
}
