import type { MetricData } from "@opentelemetry/sdk-metrics";
import type { Call, Code, Operation } from "@parley/core";
import type { CallWatcher } from "../watch/watch-calls.ts";
import { createSeriesTable, OTHER } from "./bounded-series.ts";
import { DurationHistogram } from "./duration-histogram.ts";
import { counterData, gaugeData, histogramData, type Period } from "./metric-data.ts";

/** What is counted of one method on one side. */
class CallSeries {
  readonly labels: { readonly service: string; readonly method: string; readonly side: string };
  readonly durations = new DurationHistogram();
  readonly codes = new Map<Code, number>();
  inFlight = 0;

  constructor(service: string, method: string, side: string) {
    this.labels = { service, method, side };
  }

  ended(code: Code, durationMs: number): void {
    this.inFlight -= 1;
    this.codes.set(code, (this.codes.get(code) ?? 0) + 1);
    this.durations.record(durationMs / 1_000);
  }
}

/** Rate, errors and duration of calls, per method and side. */
export interface CallMetrics {
  readonly watcher: CallWatcher;
  collect(period: Period): MetricData[];
}

/**
 * Counts in plain objects, which are turned into the SDK's data when someone reads. On this path every microsecond is
 * paid by each call: three instruments of the SDK cost 6.2 µs a call, of prom-client 2.3 µs; this 0.3 µs.
 */
export function createCallMetrics(): CallMetrics {
  const tableOf = (side: Call["side"]) =>
    createSeriesTable(
      (operation: Operation) => new CallSeries(operation.service, operation.method, side),
      () => new CallSeries(OTHER, OTHER, side),
    );
  const tables = { client: tableOf("client"), server: tableOf("server") };
  const seriesOf = ({ side, operation }: Call): CallSeries => tables[side].get(operation);
  return {
    watcher: {
      begun(call) {
        seriesOf(call).inFlight += 1;
      },
      ended(call, { code, durationMs }) {
        seriesOf(call).ended(code, durationMs);
      },
    },
    collect(period) {
      const all = [...tables.server, ...tables.client];
      const codes = all.flatMap(({ labels, codes }) =>
        [...codes].map(([code, value]) => ({ labels: { ...labels, code }, value })),
      );
      const durations = all.map(({ labels, durations }) => ({ labels, value: durations.snapshot() }));
      const inFlight = all.map(({ labels, inFlight }) => ({ labels, value: inFlight }));
      return [
        counterData("parley_calls_total", codes, period),
        histogramData("parley_call_duration_seconds", durations, period),
        gaugeData("parley_calls_in_flight", inFlight, period),
      ];
    },
  };
}
