import type { Clock, Interceptor, Logger } from "@parley/core";
import type { JwtKeys, JwtOptions, ServiceTokenSource } from "@parley/identity";
import type { SystemDefinition } from "../define/system-definition.ts";
import type { Connections } from "./connect.ts";
import { fetchKeySetBy } from "./fetch-key-set.ts";

/** Who calls whom, for the parts of one process: service tokens, users' tokens and access rules. */
export interface PartIdentity {
  /** For the calls of a part to a service. */
  outgoing(caller: string, callee: string): readonly Interceptor[];
  /** For the calls that come in to a service. */
  incoming(service: string, options: IncomingOptions): readonly Interceptor[];
  /** How users' tokens are verified; undefined if the system does not say who its users are. */
  userTokens(connections: Connections): JwtOptions | undefined;
}

export interface IncomingOptions {
  /** Those of the service, with which it fetches keys. */
  readonly connections: Connections;
  readonly log: Logger;
}

export interface PartIdentityOptions {
  readonly system: SystemDefinition;
  readonly mode: "development" | "production";
  /** The secret of service tokens; undefined if services ask for none. */
  readonly secret: string | undefined;
  readonly clock: Clock;
}

const HEALTH = ["grpc.health.v1.Health"];
/** Tools such as grpcurl ask for contracts without a token, which a developer wants and a production system does not. */
const REFLECTION = ["grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"];

export async function createPartIdentity(options: PartIdentityOptions): Promise<PartIdentity> {
  const { system, mode, secret, clock } = options;
  const { identity, gateway } = system;
  if (secret === undefined && !identity) return NO_IDENTITY;
  const tokens = await import("@parley/identity");
  const exempt = new Set(mode === "development" ? [...HEALTH, ...REFLECTION] : HEALTH);
  const sources = new Map<string, ServiceTokenSource>();

  const userTokens = (connections: Connections): JwtOptions | undefined => {
    if (!identity) return undefined;
    const { keys, ...claims } = identity;
    const source: JwtKeys =
      "contract" in keys ? { keySet: fetchKeySetBy(keys, connections, clock), ...OWN_KEYS } : { jwksUrl: keys.jwksUrl };
    return { ...source, ...claims, expiry: "required" };
  };
  return {
    userTokens,
    outgoing(caller, callee) {
      if (secret === undefined) return [];
      let source = sources.get(caller);
      if (!source) {
        source = tokens.createServiceTokenSource({ service: caller, secret, clock });
        sources.set(caller, source);
      }
      return [tokens.sendServiceToken(source, callee)];
    },
    incoming(service, { connections, log }) {
      const users = userTokens(connections);
      const caller = secret === undefined ? "claimed" : "proven";
      return [
        ...(secret === undefined
          ? []
          : [tokens.requireServiceToken({ verify: tokens.verifyServiceTokens({ service, secret, clock }), exempt })]),
        ...(users === undefined
          ? []
          : [
              tokens.authenticateUsers({
                authenticate: tokens.createJwtAuthenticate(users, { clock, logger: log }),
                exempt,
                caller,
              }),
              tokens.requireAccess({ exempt, caller, door: gateway?.name }),
            ]),
      ];
    },
  };
}

/** A call within the system costs next to nothing: keys that are rotated in haste, or withdrawn, are known soon. */
const OWN_KEYS = { freshMs: 60_000, cooldownMs: 1_000 } as const;

/** A system that knows neither its users nor its services by token. */
const NO_IDENTITY: PartIdentity = { outgoing: () => [], incoming: () => [], userTokens: () => undefined };
