import type { MetricData } from "@opentelemetry/sdk-metrics";
import { counterData, gaugeData, type Period } from "./metric-data.ts";

/** What a gateway holds and has refused, at the moment at which metrics are read. */
export interface GatewayObservation {
  readonly connections: number;
  /** By whose limit: the gateway's, or that of the client's address. */
  readonly refusedConnections: Readonly<Record<string, number>>;
  readonly unfinishedBodies: number;
  readonly unfinishedBodyBytes: number;
  readonly refusedBodies: Readonly<Record<string, number>>;
  /** By how they are connected. */
  readonly liveClients: Readonly<Record<string, number>>;
  /** By why. */
  readonly liveResets: ReadonlyMap<string, number>;
  /** Unix epoch, milliseconds; undefined without TLS. */
  readonly certificateExpiresMs: number | undefined;
}

export interface GatewaySeries {
  /** The gateway of this process; it is asked each time metrics are read. */
  watch(read: () => GatewayObservation): void;
  collect(period: Period): MetricData[];
}

export function createGatewaySeries(): GatewaySeries {
  let read: (() => GatewayObservation) | undefined;
  return {
    watch(reader) {
      read = reader;
    },
    collect(period) {
      if (!read) return [];
      const seen = read();
      const { certificateExpiresMs: expiresMs } = seen;
      const one = (value: number) => [{ labels: {}, value }];
      return [
        gaugeData("parley_http_connections", one(seen.connections), period),
        counterData("parley_http_connections_refused_total", labelled("limit", seen.refusedConnections), period),
        gaugeData("parley_http_unfinished_bodies", one(seen.unfinishedBodies), period),
        gaugeData("parley_http_unfinished_body_bytes", one(seen.unfinishedBodyBytes), period),
        counterData("parley_http_bodies_refused_total", labelled("limit", seen.refusedBodies), period),
        gaugeData("parley_live_clients", labelled("kind", seen.liveClients), period),
        counterData("parley_live_resets_total", labelled("reason", Object.fromEntries(seen.liveResets)), period),
        gaugeData(
          "parley_tls_certificate_expiry_seconds",
          expiresMs === undefined ? [] : one(expiresMs / 1_000),
          period,
        ),
      ];
    },
  };
}

function labelled(label: string, values: Readonly<Record<string, number>>) {
  return Object.entries(values).map(([name, value]) => ({ labels: { [label]: name }, value }));
}
