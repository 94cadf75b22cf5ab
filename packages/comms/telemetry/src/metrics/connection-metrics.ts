import type { MetricData } from "@opentelemetry/sdk-metrics";
import { counterData, gaugeData, type Period } from "./metric-data.ts";

/** Whose connection it is: the part of a system, and the name of its transport. */
export interface TransportLabels {
  readonly part: string;
  readonly transport: string;
}

/** How far the pool of a database is used. */
export interface PoolUse {
  readonly max: number;
  readonly inUse: number;
  readonly waiting: number;
}

/** Connections to what stands behind a part: its broker and its databases. */
export interface ConnectionMetrics {
  /** Tells the state of the connection to a broker: at the start, and at each change. */
  transport(labels: TransportLabels, state: "connected" | "away"): void;
  /** Reads a pool whenever metrics are read, until the returned function is called. `database` is where it is. */
  pool(labels: { readonly part: string; readonly database: string }, read: () => PoolUse): () => void;
}

interface TransportSeries {
  readonly labels: { readonly part: string; readonly transport: string };
  isConnected: boolean;
  losses: number;
}

interface Pool {
  readonly labels: { readonly part: string; readonly database: string };
  readonly read: () => PoolUse;
}

export function createConnectionMetrics(): ConnectionMetrics & { collect(period: Period): MetricData[] } {
  const transports = new Map<string, TransportSeries>();
  const pools = new Set<Pool>();

  return {
    transport(labels, state) {
      const key = `${labels.part}\n${labels.transport}`;
      const series = transports.get(key) ?? { labels: { ...labels }, isConnected: false, losses: 0 };
      transports.set(key, series);
      if (series.isConnected && state === "away") series.losses += 1;
      series.isConnected = state === "connected";
    },
    pool(labels, read) {
      const pool: Pool = { labels: { ...labels }, read };
      pools.add(pool);
      return () => void pools.delete(pool);
    },
    collect(period) {
      const connections = [...transports.values()];
      const uses = [...pools].map(({ labels, read }) => ({ labels, use: read() }));
      return [
        gaugeData(
          "parley_event_transport_connected",
          connections.map(({ labels, isConnected }) => ({ labels, value: isConnected ? 1 : 0 })),
          period,
        ),
        counterData(
          "parley_event_transport_losses_total",
          connections.map(({ labels, losses }) => ({ labels, value: losses })),
          period,
        ),
        gaugeData(
          "parley_database_connections",
          uses.map(({ labels, use }) => ({ labels, value: use.inUse })),
          period,
        ),
        gaugeData(
          "parley_database_connections_max",
          uses.map(({ labels, use }) => ({ labels, value: use.max })),
          period,
        ),
        gaugeData(
          "parley_database_waiting",
          uses.map(({ labels, use }) => ({ labels, value: use.waiting })),
          period,
        ),
      ];
    },
  };
}
