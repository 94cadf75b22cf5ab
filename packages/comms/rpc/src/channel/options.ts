import {
  type CallObserver,
  type Clock,
  type Interceptor,
  type Logger,
  noopLogger,
  type Random,
  systemClock,
} from "@parley/core";
import {
  type CallPolicyLookup,
  defaultCallPolicyOf,
  type IdSource,
  systemIds,
  systemRandom,
} from "@parley/core/internal";
import type { LoadBalancing } from "../balancer/create-balancer.ts";
import { connectHttp2 } from "../connection/connect-http2.ts";
import type { ClientTls, Connect, Keepalive } from "../connection/connection.ts";
import { type Lookup, lookupHost } from "../resolver/dns-resolver.ts";
import { parseTarget, type Target } from "../resolver/target.ts";

/** What every channel has, whatever carries its calls. */
export interface CommonChannelOptions {
  /** The policy of each method, asked for once per method. Default {@link defaultCallPolicyOf}. */
  readonly policy?: CallPolicyLookup | undefined;
  /**
   * Wrap each call, outside of retries: seen once per call. The first is the outermost. One that waits for something of its own
   * must heed the context's deadline and signal: the channel does so where it waits itself, and nobody watches over both.
   */
  readonly interceptors?: readonly Interceptor[] | undefined;
  /** Wrap each attempt, inside of retries. The first is the outermost. What is said of waiting goes for them too. */
  readonly attemptInterceptors?: readonly Interceptor[] | undefined;
  /** The service that makes the calls; the callee reads it as its caller. */
  readonly caller?: string | undefined;
  readonly observe?: CallObserver | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
  readonly ids?: IdSource | undefined;
}

export interface ChannelOptions extends CommonChannelOptions {
  /** `host:port`, `dns:///host:port` or `static:host:port,host:port`. */
  readonly target: string;
  /** Default `"pick_first"`. */
  readonly loadBalancing?: LoadBalancing | undefined;
  /** How long TCP, TLS and HTTP/2 may take to open a connection. Default 5 s. */
  readonly dialTimeoutMs?: number | undefined;
  /** Plain text if left out. */
  readonly tls?: ClientTls | undefined;
  /** How requests are sent; replies are read either way. Default `"identity"`: inside one network, gzip costs more than it saves. */
  readonly compression?: "gzip" | "identity" | undefined;
  /** Default a PING after 20 s of silence while calls are in flight, 10 s for its answer. */
  readonly keepalive?: Partial<Keepalive> | undefined;
  /** A longer reply is refused with RESOURCE_EXHAUSTED. Default 4 MiB, as everywhere in gRPC. */
  readonly maxReceiveBytes?: number | undefined;
  /** Another connection to an address opens when all before it carry as many calls as the server allows. Default at most 4. */
  readonly connectionsPerAddress?: number | undefined;
  /** Calls that may wait for room at once; one more is refused with RESOURCE_EXHAUSTED. Default 1,000. */
  readonly maxQueuedCalls?: number | undefined;
  readonly logger?: Logger | undefined;
  /** How a name is looked up whose addresses the channel balances over. Default the system's resolver. */
  readonly lookup?: Lookup | undefined;
  /**
   * While a breaker refuses calls, how often they ask the target for its health (`grpc.health.v1`): a target that serves again
   * gets its trial at once. Default never, as not every server has that service.
   */
  readonly healthProbeMs?: number | undefined;
  /** Opens a connection. Default HTTP/2. */
  readonly connect?: Connect | undefined;
}

export interface ResolvedCommonOptions {
  readonly policy: CallPolicyLookup;
  readonly interceptors: readonly Interceptor[];
  readonly attemptInterceptors: readonly Interceptor[];
  readonly caller: string | undefined;
  readonly observe: CallObserver;
  readonly clock: Clock;
  readonly random: Random;
  readonly ids: IdSource;
}

export interface ResolvedChannelOptions extends ResolvedCommonOptions {
  readonly target: string;
  readonly parsedTarget: Target;
  readonly loadBalancing: LoadBalancing;
  readonly dialTimeoutMs: number;
  readonly tls: ClientTls | undefined;
  readonly compression: "gzip" | "identity";
  readonly keepalive: Keepalive;
  readonly maxReceiveBytes: number;
  readonly connectionsPerAddress: number;
  readonly maxQueuedCalls: number;
  readonly logger: Logger;
  readonly lookup: Lookup;
  readonly healthProbeMs: number | undefined;
  readonly connect: Connect;
}

export function resolveCommonOptions(options: CommonChannelOptions): ResolvedCommonOptions {
  return {
    policy: options.policy ?? defaultCallPolicyOf,
    interceptors: options.interceptors ?? [],
    attemptInterceptors: options.attemptInterceptors ?? [],
    caller: options.caller,
    observe: options.observe ?? (() => {}),
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
    ids: options.ids ?? systemIds,
  };
}

/** @throws TypeError that names every option that cannot be used, all at once. */
export function resolveChannelOptions(options: ChannelOptions): ResolvedChannelOptions {
  const numbers = {
    dialTimeoutMs: options.dialTimeoutMs ?? 5_000,
    maxReceiveBytes: options.maxReceiveBytes ?? 4 * 1024 * 1024,
    connectionsPerAddress: options.connectionsPerAddress ?? 4,
    maxQueuedCalls: options.maxQueuedCalls ?? 1_000,
  };
  const keepalive = { intervalMs: 20_000, timeoutMs: 10_000, ...options.keepalive };
  const loadBalancing = options.loadBalancing ?? "pick_first";
  const compression = options.compression ?? "identity";

  const faults = Object.entries({
    ...numbers,
    "keepalive.intervalMs": keepalive.intervalMs,
    "keepalive.timeoutMs": keepalive.timeoutMs,
    ...(options.healthProbeMs !== undefined && { healthProbeMs: options.healthProbeMs }),
  })
    .filter(([, value]) => !Number.isSafeInteger(value) || value < 1)
    .map(([name, value]) => `${name} must be a whole number above 0, got ${value}`);
  const checkOneOf = (name: string, value: string, allowed: readonly string[]): void => {
    if (!allowed.includes(value)) faults.push(`${name} must be one of ${allowed.join(", ")}, got ${value}`);
  };
  checkOneOf("loadBalancing", loadBalancing, ["pick_first", "round_robin"]);
  checkOneOf("compression", compression, ["gzip", "identity"]);
  let parsedTarget: Target = { kind: "static", addresses: [] };
  try {
    parsedTarget = parseTarget(options.target);
  } catch (fault) {
    faults.push((fault as TypeError).message);
  }
  if (faults.length > 0) throw new TypeError(faults.join("; "));

  return {
    ...resolveCommonOptions(options),
    ...numbers,
    keepalive,
    loadBalancing,
    compression,
    parsedTarget,
    target: options.target,
    tls: options.tls,
    logger: options.logger ?? noopLogger,
    lookup: options.lookup ?? lookupHost,
    healthProbeMs: options.healthProbeMs,
    connect: options.connect ?? connectHttp2,
  };
}
