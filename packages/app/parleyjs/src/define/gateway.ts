import type { DescService } from "@bufbuild/protobuf";
import type { GatewayOptions, PlainRoute, RealtimeDefinition } from "@parley/gateway";

/** What the runtime decides, from the configuration and the other parts. */
type DecidedAtStart =
  | "name"
  | "backends"
  | "auth"
  | "timeoutMs"
  | "maxBodyBytes"
  | "maxUnfinishedBodyBytes"
  | "maxConnections"
  | "maxConnectionsPerAddress"
  | "metrics"
  | "tracer"
  | "logger"
  | "clock"
  | "ids"
  | "openapi"
  | "realtime"
  | "routes"
  | "tracer";

type GatewayAuth = NonNullable<GatewayOptions["auth"]>;

export interface GatewayDefinitionOptions extends Omit<GatewayOptions, DecidedAtStart> {
  /** Lower-case words joined by `-`: `api-gateway`. Names the part in commands, logs and `API_GATEWAY_PORT`. */
  readonly name: string;
  /** Where it listens unless `<NAME>_PORT` or a flag says otherwise. */
  readonly port: number;
  /**
   * The contracts whose HTTP rules it serves, each implemented by a service of the system, and routes of its own, made by
   * {@link route}.
   */
  readonly routes: readonly (DescService | PlainRoute)[];
  /**
   * Those of the routes that the gateway is of use without: `/readyz` stays 200 when only their services are down. Default none.
   * A service is needed if any of its other contracts is routed to.
   */
  readonly optionalRoutes?: readonly DescService[];
  /**
   * How tokens are checked, here and at every service. The secret itself comes from `JWT_SECRET`. In a system with an `identity`
   * only `invalidTokenStatus` is said here.
   */
  readonly auth?: Partial<GatewayAuth>;
  /** Events that clients hear live, over server-sent events and WebSocket. */
  readonly realtime?: RealtimeDefinition;
  /**
   * Title and version of the OpenAPI document (default the system's name and `0.1.0`), and who may read it and the page at
   * `/docs`: `public` (the default) or `token`. `false` serves neither.
   */
  readonly openapi?:
    | { readonly title?: string; readonly version?: string; readonly access?: "public" | "token" }
    | false;
}

/** A gateway as the runtime sees it. Made by {@link defineGateway}. */
export interface GatewayDefinition extends GatewayDefinitionOptions {
  readonly kind: "gateway";
}

/** Describes the door of a system. Mistakes are reported by {@link defineSystem}, all at once. */
export function defineGateway(options: GatewayDefinitionOptions): GatewayDefinition {
  return { kind: "gateway", ...options };
}

/** The contracts that a gateway routes to. */
export function contractsOf({ routes }: Pick<GatewayDefinition, "routes">): readonly DescService[] {
  return routes.filter((one) => one.kind === "service");
}

/** The routes of a gateway's own. */
export function plainRoutesOf({ routes }: Pick<GatewayDefinition, "routes">): readonly PlainRoute[] {
  return routes.filter((one) => one.kind === "route");
}
