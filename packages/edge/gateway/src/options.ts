import type { DescService } from "@bufbuild/protobuf";
import type { Interceptor } from "@parley/core";
import { systemRandom } from "@parley/core/internal";
import type { Channel } from "@parley/rpc";
import type { BackendProbe } from "./kernel/health/health-check.ts";
import {
  type KernelOptions,
  type MetricsAccess,
  type ResolvedKernelOptions,
  resolveKernelOptions,
} from "./kernel/kernel-options.ts";
import { optionProblems } from "./option-problems.ts";
import { type RealtimeOptions, type ResolvedRealtimeOptions, resolveRealtimeOptions } from "./realtime/options.ts";
import { type EdgeJsonOptions, type EdgeJsonStyle, resolveEdgeJsonStyle } from "./rest/json-style.ts";
import type { OpenApiOptions } from "./rest/openapi/openapi-options.ts";
import type { PlainRoute } from "./rest/plain/plain-route.ts";

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

export interface GatewayOptions extends KernelOptions {
  readonly backends: readonly GatewayBackend[];
  readonly json?: EdgeJsonOptions;
  /** Wraps every call to a backend; the first is the outermost. However long one waits, the call ends at its deadline. */
  readonly interceptors?: readonly Interceptor[];
  /** Stands before every contract's path: `/api/v1`. Default none. */
  readonly basePath?: string;
  /** Which headers pass to backends as metadata and back. Context headers always do; see {@link ForwardedHeaders}. */
  readonly forwardHeaders?: Partial<ForwardedHeaders>;
  /** How often an idle event stream or WebSocket sends a sign of life, so that nobody on the way closes it. Default 15 s. */
  readonly heartbeatMs?: number;
  /** Live events over SSE and WebSocket. Default none. */
  readonly realtime?: RealtimeOptions;
  /** `/docs`: `false` serves no documentation. Default on, titled by the gateway's name. */
  readonly openapi?: OpenApiOptions | false;
  /** Whether requests are checked against the contract's rules before the call. Default true. */
  readonly validate?: boolean;
  /** Routes beside those of the contracts; made by `route`. Default none. */
  readonly routes?: readonly PlainRoute[];
}

export type { MetricsAccess };

/** Header names in lower case. */
export interface ForwardedHeaders {
  /** Request headers that become metadata of the same name. Default `accept-language`, `idempotency-key`. */
  readonly request: readonly string[];
  /** Response metadata that become headers of the same name. Default none, so that nothing internal leaks. */
  readonly response: readonly string[];
}

type Defaulted = "interceptors" | "basePath" | "heartbeatMs" | "openapi" | "validate" | "routes";

export type ResolvedGatewayOptions = ResolvedKernelOptions &
  Omit<GatewayOptions, keyof KernelOptions | Defaulted | "json" | "forwardHeaders" | "realtime"> &
  Required<Pick<GatewayOptions, Defaulted>> & {
    readonly json: EdgeJsonStyle;
    readonly forwardHeaders: ForwardedHeaders;
    readonly realtime: ResolvedRealtimeOptions | undefined;
  };

/** @throws TypeError that lists everything wrong with the options. */
export function resolveGatewayOptions(options: GatewayOptions): ResolvedGatewayOptions {
  const kernel = resolveKernelOptions(options);
  const { name } = kernel;
  const problems = optionProblems(options);
  if (problems.length > 0) throw new TypeError(`gateway ${name}: ${problems.join("; ")}`);
  return {
    ...options,
    ...kernel,
    json: resolveEdgeJsonStyle(options.json),
    interceptors: options.interceptors ?? [],
    basePath: options.basePath ?? "",
    forwardHeaders: {
      request: options.forwardHeaders?.request ?? ["accept-language", "idempotency-key"],
      response: options.forwardHeaders?.response ?? [],
    },
    heartbeatMs: options.heartbeatMs ?? 15_000,
    realtime: options.realtime && resolveRealtimeOptions(options.realtime, systemRandom),
    openapi: options.openapi ?? { title: name, version: "0.1.0" },
    validate: options.validate ?? true,
    routes: options.routes ?? [],
  };
}
