import { AppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Alerts, ListedAlert, Silence } from '../../platform/alerts/alerts.ts';
import { type AlertKind, alertKinds } from '../../platform/alerts/rules.ts';
import type { Served } from '../gate.ts';
import { serve } from '../gate.ts';
import type { AlertLine, SilenceLine } from './contract.ts';
import {
  createSilence,
  endSilence,
  listAlerts,
  listSilences,
  resolveAlert,
  silenceAlert,
} from './contract.ts';

const hourMs = 3_600_000;

/** `alerts.list`, `alerts.silence`, `alerts.resolve`, `silences.create`, `silences.list`, `silences.end`. */
export function alertHandlers({
  alerts,
  clock,
}: {
  readonly alerts: Omit<Alerts, 'observe' | 'deliver'>;
  readonly clock: Pick<Clock, 'now'>;
}): readonly Served[] {
  const after = (hours: number): Date => new Date(clock.now().getTime() + hours * hourMs);
  return [
    serve(listAlerts, async ({ all }) => ({ items: (await alerts.list(all)).map(lineOf) })),
    serve(silenceAlert, async ({ id, hours, reason }, { actor }) => {
      const alert = (await alerts.list(false)).find((one) => one.id === id) ?? unknown(id);
      const { kind, subject } = alert;
      const until = after(hours);
      const made_by = actor.name;
      await alerts.silence({ kind, subject, until, made_by, reason: reason ?? null });
      return { ...lineOf(alert), silencedUntil: until.toISOString(), silencedBy: made_by };
    }),
    serve(createSilence, async ({ kind, subject, hours, reason }, { actor }) =>
      silenceLine(
        await alerts.silence({
          kind: kind === undefined ? null : knownKind(kind),
          subject: subject ?? null,
          until: after(hours),
          made_by: actor.name,
          reason: reason ?? null,
        }),
      ),
    ),
    serve(listSilences, async () => ({ items: (await alerts.silences()).map(silenceLine) })),
    serve(endSilence, async ({ id }) =>
      silenceLine((await alerts.endSilence(id)) ?? noSilence(id)),
    ),
    serve(resolveAlert, async ({ id }, { actor }) =>
      lineOf({
        ...((await alerts.resolve(id, actor.name)) ?? unknown(id)),
        silenced_until: null,
        silenced_by: null,
      }),
    ),
  ];
}

function lineOf(alert: ListedAlert): AlertLine {
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

function silenceLine({ id, kind, subject, since, until, made_by, reason }: Silence): SilenceLine {
  return {
    id,
    kind,
    subject,
    since: since.toISOString(),
    until: until.toISOString(),
    by: made_by,
    reason,
  };
}

function knownKind(kind: string): AlertKind {
  const found = alertKinds.find((one) => one === kind);
  if (found !== undefined) return found;
  throw new AppError({
    kind: 'invalid_input',
    code: 'alert_kind_unknown',
    message: `There are no alerts of the kind ${kind}.`,
    next: `Give one of ${alertKinds.join(', ')}, the id of an alert, or all.`,
    details: { kind },
  });
}

function noSilence(id: string): never {
  throw new AppError({
    kind: 'not_found',
    code: 'silence_unknown',
    message: `There is no silence ${id} that lasts.`,
    next: 'See `claude-manager alerts silences`.',
  });
}
