import type { Operation } from "@parley/core";
import { type CallPolicyLookup, DEFAULT_STREAM_TIMEOUT_MS } from "@parley/core/internal";
import type { GatewayDefinition } from "parleyjs";
import { POLICY_SPEC, type PolicyFile } from "parleyjs/internal";

/** A limit of time, and the setting that decides it. */
export interface Timeout {
  readonly timeoutMs: number;
  /** `timeouts.call`, `CALL_TIMEOUT`, `services.users.v1.UserService.timeout`, `default of timeouts.call`. */
  readonly from: string;
}

/** The limit of each call, by the same names as a {@link CallPolicyLookup}. */
export type CallTimeoutLookup = (...method: Parameters<CallPolicyLookup>) => Timeout;

/** All limits that a caller meets at the gateway or between services. This is the one place that decides them. */
export interface Timeouts {
  /** A request at the gateway, with all its calls. */
  readonly request: Timeout;
  /** A stream at the gateway. */
  readonly stream: Timeout;
  /** A call of the gateway. */
  readonly ofGateway: CallTimeoutLookup;
  /** A call between services. */
  readonly ofService: CallTimeoutLookup;
}

export interface TimeoutSources {
  /** The gateway whose limits these are; without one those of a gateway of which nothing of its own is said. */
  readonly gateway?: Pick<GatewayDefinition, "name" | "streamTimeoutMs">;
  readonly policy: PolicyFile;
  /** What the environment and the flags say. */
  readonly callMs: number | undefined;
  readonly gatewayMs: number | undefined;
}

/**
 * What is said nearest counts: for a method, for its contract, then by the environment, then for the system. Streams have a
 * time of their own, as `timeouts.call` is for calls that somebody waits for; at the gateway `streamTimeoutMs` of its definition
 * counts before the policy.
 */
export function resolveTimeouts({ gateway: door, policy, callMs, gatewayMs }: TimeoutSources): Timeouts {
  const { call, gateway } = POLICY_SPEC.fields.timeouts.fields;
  const said = (name: "call" | "gateway" | "stream", otherwiseMs: number): Timeout => {
    const timeoutMs = policy.timeouts?.[name];
    const from = `timeouts.${name}`;
    return timeoutMs === undefined ? { timeoutMs: otherwiseMs, from: `the default of ${from}` } : { timeoutMs, from };
  };
  const ofCall = callMs === undefined ? said("call", call.default) : { timeoutMs: callMs, from: "CALL_TIMEOUT" };
  const ofStream = said("stream", DEFAULT_STREAM_TIMEOUT_MS);
  const own = door && policy.gateways?.get(door.name);
  const ownOf = (name: "timeout" | "streamTimeout"): Timeout | undefined => {
    const timeoutMs = own?.[name];
    return timeoutMs === undefined ? undefined : { timeoutMs, from: `gateways.${door?.name}.${name}` };
  };
  const definedMs = door?.streamTimeoutMs;
  const defined =
    definedMs === undefined ? undefined : { timeoutMs: definedMs, from: "streamTimeoutMs of the gateway" };
  const stream = ownOf("streamTimeout") ?? defined ?? ofStream;
  const ofSystem =
    gatewayMs === undefined ? said("gateway", gateway.default) : { timeoutMs: gatewayMs, from: "GATEWAY_TIMEOUT" };
  return {
    request: ownOf("timeout") ?? ofSystem,
    stream,
    ofGateway: callTimeouts(policy, ofCall, stream),
    ofService: callTimeouts(policy, ofCall, ofStream),
  };
}

function callTimeouts({ services }: PolicyFile, call: Timeout, stream: Timeout): CallTimeoutLookup {
  return (service, method, kind = "unary") => {
    const ofService = services?.get(service);
    const ofMethod = ofService?.methods?.get(method)?.timeout;
    if (ofMethod !== undefined) return { timeoutMs: ofMethod, from: `services.${service}.methods.${method}.timeout` };
    if (ofService?.timeout !== undefined) return { timeoutMs: ofService.timeout, from: `services.${service}.timeout` };
    return kind === "unary" ? call : stream;
  };
}

/** What ends a request at the gateway: the lesser of its own limit and that of its call. */
export function routeTimeout(timeouts: Timeouts, { service, method, kind }: Operation): Timeout {
  const request = kind === "unary" ? timeouts.request : timeouts.stream;
  const call = timeouts.ofGateway(service, method, kind);
  return call.timeoutMs <= request.timeoutMs ? call : request;
}
