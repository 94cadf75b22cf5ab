import type { Address } from "../connection/connection.ts";
import type { Resolver } from "./resolver.ts";

/** Addresses that are known and never change. */
export function createStaticResolver(addresses: readonly Address[]): Resolver {
  return {
    start: (listener) => listener.onAddresses(addresses),
    refresh: () => {},
    close: () => {},
  };
}
