import type { MetricData } from "@opentelemetry/sdk-metrics";
import { createSeriesTable, OTHER, type SeriesTable } from "./bounded-series.ts";
import { DurationHistogram } from "./duration-histogram.ts";
import { counterData, histogramData, type Period } from "./metric-data.ts";

/** One HTTP request that has been answered. */
export interface HttpObservation {
  readonly method: string;
  /** The route's template (`/users/{id}`), never the path itself; `unmatched` if there was none. */
  readonly route: string;
  readonly status: number;
  readonly durationMs: number;
}

class HttpSeries {
  readonly labels: { readonly method: string; readonly route: string };
  readonly statuses = new Map<number, number>();
  readonly durations = new DurationHistogram();

  constructor(method: string, route: string) {
    this.labels = { method, route };
  }
}

/** The series of one route, by method. No key is made of the two, which would be hashed for each request. */
function createRouteSeries(route: string): SeriesTable<string, HttpSeries> {
  return createSeriesTable(
    (method) => new HttpSeries(method, route),
    () => new HttpSeries(OTHER, route),
  );
}

export interface HttpMetrics {
  observe(request: HttpObservation): void;
  collect(period: Period): MetricData[];
}

/** RFC 9110, section 9, and RFC 5789: what OpenTelemetry counts by name, too. */
export const KNOWN_METHODS = new Set(["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"]);

/** Rate, errors and duration of the gateway's requests. Another method than HTTP's nine counts as `other`. */
export function createHttpMetrics(): HttpMetrics {
  const routes = createSeriesTable(createRouteSeries, () => createRouteSeries(OTHER));
  return {
    observe({ method, route, status, durationMs }) {
      const series = routes.get(route).get(KNOWN_METHODS.has(method) ? method : OTHER);
      series.statuses.set(status, (series.statuses.get(status) ?? 0) + 1);
      series.durations.record(durationMs / 1_000);
    },
    collect(period) {
      const all = [...routes].flatMap((methods) => [...methods]);
      const statuses = all.flatMap(({ labels, statuses }) =>
        [...statuses].map(([status, value]) => ({ labels: { ...labels, status: String(status) }, value })),
      );
      const durations = all.map(({ labels, durations }) => ({ labels, value: durations.snapshot() }));
      return [
        counterData("parley_http_requests_total", statuses, period),
        histogramData("parley_http_request_duration_seconds", durations, period),
      ];
    },
  };
}
