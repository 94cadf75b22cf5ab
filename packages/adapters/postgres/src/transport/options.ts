import { type Clock, type Logger, noopLogger, type Random, systemClock } from "@parley/core";
import { systemRandom } from "@parley/core/internal";
import { type ConnectionState, reportChanges, type TopicSpec, type TransportOptions } from "@parley/transport";
import type { PostgresDatabase } from "../postgres-database.ts";

export interface PostgresTransportOptions extends Partial<Omit<TransportOptions, "url" | "clientName">> {
  /** Where the log is. Left open when the transport closes. */
  readonly database: PostgresDatabase;
  /**
   * How often the log is looked at when no notification came: how late events of clients that send none arrive, and
   * all events while nothing is heard. Default 300.
   */
  readonly pollMs?: number | undefined;
  readonly random?: Random | undefined;
}

/** The options with every default filled in. */
export interface ResolvedTransportOptions {
  readonly database: PostgresDatabase;
  readonly topics: readonly TopicSpec[];
  readonly publishTimeoutMs: number;
  readonly pollMs: number;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: Random;
  readonly onConnection: (state: ConnectionState) => void;
}

export function resolveTransportOptions(options: PostgresTransportOptions): ResolvedTransportOptions {
  return {
    database: options.database,
    topics: options.topics ?? [],
    publishTimeoutMs: options.publishTimeoutMs ?? 10_000,
    pollMs: options.pollMs ?? 300,
    logger: options.logger ?? noopLogger,
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
    onConnection: reportChanges(options.onConnection),
  };
}
