import type { Clock, Logger } from "@parley/core";
import { noopLogger, systemClock } from "@parley/core";
import type { IdSource } from "@parley/core/internal";
import { systemIds } from "@parley/core/internal";
import type { JwtOptions } from "@parley/identity";
import type { TlsFiles } from "@parley/wire";
import type { ErrorStyle } from "./problem.ts";
import type { CorsOptions } from "./request/cors-options.ts";
import type { RequestTracer } from "./request/request-tracer.ts";
import type { HttpMiddleware } from "./route.ts";
import type { GatewayMetrics } from "./server/http-sample.ts";

/** What a gateway is told, whatever routes it serves. */
export interface KernelOptions {
  /** The caller that backends see, and the subject of log lines. Default `api-gateway`. */
  readonly name?: string;
  /** Tokens at the door. Without it every route is open. */
  readonly auth?: JwtOptions;
  /**
   * Paths at which the gateway asks for no token although `auth` is set: exact, or ending in `/*` for all below. Default none beside
   * public methods, health and the documentation. A service that verifies users itself still asks for one.
   */
  readonly publicPaths?: readonly string[];
  readonly cors?: CorsOptions;
  /** The largest request body. Default 1 MiB; more is answered with 413. */
  readonly maxBodyBytes?: number;
  /**
   * Bytes of bodies that clients are still sending, of all requests together. Default 64 MiB; more is answered with 503. One client
   * may use a quarter of it, and always enough for one body.
   */
  readonly maxUnfinishedBodyBytes?: number;
  /** Open connections, WebSockets included. Default 10,000; one more is answered with 503 and closed. */
  readonly maxConnections?: number;
  /**
   * Open connections of one IPv4 address, or of one /64 of IPv6. Default 2,000. Those of `trustedProxies` have no such limit, since
   * they are of many clients.
   */
  readonly maxConnectionsPerAddress?: number;
  /** Deadline of a unary call. Default 30 s; a policy of the channel may be shorter. */
  readonly timeoutMs?: number;
  /** Deadline of a stream. Default 1 h: a client that wants more asks again. */
  readonly streamTimeoutMs?: number;
  /** How long a client may take to send its headers. Default 10 s. */
  readonly headersTimeoutMs?: number;
  /** How long a client may take to send its body. Default 30 s; then 408. */
  readonly bodyTimeoutMs?: number;
  /** How long an idle connection stays open. Default 65 s: longer than the 60 s of common load balancers. */
  readonly keepAliveTimeoutMs?: number;
  /** How long a client may leave a response unread before it is cut off. Default 30 s. */
  readonly stallTimeoutMs?: number;
  /** CIDRs of proxies whose `X-Forwarded-For` is believed; the right-most address outside of them is the client. */
  readonly trustedProxies?: readonly string[];
  /** PEM files for HTTPS, read when the gateway begins to listen, and again when they change. */
  readonly tls?: TlsFiles;
  readonly metrics?: GatewayMetrics;
  /**
   * Creates a span for each request, from which the spans of its calls descend; the gateway's own pages (health, metrics and
   * documentation) have none. Default none: the trace of a request then has an id, but no root span.
   */
  readonly tracer?: RequestTracer;
  /**
   * Who may read `/metrics` here: anyone, users with one of the roles, or nobody, as where metrics are served on a port of their
   * own. Default `none` where the gateway asks for tokens, since not every user may see them; else `open`.
   */
  readonly metricsAccess?: MetricsAccess;
  readonly logger?: Logger;
  readonly clock?: Clock;
  readonly ids?: IdSource;
  /**
   * Wraps the handlers of all routes but the gateway's own pages; the first is the outermost. Runs after the token and the access
   * rule were checked, and ends at the route's deadline. Default none.
   */
  readonly middleware?: readonly HttpMiddleware[];
}

export type MetricsAccess = "open" | "none" | { readonly roles: readonly string[] };

type Defaulted = Exclude<keyof KernelOptions, "auth" | "cors" | "tls" | "metrics" | "tracer">;

export type ResolvedKernelOptions = Omit<KernelOptions, Defaulted> &
  Required<Pick<KernelOptions, Defaulted>> & {
    /** How problems are written. */
    readonly json: { readonly errors: ErrorStyle };
  };

export function resolveKernelOptions(options: KernelOptions): Omit<ResolvedKernelOptions, "json"> {
  return {
    ...options,
    name: options.name ?? "api-gateway",
    publicPaths: options.publicPaths ?? [],
    maxBodyBytes: options.maxBodyBytes ?? 1_048_576,
    maxUnfinishedBodyBytes: options.maxUnfinishedBodyBytes ?? 64 * 1_048_576,
    maxConnections: options.maxConnections ?? 10_000,
    maxConnectionsPerAddress: options.maxConnectionsPerAddress ?? 2_000,
    timeoutMs: options.timeoutMs ?? 30_000,
    streamTimeoutMs: options.streamTimeoutMs ?? 3_600_000,
    headersTimeoutMs: options.headersTimeoutMs ?? 10_000,
    bodyTimeoutMs: options.bodyTimeoutMs ?? 30_000,
    keepAliveTimeoutMs: options.keepAliveTimeoutMs ?? 65_000,
    stallTimeoutMs: options.stallTimeoutMs ?? 30_000,
    trustedProxies: options.trustedProxies ?? [],
    middleware: options.middleware ?? [],
    metricsAccess: options.metricsAccess ?? (options.auth ? "none" : "open"),
    logger: options.logger ?? noopLogger,
    clock: options.clock ?? systemClock,
    ids: options.ids ?? systemIds,
  };
}
