import type { Clock } from "@parley/core";
import type { LoadBalancing } from "../balancer/create-balancer.ts";
import { createDnsResolver, type Lookup } from "./dns-resolver.ts";
import type { Resolver } from "./resolver.ts";
import { createStaticResolver } from "./static-resolver.ts";
import type { Target } from "./target.ts";

interface ResolverOptions {
  readonly lookup: Lookup;
  readonly clock: Clock;
  readonly loadBalancing: LoadBalancing;
}

/** The resolver for a kind of target. */
export function createResolver(target: Target, options: ResolverOptions): Resolver {
  switch (target.kind) {
    // With one connection to one address the dial itself looks the name up, and tries IPv6 and IPv4 side by side.
    case "name":
      return options.loadBalancing === "round_robin"
        ? createDnsResolver({ address: target.address, ...options })
        : createStaticResolver([target.address]);
    case "static":
      return createStaticResolver(target.addresses);
    case "dns":
      return createDnsResolver({ address: target.address, ...options });
    default:
      return target satisfies never;
  }
}
