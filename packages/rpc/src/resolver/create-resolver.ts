import type { Clock } from "@parley/core";
import { createDnsResolver, type Lookup } from "./dns-resolver.ts";
import type { Resolver } from "./resolver.ts";
import { createStaticResolver } from "./static-resolver.ts";
import type { Target } from "./target.ts";

/** The resolver for a kind of target. */
export function createResolver(target: Target, options: { readonly lookup: Lookup; readonly clock: Clock }): Resolver {
  switch (target.kind) {
    case "static":
      return createStaticResolver(target.addresses);
    case "dns":
      return createDnsResolver({ address: target.address, ...options });
    default:
      return target satisfies never;
  }
}
