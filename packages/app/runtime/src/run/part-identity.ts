import { type Clock, failedPrecondition, type Interceptor, type Logger, noopLogger } from "@parley/core";
import type { JwtKeys, JwtOptions, ServiceTokenSource } from "@parley/identity";
import type { SystemDefinition } from "parleyjs";
import { gatewaysOf } from "parleyjs/internal";
import type { ServiceTokensConfig } from "../config/resolve-service-tokens.ts";
import type { UsersConfig } from "../config/resolve-users.ts";
import type { ResolvedConfig } from "../config/resolved-config.ts";
import type { Connections } from "./connect.ts";
import { fetchKeySetBy } from "./fetch-key-set.ts";
import { openServiceTokenSecret } from "./service-token-secret.ts";

/** Who calls whom, for the parts of one process: service tokens, users' tokens and access rules. */
export interface PartIdentity {
  /** For the calls of a part to a service. */
  outgoing(caller: string, callee: string): readonly Interceptor[];
  /**
   * For the calls that come in to a service.
   * @throws ParleyError FAILED_PRECONDITION if the keys of users' tokens cannot be used.
   */
  incoming(service: string, options: IncomingOptions): readonly Interceptor[];
  /**
   * How users' tokens are verified; undefined if there is nothing to verify them with.
   * @throws ParleyError FAILED_PRECONDITION if the keys cannot be used.
   */
  userTokens(connections: Connections): JwtOptions | undefined;
}

export interface IncomingOptions {
  /** Those of the service, with which it fetches keys. */
  readonly connections: Connections;
  readonly log: Logger;
}

export interface PartIdentityOptions {
  readonly system: SystemDefinition;
  readonly config: Pick<ResolvedConfig, "mode" | "serviceTokens" | "users">;
  readonly clock: Clock;
}

const HEALTH = ["grpc.health.v1.Health"];
/** Tools such as grpcurl ask for contracts without a token, which a developer wants and a production system does not. */
const REFLECTION = ["grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"];
/** Served by every service with events, beside the contracts of the system, and so guarded by whatever there is. */
const DEAD_LETTERS = "parley.v1.DeadLetterService";

export async function createPartIdentity({ system, config, clock }: PartIdentityOptions): Promise<PartIdentity> {
  const { mode, serviceTokens, users } = config;
  const secret = await openServiceTokenSecret(serviceTokens);
  if (secret === undefined && !users && mode === "development") return NO_IDENTITY;
  const tokens = await import("@parley/identity");
  const exempt = new Set(mode === "development" ? [...HEALTH, ...REFLECTION] : HEALTH);
  const sources = new Map<string, ServiceTokenSource>();
  const gateways = new Set(gatewaysOf(system).map(({ name }) => name));
  const caller = secret === undefined ? "claimed" : "proven";

  const userTokens = (connections: Connections): JwtOptions | undefined => {
    const options = users && jwtOptionsOf(users, connections, clock);
    try {
      // Made once and dropped, so that a missing file is reported as a mistake of the configuration.
      if (options) tokens.createJwtAuthenticate(options, { clock, logger: noopLogger });
    } catch (error) {
      const message = `${users?.source} cannot be used: ${(error as Error).message}`;
      throw failedPrecondition(message, { cause: error });
    }
    return options;
  };
  return {
    userTokens,
    outgoing(service, callee) {
      if (secret === undefined) return [];
      let source = sources.get(service);
      if (!source) {
        source = tokens.createServiceTokenSource({ service, secret, clock });
        sources.set(service, source);
      }
      return [tokens.sendServiceToken(source, callee)];
    },
    incoming(service, { connections, log }) {
      const chain: Interceptor[] = [];
      if (secret !== undefined) {
        const acceptedSecrets = acceptedOf(serviceTokens);
        const verify = tokens.verifyServiceTokens({ service, secret, acceptedSecrets, clock });
        chain.push(tokens.requireServiceToken({ verify, exempt }));
      }
      const options = userTokens(connections);
      if (options) {
        const authenticate = tokens.createJwtAuthenticate(options, { clock, logger: log });
        chain.push(tokens.authenticateUsers({ authenticate, exempt, caller }));
        chain.push(tokens.requireAccess({ exempt, caller, gateways }));
      } else if (mode === "production") {
        chain.push(tokens.requireAccess({ exempt, caller, gateways, only: new Set([DEAD_LETTERS]) }));
      }
      return chain;
    },
  };
}

function jwtOptionsOf({ keys, claims }: UsersConfig, connections: Connections, clock: Clock): JwtOptions {
  const source: JwtKeys = "contract" in keys ? { keySet: fetchKeySetBy(keys, connections, clock), ...OWN_KEYS } : keys;
  return { ...source, ...claims };
}

function acceptedOf(serviceTokens: ServiceTokensConfig): readonly string[] {
  return serviceTokens.kind === "secret" ? (serviceTokens.acceptedSecrets ?? []) : [];
}

/** A call within the system costs next to nothing: keys that are rotated in haste, or withdrawn, are known soon. */
const OWN_KEYS = { freshMs: 60_000, cooldownMs: 1_000 } as const;

/** A system that knows neither its users nor its services by token. */
const NO_IDENTITY: PartIdentity = { outgoing: () => [], incoming: () => [], userTokens: () => undefined };
