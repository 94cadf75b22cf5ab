import { type Clock, type Interceptor, type Logger, noopLogger, systemClock } from "@parley/core";
import { DEFAULT_TIMEOUT_MS, type IdSource, systemIds } from "@parley/core/internal";
import type { TlsFiles } from "@parley/wire";
import type { Encoding } from "./grpc/compression.ts";
import { DEFAULT_MAX_RECEIVE_BYTES } from "./grpc/framing.ts";
import type { HealthService } from "./health/health-service.ts";
import type { ServiceRegistration } from "./server/service-implementation.ts";

export interface ServerOptions {
  readonly services: readonly ServiceRegistration[];
  /** Around every call, the first outermost; they run within the call's context. Default none. */
  readonly interceptors?: readonly Interceptor[];
  /**
   * How long a call may take; the lesser of this and what its caller gave it counts, except that a stream may have longer
   * if its caller says so. Default 30 s.
   */
  readonly timeoutMs?: number;
  /** A longer message is refused with RESOURCE_EXHAUSTED, before it is read. Default 4 MiB. */
  readonly maxReceiveBytes?: number;
  /** The same for a compressed message when it is unpacked. Default `maxReceiveBytes`. */
  readonly maxDecompressedBytes?: number;
  /** How replies are packed for clients that read it. Default `"identity"`: within a data centre CPU costs more than bytes. */
  readonly compression?: Encoding;
  /**
   * Calls a client may have in flight on one connection. Default 1,000: ten times the 100 that clients assume at first,
   * and still a bound on what one client can start.
   */
  readonly maxConcurrentStreams?: number;
  /** The size of all headers of a call. Default 16 KiB: room for a token and baggage. */
  readonly maxHeaderBytes?: number;
  /**
   * Cancels that a client may send on one connection: `burst` at once, then `perSecond`; more ends the connection, for it is how
   * the "rapid reset" attack works. Default 10,000 and 1,000: cancelling two thousand calls at once is legitimate.
   */
  readonly streamResets?: { readonly burst: number; readonly perSecond: number };
  /** Every connection is pinged at this interval, and ended if it does not answer in time. Default 60 s and 20 s. */
  readonly keepalive?: { readonly intervalMs: number; readonly timeoutMs: number };
  /**
   * An older connection is drained, so that clients find servers that are new. Looked at at each keepalive.
   * Default none.
   */
  readonly maxConnectionAgeMs?: number;
  /** Plain text if left out. The files are read again every 10 s; new connections get what they hold. */
  readonly tls?: TlsFiles;
  /** Served as `grpc.health.v1`, and told when the server drains. */
  readonly health?: HealthService;
  /** What speaks HTTP/2: Parley itself, or `node:http2`, for comparison and for a doubt about ours. Default `"parley"`. */
  readonly http2?: "parley" | "node";
  /** Whether clients may ask for the contracts (`grpc.reflection`), as grpcurl does. Default true. */
  readonly reflection?: boolean;
  /** Whether requests are checked against the rules of their contract. Default true. */
  readonly validate?: boolean;
  /** For what no interceptor sees: listeners, certificates, replies that cannot be sent. Default silent. */
  readonly logger?: Logger;
  readonly clock?: Clock;
  readonly ids?: IdSource;
}

type Optional = "tls" | "health";

export type ResolvedServerOptions = Required<Omit<ServerOptions, Optional>> & {
  readonly [Key in Optional]: ServerOptions[Key] | undefined;
};

/** @throws TypeError that names every option that is wrong. */
export function resolveServerOptions(options: ServerOptions): ResolvedServerOptions {
  const { maxReceiveBytes = DEFAULT_MAX_RECEIVE_BYTES } = options;
  const resolved: ResolvedServerOptions = {
    services: options.services,
    interceptors: options.interceptors ?? [],
    timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    maxReceiveBytes,
    maxDecompressedBytes: options.maxDecompressedBytes ?? maxReceiveBytes,
    compression: options.compression ?? "identity",
    maxConcurrentStreams: options.maxConcurrentStreams ?? 1_000,
    maxHeaderBytes: options.maxHeaderBytes ?? 16 * 1024,
    streamResets: options.streamResets ?? { burst: 10_000, perSecond: 1_000 },
    keepalive: options.keepalive ?? { intervalMs: 60_000, timeoutMs: 20_000 },
    maxConnectionAgeMs: options.maxConnectionAgeMs ?? Number.POSITIVE_INFINITY,
    tls: options.tls,
    health: options.health,
    http2: options.http2 ?? "parley",
    reflection: options.reflection ?? true,
    validate: options.validate ?? true,
    logger: options.logger ?? noopLogger,
    clock: options.clock ?? systemClock,
    ids: options.ids ?? systemIds,
  };
  const numbers = {
    timeoutMs: resolved.timeoutMs,
    maxReceiveBytes,
    maxDecompressedBytes: resolved.maxDecompressedBytes,
    maxConcurrentStreams: resolved.maxConcurrentStreams,
    maxHeaderBytes: resolved.maxHeaderBytes,
    maxConnectionAgeMs: resolved.maxConnectionAgeMs,
    "streamResets.burst": resolved.streamResets.burst,
    "streamResets.perSecond": resolved.streamResets.perSecond,
    "keepalive.intervalMs": resolved.keepalive.intervalMs,
    "keepalive.timeoutMs": resolved.keepalive.timeoutMs,
  };
  const wrong = Object.entries(numbers).filter(([, value]) => !(value > 0));
  if (wrong.length > 0) {
    throw new TypeError(wrong.map(([name, value]) => `${name} must be greater than 0, got ${value}`).join("; "));
  }
  return resolved;
}
