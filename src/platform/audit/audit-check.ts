import type { Clock } from '../../lib/clock.ts';
import { type HealthCheck, seldomMs } from '../health/check.ts';
import type { Audit } from './audit.ts';

/** Unsigned for longer than this means that nobody signs. */
const unsignedMs = 150_000;

/** What was signed a moment ago may be on its way to the anchors; a slow disk takes no longer. */
const onItsWayMs = 2000;

/** The end of the audit log against its last signature and its anchors. The whole log is read by `security verify` only. */
export function auditCheck(
  audit: Pick<Audit, 'inspect' | 'outage'>,
  clock: Pick<Clock, 'now' | 'sleep'>,
): HealthCheck {
  return {
    name: 'audit_log',
    category: 'security',
    critical: true,
    // Looked at again as soon as an entry was refused: nobody can do anything until it is mended.
    get everyMs() {
      return audit.outage() === null ? seldomMs : 0;
    },
    measure: async (signal) => {
      const { entries, signedUntil, signedAt, anchoredUntil, fault } = await audit.inspect();
      const open = entries - signedUntil;
      const measured = { value: open, threshold: 100 };
      const outage = audit.outage();
      if (outage !== null) {
        return {
          ...measured,
          status: 'unhealthy',
          evidence: `The audit log cannot be written since ${outage.since.toISOString()}: ${outage.reason}. ${outage.refused} entries were refused, and what they tell of was not done.`,
          remedy:
            'See to the database, its disk and the rights of its role; what was refused can be repeated then.',
        };
      }
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
