import type { CorsOptions } from "@parley/gateway";
import { type GatewaySettings, gatewaysOf, type PolicyFile } from "parleyjs/internal";
import { createCallPolicies } from "./call-policies.ts";
import { resolveTimeouts } from "./call-timeouts.ts";
import { resolveOwnTls, type TlsSources } from "./resolve-tls.ts";
import type { GatewayConfig } from "./resolved-config.ts";

export interface GatewaySources extends TlsSources {
  readonly callMs: number | undefined;
  readonly gatewayMs: number | undefined;
  /** What counts where nothing is said of a gateway by its name. */
  readonly shared: Pick<GatewayConfig, "limits" | "tls">;
}

/** The configuration of each gateway: what the policy says of it by its name, else what is said of all. */
export function resolveGateways(sources: GatewaySources): ReadonlyMap<string, GatewayConfig> {
  const { system, reading } = sources;
  return new Map(
    gatewaysOf(system.definition).map((gateway) => [gateway.name, configOf(gateway, reading.policy, sources)]),
  );
}

function configOf(
  gateway: { readonly name: string; readonly streamTimeoutMs?: number },
  policy: PolicyFile,
  sources: GatewaySources,
): GatewayConfig {
  const { callMs, gatewayMs, shared } = sources;
  const own = policy.gateways?.get(gateway.name);
  const timeouts = resolveTimeouts({ gateway, policy, callMs, gatewayMs });
  return {
    timeouts,
    policies: createCallPolicies(policy, timeouts.ofGateway),
    limits: {
      bodyBytes: own?.body ?? shared.limits.bodyBytes,
      unfinishedBodyBytes: own?.unfinishedBodies ?? shared.limits.unfinishedBodyBytes,
      connections: own?.connections ?? shared.limits.connections,
      connectionsPerAddress: own?.connectionsPerAddress ?? shared.limits.connectionsPerAddress,
    },
    cors: corsOf(own?.cors),
    tls: own?.tls ? resolveOwnTls(sources, gateway.name) : shared.tls,
  };
}

function corsOf(cors: NonNullable<GatewaySettings>["cors"]): CorsOptions | undefined {
  if (!cors) return undefined;
  const { origins = [], credentials } = cors;
  const isAny = origins.length === 1 && origins[0] === "*";
  return { origins: isAny ? "*" : origins, ...(credentials && { credentials }) };
}
