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
  /** Adds a gateway of this process; it is asked each time metrics are read. Those of several are one sum. */
  watch(read: () => GatewayObservation): void;
  collect(period: Period): MetricData[];
}

export function createGatewaySeries(): GatewaySeries {
  const readers: (() => GatewayObservation)[] = [];
  return {
    watch(reader) {
      readers.push(reader);
    },
    collect(period) {
      if (readers.length === 0) return [];
      const seen = readers.map((read) => read()).reduce(add);
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

/** Two gateways as one; of two certificates the one that expires first. */
function add(a: GatewayObservation, b: GatewayObservation): GatewayObservation {
  const expiries = [a.certificateExpiresMs, b.certificateExpiresMs].filter((at) => at !== undefined);
  const resets = sum(Object.fromEntries(a.liveResets), Object.fromEntries(b.liveResets));
  return {
    connections: a.connections + b.connections,
    refusedConnections: sum(a.refusedConnections, b.refusedConnections),
    unfinishedBodies: a.unfinishedBodies + b.unfinishedBodies,
    unfinishedBodyBytes: a.unfinishedBodyBytes + b.unfinishedBodyBytes,
    refusedBodies: sum(a.refusedBodies, b.refusedBodies),
    liveClients: sum(a.liveClients, b.liveClients),
    liveResets: new Map(Object.entries(resets)),
    certificateExpiresMs: expiries.length === 0 ? undefined : Math.min(...expiries),
  };
}

function sum(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): Record<string, number> {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return Object.fromEntries([...names].map((name) => [name, (a[name] ?? 0) + (b[name] ?? 0)]));
}
