import type { Log } from '../../lib/log.ts';
import { systemRandom } from '../../lib/random.ts';
import { freshCorrelationId } from '../../lib/trace-id.ts';
import type { Audit } from '../../platform/audit/audit.ts';
import type { LiveConfig } from './live-config.ts';

/** Each change of the running configuration stands in the audit log with both values, and each refused one in the log. */
export function auditReloads(
  live: Pick<LiveConfig, 'onReload'>,
  audit: Pick<Audit, 'record'>,
  log: Log,
): void {
  live.onReload(({ needRestart, error }, changes, { before, after }) => {
    if (error === null) {
      const changed = changes.map(({ key }) => key);
      log.info({ changed, needRestart, code: 'config_reloaded' }, 'configuration read again');
    } else {
      log.error(
        { code: error.code, reason: error.message, next: error.next },
        'configuration is wrong; the last good one stays',
      );
    }
    if (needRestart.length > 0)
      log.warn(
        { needRestart, code: 'config_needs_restart' },
        'changed keys hold from the next start only',
      );
    audit
      .record(null, {
        event: 'config.reloaded',
        outcome: error === null ? 'ok' : 'failed',
        actor: { kind: 'system', name: 'config' },
        target: null,
        correlationId: freshCorrelationId(systemRandom),
        before,
        after,
        facts:
          error === null ? { changes, needRestart } : { code: error.code, reason: error.message },
      })
      .catch((cause: unknown) => {
        log.error({ error: cause }, 'a change of the configuration could not be audited');
      });
  });
}
