import { ValueType } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  type DataPoint,
  DataPointType,
  type Histogram,
  type MetricData,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import type { Family } from '../telemetry/exposition.ts';
import { hrTime, scope } from './span-lines.ts';

/** The same figures as `/metrics` shows. `sinceMs` and `nowMs` are milliseconds since 1970. */
export function metricsOf(
  families: readonly Family[],
  resource: Resource,
  { sinceMs, nowMs }: { readonly sinceMs: number; readonly nowMs: number },
): ResourceMetrics {
  const times = { startTime: hrTime(sinceMs), endTime: hrTime(nowMs) };
  return {
    resource,
    scopeMetrics: [{ scope, metrics: families.map((family) => metricOf(family, times)) }],
  };
}

function metricOf(
  family: Family,
  times: Pick<DataPoint<number>, 'startTime' | 'endTime'>,
): MetricData {
  const { name, help, type, samples } = family;
  const base = {
    descriptor: { name, description: help, unit: '', valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  };
  if (type === 'histogram') {
    const dataPoints = histogramsOf(family).map((point) => ({ ...times, ...point }));
    return { ...base, dataPointType: DataPointType.HISTOGRAM, dataPoints };
  }
  const dataPoints = samples.map(({ labels, value }) => ({ ...times, attributes: labels, value }));
  return type === 'counter'
    ? { ...base, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints }
    : { ...base, dataPointType: DataPointType.GAUGE, dataPoints };
}

/** Prometheus counts what is at most as large as a bound; OpenTelemetry what lies between two of them. */
function histogramsOf({
  name,
  samples,
}: Family): readonly Pick<DataPoint<Histogram>, 'attributes' | 'value'>[] {
  const points = new Map<
    string,
    {
      attributes: DataPoint<Histogram>['attributes'];
      upTo: [number, number][];
      sum: number;
      count: number;
    }
  >();
  for (const { name: sample, labels, value } of samples) {
    const { le, ...attributes } = labels;
    const key = JSON.stringify(attributes);
    const point = points.get(key) ?? { attributes, upTo: [], sum: 0, count: 0 };
    points.set(key, point);
    if (sample === `${name}_sum`) point.sum = value;
    else if (sample === `${name}_count`) point.count = value;
    else if (le !== undefined && le !== '+Inf') point.upTo.push([Number(le), value]);
  }
  return [...points.values()].map(({ attributes, upTo, sum, count }) => {
    upTo.sort(([one], [other]) => one - other);
    const counts = [...upTo.map(([, most]) => most), count].map(
      (most, place, all) => most - (all[place - 1] ?? 0),
    );
    return {
      attributes,
      value: { buckets: { boundaries: upTo.map(([bound]) => bound), counts }, sum, count },
    };
  });
}
