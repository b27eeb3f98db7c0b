import { AppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Alert, Alerts } from '../../platform/alerts/alerts.ts';
import type { Served } from '../gate.ts';
import { serve } from '../gate.ts';
import type { AlertLine } from './contract.ts';
import { listAlerts, resolveAlert, silenceAlert } from './contract.ts';

/** `alerts.list`, `alerts.silence`, `alerts.resolve`. */
export function alertHandlers({
  alerts,
  clock,
}: {
  readonly alerts: Pick<Alerts, 'list' | 'silence' | 'resolve'>;
  readonly clock: Pick<Clock, 'now'>;
}): readonly Served[] {
  return [
    serve(listAlerts, async ({ all }) => ({ items: (await alerts.list(all)).map(lineOf) })),
    serve(silenceAlert, async ({ id, hours }, { actor }) => {
      const until = new Date(clock.now().getTime() + hours * 3_600_000);
      return lineOf((await alerts.silence(id, until, actor.name)) ?? unknown(id));
    }),
    serve(resolveAlert, async ({ id }, { actor }) =>
      lineOf((await alerts.resolve(id, actor.name)) ?? unknown(id)),
    ),
  ];
}

function lineOf(alert: Alert): AlertLine {
  const { id, kind, subject, severity, state, text, next } = alert;
  return {
    id,
    kind,
    subject,
    severity,
    state,
    text,
    next,
    since: alert.since.toISOString(),
    resolvedAt: alert.resolved_at?.toISOString() ?? null,
    silencedUntil: alert.silenced_until?.toISOString() ?? null,
    silencedBy: alert.silenced_by,
  };
}

function unknown(id: string): never {
  throw new AppError({
    kind: 'not_found',
    code: 'alert_unknown',
    message: `There is no alert ${id} that still stands.`,
    next: 'See `claude-manager alerts list`.',
  });
}
