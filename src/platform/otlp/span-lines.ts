import { type Attributes, SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { Span } from '../logging/context.ts';
import type { Ended } from '../telemetry/telemetry.ts';

/** Where spans come from, as collectors group them. */
export const scope = { name: 'claude-manager' } as const;

/** Milliseconds since 1970 as OpenTelemetry writes a moment: seconds and nanoseconds. */
export function hrTime(ms: number): [number, number] {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)];
}

/** What has ended as a span that ended at `endMs`, in milliseconds since 1970. */
export function spanOf(ended: Ended, place: Span, endMs: number, resource: Resource): ReadableSpan {
  const { area, name, outcome, durationMs, correlationId, facts } = ended;
  const context = (spanId: string) => ({
    traceId: place.traceId,
    spanId,
    traceFlags: TraceFlags.SAMPLED,
  });
  const attributes: Attributes = {
    'claude_manager.area': area,
    'claude_manager.outcome': outcome,
    ...(correlationId === null ? {} : { 'claude_manager.correlation_id': correlationId }),
  };
  for (const [fact, value] of Object.entries(facts ?? {}))
    attributes[`claude_manager.${fact}`] = value;
  return {
    name: `${area} ${name}`,
    kind: area === 'upstream' ? SpanKind.CLIENT : SpanKind.INTERNAL,
    spanContext: () => context(place.spanId),
    ...(place.parentId === null ? {} : { parentSpanContext: context(place.parentId) }),
    startTime: hrTime(endMs - durationMs),
    endTime: hrTime(endMs),
    status: { code: outcome === 'failed' ? SpanStatusCode.ERROR : SpanStatusCode.UNSET },
    attributes,
    links: [],
    events: [],
    duration: hrTime(durationMs),
    ended: true,
    resource,
    instrumentationScope: scope,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}
