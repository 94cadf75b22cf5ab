import { type CallPolicy, type Operation, operationsOf, type RetryPolicy } from "@parley/core";
import type { CallPolicyLookup } from "@parley/core/internal";
import type { ServiceDefinition } from "parleyjs";
import type { ResolvedConfig } from "./resolved-config.ts";

/**
 * What gRPC's own clients read (`grpc.service_config.ServiceConfig` as JSON): Go takes it as
 * `grpc.WithDefaultServiceConfig`, Python as the channel option `grpc.service_config`.
 * @see https://github.com/grpc/grpc/blob/master/doc/service_config.md and proposal A6
 */
export interface GrpcServiceConfig {
  readonly loadBalancingConfig: readonly Readonly<Record<string, object>>[];
  readonly methodConfig: readonly MethodConfig[];
  readonly retryThrottling: { readonly maxTokens: number; readonly tokenRatio: number };
}

interface MethodConfig {
  readonly name: readonly { readonly service: string; readonly method: string }[];
  readonly timeout: string;
  readonly retryPolicy?: {
    readonly maxAttempts: number;
    readonly initialBackoff: string;
    readonly maxBackoff: string;
    readonly backoffMultiplier: number;
    readonly retryableStatusCodes: readonly string[];
  };
}

/** gRPC takes a higher number as this one (A6). */
const MOST_ATTEMPTS = 5;

/**
 * The policy for calls to one or more services of a system. What gRPC's clients do by themselves is left out: they retry any method
 * that the server never saw, and spread waits by 20 % whatever the jitter. A circuit breaker has no place in it.
 */
export function grpcServiceConfig(
  services: readonly [ServiceDefinition, ...ServiceDefinition[]],
  { servicePolicies, loadBalancingOf }: Pick<ResolvedConfig, "servicePolicies" | "loadBalancingOf">,
): GrpcServiceConfig {
  const [first] = services;
  const contracts = services.flatMap((service) => service.implements);
  const { budget } = servicePolicies(contracts[0]?.typeName ?? "", "").retry;
  return {
    loadBalancingConfig: [{ [loadBalancingOf(first.name)]: {} }],
    methodConfig: methodConfigs(contracts.flatMap(operationsOf), servicePolicies),
    retryThrottling: { maxTokens: budget.maxTokens, tokenRatio: budget.tokenRatio },
  };
}

/** Methods of which the same is said share an entry. */
function methodConfigs(operations: readonly Operation[], policyOf: CallPolicyLookup): MethodConfig[] {
  const same = Map.groupBy(operations, (operation) =>
    JSON.stringify(settingsOf(operation, policyOf(operation.service, operation.method, operation.kind))),
  );
  return [...same].map(([settings, methods]) => ({
    name: methods.map(({ service, method }) => ({ service, method })),
    ...(JSON.parse(settings) as Omit<MethodConfig, "name">),
  }));
}

function settingsOf({ idempotent }: Operation, { timeoutMs, retry }: CallPolicy): Omit<MethodConfig, "name"> {
  return {
    timeout: seconds(timeoutMs),
    ...(idempotent && retry.maxAttempts > 1 && retry.codes.length > 0 && { retryPolicy: retryPolicyOf(retry) }),
  };
}

function retryPolicyOf({ maxAttempts, backoff, codes }: RetryPolicy): NonNullable<MethodConfig["retryPolicy"]> {
  return {
    maxAttempts: Math.min(maxAttempts, MOST_ATTEMPTS),
    initialBackoff: seconds(backoff.initialMs),
    maxBackoff: seconds(backoff.maxMs),
    backoffMultiplier: backoff.multiplier,
    retryableStatusCodes: codes,
  };
}

/** A `google.protobuf.Duration` as JSON. */
function seconds(durationMs: number): string {
  return `${durationMs / 1_000}s`;
}
