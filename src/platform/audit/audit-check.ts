import type { Clock } from '../../lib/clock.ts';
import { type HealthCheck, seldomMs } from '../health/check.ts';
import type { Audit } from './audit.ts';

/** Unsigned for longer than this means that nobody signs. */
const unsignedMs = 150_000;

/** What was signed a moment ago may be on its way to the anchors; a slow disk takes no longer. */
const onItsWayMs = 2000;

/** The end of the audit log against its last signature and its anchors. The whole log is read by `security verify` only. */
export function auditCheck(
  audit: Pick<Audit, 'inspect'>,
  clock: Pick<Clock, 'now' | 'sleep'>,
): HealthCheck {
  return {
    name: 'audit_log',
    category: 'security',
    critical: true,
    everyMs: seldomMs,
    measure: async (signal) => {
      const { entries, signedUntil, signedAt, anchoredUntil, fault } = await audit.inspect();
      const open = entries - signedUntil;
      const measured = { value: open, threshold: 100 };
      if (fault !== null) {
        return {
          ...measured,
          status: 'unhealthy',
          evidence: `The audit log is not signed any further: ${fault.message}.`,
          remedy:
            'Run `claude-manager security verify`, and keep the database and the anchors as they are.',
        };
      }
      const isLate =
        open > 0 && (signedAt === null || clock.now().getTime() - signedAt.getTime() > unsignedMs);
      const isBehind = (anchored: number | null): boolean =>
        anchored !== null && anchored < signedUntil;
      let isApart = isBehind(anchoredUntil);
      if (isApart) {
        await clock.sleep(onItsWayMs, signal);
        isApart = isBehind((await audit.inspect()).anchoredUntil);
      }
      return {
        ...measured,
        status: isLate || isApart ? 'degraded' : 'healthy',
        evidence: `${entries} entries, ${signedUntil} signed, ${anchoredUntil ?? 'none'} anchored outside the database.`,
        remedy: isApart
          ? 'See to the disk and the rights of the anchor files (security.audit).'
          : isLate
            ? 'The next command or the running service signs what is new; start the service.'
            : null,
      };
    },
  };
}
