import type { DescService } from "@bufbuild/protobuf";
import type { Clock, Interceptor, Logger } from "@parley/core";
import { silentLogger, systemClock } from "@parley/core";
import type { IdSource } from "@parley/core/internal";
import { systemIds, systemRandom } from "@parley/core/internal";
import type { JwtOptions } from "@parley/identity";
import type { Channel } from "@parley/rpc";
import type { TlsFiles } from "@parley/wire";
import type { OpenApiOptions } from "./docs/openapi-options.ts";
import type { CorsOptions } from "./edge/cors-options.ts";
import type { GatewayMetrics } from "./edge/http-sample.ts";
import { type EdgeJsonOptions, type EdgeJsonStyle, resolveEdgeJsonStyle } from "./edge/json-style.ts";
import type { RequestTracer } from "./exchange/request-tracer.ts";
import type { BackendProbe } from "./health/health-check.ts";
import { optionProblems } from "./option-problems.ts";
import { type RealtimeOptions, type ResolvedRealtimeOptions, resolveRealtimeOptions } from "./realtime/options.ts";

/** A service behind the gateway. */
export interface GatewayBackend {
  /** As health and logs name it: `user-service`; `/health` shows it in camelCase. */
  readonly name: string;
  /** The contracts it implements; their methods with an HTTP rule become routes. */
  readonly service: DescService | readonly DescService[];
  readonly channel: Channel;
  /** Whether `/readyz` needs it: a gateway can be of use without an `optional` one. Default `required`. */
  readonly readiness?: "required" | "optional";
  /** Says whether the backend serves. Default its `grpc.health.v1` service, asked over the channel. */
  readonly probe?: BackendProbe;
}

export interface GatewayOptions {
  /** The caller that backends see, and the subject of log lines. Default `api-gateway`. */
  readonly name?: string;
  readonly backends: readonly GatewayBackend[];
  readonly json?: EdgeJsonOptions;
  /** Tokens at the door. Without it every route is open. */
  readonly auth?: JwtOptions;
  /**
   * Paths at which the gateway asks for no token although `auth` is set: exact, or ending in `/*` for all below. Default none beside
   * public methods, health and the documentation. A service that verifies users itself still asks for one.
   */
  readonly publicPaths?: readonly string[];
  /** Wraps every call to a backend; the first is the outermost. However long one waits, the call ends at its deadline. */
  readonly interceptors?: readonly Interceptor[];
  /** Stands before every contract's path: `/api/v1`. Default none. */
  readonly basePath?: string;
  readonly cors?: CorsOptions;
  /** Which headers pass to backends as metadata and back. Context headers always do; see {@link ForwardedHeaders}. */
  readonly forwardHeaders?: Partial<ForwardedHeaders>;
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
  /** How often an idle event stream or WebSocket sends a sign of life, so that nobody on the way closes it. Default 15 s. */
  readonly heartbeatMs?: number;
  /** CIDRs of proxies whose `X-Forwarded-For` is believed; the right-most address outside of them is the client. */
  readonly trustedProxies?: readonly string[];
  /** PEM files for HTTPS, read when the gateway begins to listen, and again when they change. */
  readonly tls?: TlsFiles;
  /** Live events over SSE and WebSocket. Default none. */
  readonly realtime?: RealtimeOptions;
  /** `/docs`: `false` serves no documentation. Default on, titled by the gateway's name. */
  readonly openapi?: OpenApiOptions | false;
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
  /** Whether requests are checked against the contract's rules before the call. Default true. */
  readonly validate?: boolean;
}

export type MetricsAccess = "open" | "none" | { readonly roles: readonly string[] };

/** Header names in lower case. */
export interface ForwardedHeaders {
  /** Request headers that become metadata of the same name. Default `accept-language`, `idempotency-key`. */
  readonly request: readonly string[];
  /** Response metadata that become headers of the same name. Default none, so that nothing internal leaks. */
  readonly response: readonly string[];
}

type Defaulted =
  | "name"
  | "publicPaths"
  | "interceptors"
  | "basePath"
  | "maxBodyBytes"
  | "maxUnfinishedBodyBytes"
  | "maxConnections"
  | "maxConnectionsPerAddress"
  | "timeoutMs"
  | "streamTimeoutMs"
  | "headersTimeoutMs"
  | "bodyTimeoutMs"
  | "keepAliveTimeoutMs"
  | "stallTimeoutMs"
  | "heartbeatMs"
  | "trustedProxies"
  | "openapi"
  | "metricsAccess"
  | "logger"
  | "clock"
  | "ids"
  | "validate";

export type ResolvedGatewayOptions = Omit<GatewayOptions, Defaulted | "json" | "forwardHeaders" | "realtime"> &
  Required<Pick<GatewayOptions, Defaulted>> & {
    readonly json: EdgeJsonStyle;
    readonly forwardHeaders: ForwardedHeaders;
    readonly realtime: ResolvedRealtimeOptions | undefined;
  };

/** @throws TypeError that lists everything wrong with the options. */
export function resolveGatewayOptions(options: GatewayOptions): ResolvedGatewayOptions {
  const name = options.name ?? "api-gateway";
  const problems = optionProblems(options);
  if (problems.length > 0) throw new TypeError(`gateway ${name}: ${problems.join("; ")}`);
  return {
    ...options,
    name,
    json: resolveEdgeJsonStyle(options.json),
    publicPaths: options.publicPaths ?? [],
    interceptors: options.interceptors ?? [],
    basePath: options.basePath ?? "",
    forwardHeaders: {
      request: options.forwardHeaders?.request ?? ["accept-language", "idempotency-key"],
      response: options.forwardHeaders?.response ?? [],
    },
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
    heartbeatMs: options.heartbeatMs ?? 15_000,
    trustedProxies: options.trustedProxies ?? [],
    realtime: options.realtime && resolveRealtimeOptions(options.realtime, systemRandom),
    openapi: options.openapi ?? { title: name, version: "0.1.0" },
    metricsAccess: options.metricsAccess ?? (options.auth ? "none" : "open"),
    logger: options.logger ?? silentLogger,
    clock: options.clock ?? systemClock,
    ids: options.ids ?? systemIds,
    validate: options.validate ?? true,
  };
}
