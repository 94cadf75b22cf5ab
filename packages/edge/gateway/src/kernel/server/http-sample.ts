import type { GatewayReadings } from "./gateway-readings.ts";

/** One request that has ended, for metrics and logs. Its values are few enough to label a time series. */
export interface HttpSample {
  readonly method: string;
  /** The route's template, never the path: `/users/{id}`; `unmatched` if there was none. */
  readonly route: string;
  /** 499 if the client went away first. */
  readonly status: number;
  readonly durationMs: number;
}

/** What the gateway asks of a metrics registry. */
export interface GatewayMetrics {
  /** The Prometheus exposition, served at `/metrics`. */
  text(): Promise<string>;
  readonly contentType: string;
  /** Told of each request that has ended. */
  http?(sample: HttpSample): void;
  /** Takes what tells, each time metrics are read, how things stand. */
  watchGateway?(read: () => GatewayReadings): void;
}
