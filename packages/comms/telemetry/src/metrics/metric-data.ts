import { type Attributes, type HrTime, ValueType } from "@opentelemetry/api";
import {
  AggregationTemporality,
  DataPointType,
  type Histogram,
  type MetricData,
  type MetricDescriptor,
} from "@opentelemetry/sdk-metrics";
import { METRICS, type MetricName } from "./definitions.ts";

/** A value with its labels, before it is given its times. */
export interface Sample<T> {
  readonly labels: Attributes;
  readonly value: T;
}

/** When counting began, and now. */
export interface Period {
  readonly startTime: HrTime;
  readonly endTime: HrTime;
}

export function counterData(name: MetricName, samples: readonly Sample<number>[], period: Period): MetricData {
  return { ...base(name), dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints: points(samples, period) };
}

export function gaugeData(name: MetricName, samples: readonly Sample<number>[], period: Period): MetricData {
  return { ...base(name), dataPointType: DataPointType.GAUGE, dataPoints: points(samples, period) };
}

export function histogramData(name: MetricName, samples: readonly Sample<Histogram>[], period: Period): MetricData {
  return { ...base(name), dataPointType: DataPointType.HISTOGRAM, dataPoints: points(samples, period) };
}

function base(name: MetricName) {
  const descriptor: MetricDescriptor = {
    name,
    description: METRICS[name].help,
    unit: "",
    valueType: ValueType.DOUBLE,
  };
  return { descriptor, aggregationTemporality: AggregationTemporality.CUMULATIVE };
}

function points<T>(samples: readonly Sample<T>[], period: Period) {
  return samples.map(({ labels, value }) => ({ ...period, attributes: labels, value }));
}
